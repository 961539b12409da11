"""The counter judged by another simulator's daily accounts (TqSim, of the tqsdk project).

Each fill goes through the engine as real orders of two accounts: the counterparty's rests at the fill's price, the
client's takes it, both with the fill's offset. At the end of each day the engine rolls on the price the ledger was
marked at, and its figures are laid beside the ledger's, to the fen.

What the simulator does otherwise than an exchange, and how it is met:
* it marks to the last price, an exchange to the settlement price: `LAST` or `SETTLEMENT`;
* its margin is a fixed sum a lot, the engine's a ratio of the price in millionths, which cannot give such a sum to the
  fen: margin is the engine's lots times that sum, and available money and risk follow from it and the engine's equity;
* it closes lots at their average price, an exchange the oldest first: after a part of lots of several prices was
  closed, only the sum of close and position profit is comparable that day, and floating profit not until they are gone.

Without recorded bars the mark of a day is the price that gives the ledger's position profit: equity, available money
and everything else are still found independently of their lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from trading.engine.commands import AnyCommand, MoveCash, OpenAccount, PlaceOrder, PutInstrument, RollDay
from trading.engine.events import AccountSettled, Event, OrderAccepted, Trade
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.invariants import check
from trading.engine.machine import Machine
from trading.engine.types import BUY, CLOSE, CLOSE_TODAY, DAY, DEPOSIT, LIMIT, LONG, OPEN, SELL, SHORT
from trading.engine.views import AccountView
from trading.recordings.ledger_rows import HALF_FEN, PRICES, UNIT, Day, Fill, Ledger, LedgerError, read_ledgers
from trading.recordings.ledger_terms import LAST, Marks, Terms, bars_beside, ledger_terms

_TENANT: Final = 1
_CLIENT: Final = 1
_OTHER: Final = 2
_ACTOR: Final = "ledger"
_FINER: Final = UNIT // 100  # the engine's unit of money is a fen; here it is this part of one
_DEEP_POCKET: Final = 10**9 * UNIT
_OFFSETS: Final = {"OPEN": OPEN, "CLOSE": CLOSE, "CLOSETODAY": CLOSE_TODAY}
_SIDES: Final = {"BUY": BUY, "SELL": SELL}


@dataclass(frozen=True)
class Breach:
    """One figure that is not what the ledger says."""

    script: str
    date: str
    line: int
    figure: str
    ledger: str
    engine: str


@dataclass
class Report:
    """What came of all ledgers of a file."""

    days: int = 0
    equal: int = 0
    breaches: list[Breach] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it."""
        return {"days": self.days, "equal": self.equal, "breaches": [asdict(breach) for breach in self.breaches]}


def check_ledgers(
    path: Path, *, mark: str = LAST, bars: Iterable[tuple[str, Path]] = (), terms: Iterable[Terms] = ()
) -> Report:
    """Replay every ledger of a file and compare day by day."""
    report = Report()
    given = {one.symbol: one for one in terms}
    for ledger in read_ledgers(path):
        symbols = {fill.symbol for fill in ledger.fills}
        marks = Marks()
        for symbol, file in [*bars_beside(path, symbols), *bars]:
            marks.read(symbol, file, kind=mark, days=[day.day for day in ledger.days])
        if ledger.days:
            _Replay(ledger, ledger_terms(ledger, given), marks, guess=mark == LAST, report=report).run()
        else:
            report.breaches.append(Breach(ledger.script, "", ledger.fills[0].line, "days", "none", ""))
    return report


class _Replay:
    """One ledger through one engine."""

    def __init__(self, ledger: Ledger, terms: dict[str, Terms], marks: Marks, *, guess: bool, report: Report) -> None:
        self._ledger, self._terms, self._marks, self._guess, self._report = ledger, terms, marks, guess, report
        self._machine = Machine()
        self._at_ns = 0
        self._numbers = {symbol: number for number, symbol in enumerate(sorted(terms), start=1)}
        self._mark_of: dict[str, int] = {}
        self._averaged: set[tuple[str, int]] = set()  # lots whose opening prices the simulator has averaged
        self._split_differs = False  # today
        self._guessed = self._summed = 0

    def run(self) -> None:
        """All days in turn."""
        by_day, left = self._ledger.fills_by_day()
        self._open(self._ledger.days[0])
        for index, (day, fills) in enumerate(zip(self._ledger.days, by_day, strict=True)):
            later = self._ledger.days[index + 1 :]
            before = len(self._report.breaches)
            self._day(day, fills, later[0].day if later else day.day + timedelta(days=1))
            self._report.days += 1
            self._report.equal += len(self._report.breaches) == before
        for fill in left:
            self._breach(fill.at.date(), fill.line, "account line on or after this fill", "none", "")
        notes = f"{self._guessed} of {len(by_day)} days marked at the price that gives their position profit"
        self._report.notes.append(f"{self._ledger.script}: {notes}, {self._summed} compared by the sum of profits")

    def _do(self, command: AnyCommand) -> list[Event]:
        self._at_ns += 1
        return self._machine.apply(command, self._at_ns, self._at_ns)

    def _open(self, first: Day) -> None:
        """The market and the two accounts; the client has what the first line must have begun with."""
        for symbol, terms in self._terms.items():
            price = next(fill.price for fill in self._ledger.fills if fill.symbol == symbol)
            self._mark_of[symbol] = price
            self._do(PutInstrument(0, _instrument(self._numbers[symbol], terms, price), _ACTOR))
        self._do(RollDay(0, _number(first.day), [], _ACTOR))
        money = first.money
        start = money["equity"] - money["close_profit"] - money["position_profit"] + money["commission"]
        for account_id, amount in ((_CLIENT, start), (_OTHER, _DEEP_POCKET)):
            self._do(OpenAccount(_TENANT, account_id, 0, _ACTOR))
            if amount > 0:
                self._do(MoveCash(_TENANT, account_id, DEPOSIT, amount, f"start-{account_id}", "maker", "checker"))

    def _day(self, day: Day, fills: list[Fill], following: date) -> None:
        self._split_differs = False
        for fill in fills:
            self._fill(day, fill)
        close_profit = self._view().funds.close_profit_fen
        self._put_marks(day, close_profit)
        prices = [(self._numbers[symbol], price) for symbol, price in self._mark_of.items()]
        events = self._do(RollDay(0, _number(following), prices, _ACTOR))
        settled = next((e for e in events if isinstance(e, AccountSettled) and e.account_id == _CLIENT), None)
        if settled is None:
            self._breach(day.day, day.line, "mark", "a price inside the band", str(events[0]))
            return
        if problems := check(self._machine):
            self._breach(day.day, day.line, "invariants of the engine", "none broken", "; ".join(problems)[:300])
        self._compare(day, settled)

    def _fill(self, day: Day, fill: Fill) -> None:
        """The counterparty offers what the client takes."""
        self._note_averaging(fill)
        side = _SIDES[fill.side]
        self._do(self._order(fill, _OTHER, SELL if side == BUY else BUY))
        events = self._do(self._order(fill, _CLIENT, side))
        trade = next((event for event in events if isinstance(event, Trade)), None)
        if trade is None or not isinstance(events[0], OrderAccepted) or trade.qty != fill.lots:
            refusal = f"{getattr(events[0], 'code', '')} {getattr(events[0], 'figures', '')}".strip()
            self._breach(day.day, fill.line, "fill", f"{fill.offset} {fill.side} {fill.lots}", refusal)
            return
        if abs(trade.taker.fee_fen - fill.commission) > HALF_FEN:
            self._breach(day.day, fill.line, "fill commission", _yuan(fill.commission), _yuan(trade.taker.fee_fen))

    def _order(self, fill: Fill, account_id: int, side: int) -> PlaceOrder:
        return PlaceOrder(
            _TENANT, account_id, f"line-{fill.line}", self._machine.trading_day, self._numbers[fill.symbol], side,
            _OFFSETS[fill.offset], LIMIT, DAY, fill.lots, fill.price, _ACTOR,
        )  # fmt: skip

    def _note_averaging(self, fill: Fill) -> None:
        """A part of lots of several prices is closed: the simulator's averages and first in first out part ways."""
        if _OFFSETS[fill.offset] == OPEN:
            return
        side = SHORT if _SIDES[fill.side] == BUY else LONG
        lots = [
            lot for lot in self._view().lots if lot.instrument_id == self._numbers[fill.symbol] and lot.side == side
        ]
        today = self._machine.trading_day
        whole = sum(lot.qty for lot in lots) == fill.lots
        if not whole and len({lot.price_ticks for lot in lots}) > 1:
            self._averaged.add((fill.symbol, side))
        # By date, yesterday's lots all stand at the mark, today's at their own prices.
        if not whole and len({lot.price_ticks if lot.opened_day == today else 0 for lot in lots}) > 1:
            self._split_differs = True

    def _put_marks(self, day: Day, close_profit: int) -> None:
        """Find the day's mark of every contract: recorded, or the one that gives the ledger's position profit."""
        unknown: dict[str, tuple[int, int]] = {}
        wanted = day.money["position_profit"]
        if self._split_differs:
            wanted += day.money["close_profit"] - close_profit
        for symbol, (net, cost) in self._held().items():
            price = self._marks.price(symbol, day.day)
            if price is None and net and not self._guess:
                raise LedgerError(
                    f"line {day.line}: no bars give a settlement price of {symbol}; add --bars {symbol}=…"
                )
            if price is None and net:
                unknown[symbol] = net, cost
                continue
            self._mark_of[symbol] = self._mark_of[symbol] if price is None else price
            wanted -= net * self._mark_of[symbol] * self._terms[symbol].step_value - cost
        # Of several unknown ones the last takes up the difference: their sum is right, their shares need not be.
        last = next(reversed(unknown), "")
        for symbol, (net, cost) in unknown.items():
            value = net * self._terms[symbol].step_value
            if symbol == last:
                self._mark_of[symbol] = max(1, round(Fraction(wanted + cost, value)))
            wanted -= value * self._mark_of[symbol] - cost
        self._guessed += bool(unknown)

    def _held(self) -> dict[str, tuple[int, int]]:
        """Lots and their cost by date, long less short, by contract."""
        held: dict[str, tuple[int, int]] = {}
        symbols = {number: symbol for symbol, number in self._numbers.items()}
        for position in self._view().positions:
            sign = 1 if position.side == LONG else -1
            lots = position.today_qty + position.yesterday_qty
            if lots:
                net, cost = held.get(symbols[position.instrument_id], (0, 0))
                held[symbols[position.instrument_id]] = net + sign * lots, cost + sign * position.mark_cost_fen
        return held

    def _view(self) -> AccountView:
        view = self._machine.account_view(_CLIENT)
        if view is None:
            raise LedgerError(f"{self._ledger.script}: the client's account could not be opened")
        return view

    def _compare(self, day: Day, settled: AccountSettled) -> None:
        """Lay the engine's figures beside the ledger's."""
        equity = settled.funds.cash_fen
        symbols = {number: symbol for symbol, number in self._numbers.items()}
        margin = floating = 0
        for position in settled.positions:
            symbol = symbols[position.instrument_id]
            terms, sign = self._terms[symbol], 1 if position.side == LONG else -1
            margin += position.yesterday_qty * terms.margin
            value = position.yesterday_qty * self._mark_of[symbol] * terms.step_value
            floating += sign * (value - position.open_cost_fen)
        held = {(symbols[position.instrument_id], position.side) for position in settled.positions}
        self._averaged &= held
        figures = {
            "equity": equity,
            "available": equity - margin,
            "margin": margin,
            "commission": settled.fee_fen,
            "floating_profit": floating,
            "close_profit": settled.close_profit_fen,
            "position_profit": settled.mark_fen,
        }
        if self._averaged:
            del figures["floating_profit"]
        if self._split_differs:
            self._summed += 1
            ours = figures.pop("close_profit") + figures.pop("position_profit")
            theirs = day.money["close_profit"] + day.money["position_profit"]
            self._judge(day, "close_profit + position_profit", theirs, ours, tolerance=2 * HALF_FEN)
        for name, ours in figures.items():
            self._judge(day, name, day.money[name], ours, tolerance=HALF_FEN)
        # Compared as products: |margin / equity - risk| is at most half of the last digit printed.
        if abs(margin * 20_000 - day.risk * 2 * equity) > abs(equity):
            ours_percent = margin * 100 / equity if equity else 0.0
            self._breach(day.day, day.line, "risk", f"{day.risk / 100:.2f}%", f"{ours_percent:.4f}%")

    def _judge(self, day: Day, figure: str, theirs: int, ours: int, *, tolerance: int) -> None:
        if abs(theirs - ours) > tolerance:
            self._breach(day.day, day.line, figure, _yuan(theirs), _yuan(ours))

    def _breach(self, day: date, line: int, figure: str, ledger: str, engine: str) -> None:
        self._report.breaches.append(Breach(self._ledger.script, day.isoformat(), line, figure, ledger, engine))


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _yuan(units: int) -> str:
    text = f"{abs(units) // UNIT}.{abs(units) % UNIT:05d}"
    return ("-" if units < 0 else "") + (text[:-3] if text.endswith("000") else text)


def _instrument(number: int, terms: Terms, price: int) -> Instrument:
    """The contract in the engine, in its finer unit of money; the least margin, so that no order fails for money."""
    fees = Fees(open_fen=terms.commission, close_fen=terms.commission, close_today_fen=terms.commission)
    exchange, _dot, name = terms.symbol.partition(".")
    return Instrument(
        instrument_id=number,
        symbol=terms.symbol,
        venue=exchange,
        product=name.rstrip("0123456789"),
        name_zh=name,
        name_en=name,
        multiplier=terms.lot_size * _FINER,
        tick_e4=10_000 // PRICES,
        tick_value_fen=terms.step_value,
        rates=Rates(1_000, 1_000, fees),
        limit_ppm=900_000,
        band_rounds_down=True,
        close_means_yesterday=exchange in ("SHFE", "INE"),
        max_order_qty=100_000,
        previous_settlement_ticks=price,
        last_trading_day=9999_12_31,
    )
