"""CoinTossX's matching cases, played through the engine: book and trades must be what their authors expect.

`AURUM_COINTOSSX` names a folder or a tar.gz of such cases; without it those in the data folder are played. A case is
`Test<n>_Init.csv` (loaded first), `…_Input.csv` (the order at work), `…_Output.csv` (the book after it),
`…_Trades.csv` and `…_Stock.csv` (the tick). Folders say what the input is: `cancelOrder`, `replaceOrder`, else a new
order; a case without input is an auction of what was loaded.

The suite speaks for the JSE. `reason_to_skip` names what is not offered here, from the orders of a case alone.
"""

from __future__ import annotations

import csv
import os
import re
import tarfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from portal.lib.paths import REPOSITORY
from trading.engine.commands import (
    CancelOrder,
    MoveCash,
    OpenAccount,
    PlaceOrder,
    PutInstrument,
    ReplaceOrder,
    RollDay,
    SetPhase,
)
from trading.engine.events import CommandRefused, Event, Trade
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.invariants import check
from trading.engine.machine import Machine
from trading.engine.terms import Terms
from trading.engine.types import (
    AUCTION,
    AUCTION_ENTRY,
    AUCTION_HIGHEST,
    AUCTION_MATCH,
    BUY,
    DAY,
    DEPOSIT,
    GTC,
    GTD,
    HELD,
    LIMIT,
    MARKET,
    OPEN,
    SELL,
    STOP,
    STOP_LIMIT,
)
from trading.engine.views import OrderView

DATA: Final = Path(os.environ.get("AURUM_DATA") or REPOSITORY.parent / "shared" / "data")
SOURCE: Final = Path(os.environ.get("AURUM_COINTOSSX") or DATA / "cointossx_crossing_cases.tar.gz")
SKIPPED_PCT_MAX: Final = 40

TODAY: Final = 20151130  # before every date in the suite
CONTRACT_ID: Final = 1
ACCOUNTS: Final = {BUY: 1, SELL: 2}
KINDS: Final = {"1": MARKET, "2": LIMIT, "3": STOP, "4": STOP_LIMIT}
HIDDEN: Final = "5"
STOPS: Final = ("3", "4")
FILE: Final = re.compile(r"(?P<case>.*test\d+)_(?P<part>init|input|output|stock|trades)\.csv$", re.I)
# One order as the suite lists it: id, lots, limit (of a stop without one its trigger), trigger of a stop limit order.
Listed = tuple[str, int, int, int]


@dataclass(frozen=True)
class Row:
    """One order of a file."""

    side: int
    name: str
    kind: str
    minimum: str
    qty: int
    price: int
    trigger: int
    lives: str
    expires: str

    @property
    def listed(self) -> Listed:
        return (self.name, self.qty, self.price, self.trigger if self.kind == "4" else 0)


@dataclass(frozen=True)
class Case:
    """One case, as it was written."""

    name: str
    init: list[Row]
    input: list[Row]
    output: list[Row]
    trades: list[tuple[int, int]]

    @property
    def is_replace(self) -> bool:
        return "replaceorder" in self.name

    @property
    def is_cancel(self) -> bool:
        return "cancelorder" in self.name

    @property
    def entered(self) -> list[Row]:
        """All orders that come into the book at some time, as they were entered or became."""
        return self.init + ([] if self.is_cancel else self.input)


# -- reading


def _texts() -> dict[str, str]:
    if SOURCE.is_dir():
        return {path.relative_to(SOURCE).as_posix(): path.read_text("utf-8-sig") for path in SOURCE.rglob("*.csv")}
    with tarfile.open(SOURCE) as archive:
        found = {}
        for member in archive.getmembers():
            file = archive.extractfile(member) if member.isfile() else None
            if file is not None:
                found[member.name.removeprefix("./")] = file.read().decode("utf-8-sig")
    return found


def _table(text: str) -> list[dict[str, str]]:
    lines = [line for line in text.splitlines() if line.strip(" ,\t")]
    return [{key: (value or "").strip() for key, value in row.items() if key} for row in csv.DictReader(lines)]


def _whole(text: str) -> int:
    return int(float(text)) if text else 0


def _row(fields: dict[str, str], tick: int) -> Row:
    kind, price = fields["Type"], _whole(fields.get("Price", "")) // tick
    return Row(
        # An output file has "BO" for a side.
        side=SELL if fields["Side"].endswith("O") else BUY,
        name=fields["OrderID"],
        kind=kind,
        minimum=fields.get("MES", ""),
        qty=_whole(fields.get("Size", "")),
        price=price,
        trigger=price if kind == "3" else _whole(fields.get("StopPrice", "")) // tick,
        lives=fields.get("TimeInForce", "") or "0",
        expires="" if fields.get("ExpireTime", "") in ("", "0") else fields["ExpireTime"],
    )


def read_cases() -> list[Case]:
    """All cases of the source; none when it is absent."""
    if not SOURCE.exists():
        return []
    parts: dict[str, dict[str, str]] = {}
    for name, text in _texts().items():
        match = FILE.match(name)
        if match is not None:
            parts.setdefault(match["case"].lower(), {})[match["part"].lower()] = text
    cases = []
    for name, files in sorted(parts.items()):
        stock = _table(files.get("stock", ""))
        tick = _whole(stock[0]["TickSize"]) if stock else 1
        rows = {part: [_row(row, tick) for row in _table(files.get(part, ""))] for part in ("init", "input", "output")}
        trades = [(_whole(row["Price"]) // tick, _whole(row["Quantity"])) for row in _table(files.get("trades", ""))]
        cases.append(Case(name, rows["init"], rows["input"], rows["output"], trades))
    return cases


# -- what is not offered


def _cross(rows: list[Row]) -> bool:
    """Whether orders meet while they are loaded: a market order meets anybody."""
    bids = [row.price or 1 << 40 for row in rows if row.side == BUY and row.kind not in STOPS]
    asks = [row.price for row in rows if row.side == SELL and row.kind not in STOPS]
    return bool(bids) and bool(asks) and max(bids) >= min(asks)


def _meets_hidden(rows: list[Row]) -> bool:
    for hidden in (row for row in rows if row.kind == HIDDEN):
        for other in rows:
            reaches = other.price == 0 or (
                other.price >= hidden.price if hidden.side == SELL else other.price <= hidden.price
            )
            if other.side != hidden.side and reaches:
                return True
    return False


def _has_passed(stop: Row, last: int) -> bool:
    return last >= stop.trigger if stop.side == BUY else last <= stop.trigger


def reason_to_skip(case: Case) -> str:
    """What the case wants and the engine does not offer; empty when it is to be played.

    A hidden order that nobody reaches is played as an iceberg: there a case is about cancelling and replacing.
    """
    if _meets_hidden(case.entered):
        return "a hidden order meets another: no order is wholly hidden here"
    if any(row.minimum not in ("", "0") and row.kind != HIDDEN for row in case.entered):
        return "a minimum execution size on an order that is not hidden"
    triggers: dict[str, set[int]] = {}
    for row in case.init:
        triggers.setdefault(row.name, set()).add(row.trigger)
    if any(len(found) > 1 for found in triggers.values()):
        return "two orders with different triggers under one id: which of them trades is not told"
    stops = [row for row in case.init if row.kind in STOPS]
    if stops and _cross(case.init):
        return "stops stand in a book that trades while it is loaded: the suite elects none of them before its input"
    new_stops = [row for row in case.input if row.kind in STOPS and not case.is_cancel and not case.is_replace]
    if new_stops and _cross(case.init) and _has_passed(new_stops[0], case.trades[0][0]):
        return "a stop whose trigger the last price has passed: refused here, elected at once there"
    return ""


# -- playing


class Board:
    """A machine with one contract, a buyer and a seller; remembers which name each order has in the suite."""

    def __init__(self, case: Case) -> None:
        self.machine = Machine()
        self.at_ns = 0
        self.events: list[Event] = []
        self.names: dict[int, tuple[str, str]] = {}  # the engine's number → (the suite's id, its kind)
        self.numbers: dict[str, int] = {}
        self.do(PutInstrument(0, self._contract(case), "u1"))
        self.do(RollDay(0, TODAY, [], "u1"))
        for account_id in ACCOUNTS.values():
            self.do(OpenAccount(1, account_id, 0, "u1"))
            self.do(MoveCash(1, account_id, DEPOSIT, 1_000_000_000_000_000, f"r{account_id}", "u2", "u3"))
        self.events.clear()

    @staticmethod
    def _contract(case: Case) -> Instrument:
        """The last price, which is the previous settlement's until a trade, is on the near side of every stop.

        Without stops it is below all that can trade, so that an auction which took the nearest price would be seen.
        """
        rows = case.init + case.input
        highest = max([row.price for row in rows] + [row.trigger for row in rows] + [1_000])
        buys = [row.trigger for row in rows if row.trigger and row.side == BUY]
        sells = [row.trigger for row in rows if row.trigger and row.side == SELL]
        settlement = min(buys) - 1 if buys else max(sells) + 1 if sells else highest // 2 + 1
        return Instrument(
            CONTRACT_ID, "JSE.x1", "JSE", "x", "x", "x", 1, 100, 1, Rates(1_000, 1_000, Fees()), 999_999, False, False,
            100_000, settlement, 20991231, auction_rule=AUCTION_HIGHEST,
        )  # fmt: skip

    def do(self, command: object) -> list[Event]:
        self.at_ns += 1_000
        events = self.machine.apply(command, self.at_ns, self.at_ns)
        assert check(self.machine) == []
        self.events += events
        return events

    def phase(self, phase: int) -> None:
        self.do(SetPhase(0, [CONTRACT_ID], phase, "", "u1"))

    def enter(self, row: Row, *, in_auction: bool = False) -> list[Event]:
        """Enter an order of the suite."""
        kind, lives, price, terms = KINDS.get(row.kind, LIMIT), DAY, row.price, {}
        if kind in (STOP, STOP_LIMIT):
            terms["trigger_ticks"] = row.trigger
        if kind in (STOP, MARKET):
            price = 0
        if in_auction and kind == MARKET:
            # At any price and not a moment longer than the auction.
            kind, lives, price = LIMIT, AUCTION, 1 if row.side == SELL else self.machine.instruments()[0][2]
        if row.kind == HIDDEN:
            terms["display_qty"] = 1
        if row.expires:
            # No clock moves in a case, so good till a time of day is good till that day.
            lives, terms["good_till"] = GTD, int(row.expires[:10].replace("-", ""))
        elif kind in (STOP, STOP_LIMIT):
            lives = GTC
        command = PlaceOrder(
            1, ACCOUNTS[row.side], f"c{self.at_ns}", TODAY, CONTRACT_ID, row.side, OPEN, kind, lives, row.qty, price,
            "u1", Terms(**terms) if terms else None,
        )  # fmt: skip
        events = self.do(command)
        assert not isinstance(events[0], CommandRefused), events
        number = events[0].order_id
        self.names[number] = (row.name, row.kind)
        self.numbers[row.name] = number
        return events

    def cancel(self, row: Row) -> list[Event]:
        return self.do(CancelOrder(1, ACCOUNTS[row.side], self.numbers.get(row.name, 0), "", "u1"))

    def replace(self, row: Row, before: Row | None) -> list[Event]:
        """Replace an order; another last day is a cancel and a new order here."""
        if before is not None and row.expires != before.expires:
            self.cancel(row)
            return self.enter(row)
        number = self.numbers.get(row.name, 0)
        view = self.machine.order_view(ACCOUNTS[row.side], number)
        filled = view.filled_qty if view is not None else 0
        price = 0 if row.kind == "3" else row.price
        return self.do(ReplaceOrder(1, ACCOUNTS[row.side], number, filled + row.qty, price, "u1", row.trigger))

    @property
    def trades(self) -> list[tuple[int, int]]:
        return [(event.price_ticks, event.qty) for event in self.events if isinstance(event, Trade)]

    def listed(self) -> list[Listed]:
        """Every working order as the suite lists it."""
        views = [view for account in ACCOUNTS.values() for view in self.machine.account_view(account).orders]
        return sorted(self._listed(view) for view in views)

    def _listed(self, view: OrderView) -> Listed:
        name, kind = self.names[view.order_id]
        trigger = view.terms.trigger_ticks if view.terms is not None and view.status == HELD else 0
        if kind == "3":
            return (name, view.leaves_qty, trigger, 0)
        return (name, view.leaves_qty, view.price_ticks, trigger)


def _expected(case: Case) -> list[Listed]:
    """The output; orders that nothing touched are as they were, even where the output has other figures for them."""
    rows = {row.name: row for row in case.output}
    if not case.trades:
        named = {row.name for row in case.input}
        rows |= {row.name: row for row in case.init if row.name in rows and row.name not in named}
    return sorted(row.listed for row in rows.values())


CASES: Final = read_cases()


def _mirrored(case: Case) -> Case:
    """The same case with buyers and sellers in each other's places; the suite has some cases for one side only."""
    axis = 2 * max([price for row in case.init + case.input for price in (row.price, row.trigger)] + [1_000])

    def turned(price: int) -> int:
        return axis - price if price else 0

    def row(one: Row) -> Row:
        side = SELL if one.side == BUY else BUY
        return replace(one, side=side, price=turned(one.price), trigger=turned(one.trigger))

    parts = [[row(one) for one in rows] for rows in (case.init, case.input, case.output)]
    return Case(case.name, parts[0], parts[1], parts[2], [(turned(price), qty) for price, qty in case.trades])


PLAYED: Final = [case for case in CASES if not reason_to_skip(case)]


@pytest.mark.parametrize("case", [case for case in PLAYED if case.input], ids=lambda case: case.name)
def test_the_mirror_of_a_case_ends_in_its_mirror(case: Case) -> None:
    mirror = _mirrored(case)
    assert reason_to_skip(mirror) == ""
    test_ends_with_the_book_and_the_trades_of_the_case(mirror)


@pytest.mark.parametrize("case", CASES or [None], ids=lambda case: case.name if case else "absent")
def test_ends_with_the_book_and_the_trades_of_the_case(case: Case | None) -> None:
    if case is None:
        pytest.skip(f"COINTOSSX CASES ABSENT: {SOURCE.name} not found (set AURUM_COINTOSSX, or AURUM_DATA)")
    reason = reason_to_skip(case)
    if reason:
        pytest.skip(f"CoinTossX: {reason}")
    board = Board(case)
    in_auction = not case.input
    if in_auction:
        board.phase(AUCTION_ENTRY)
    for row in case.init:
        board.enter(row, in_auction=in_auction)
    before = {row.name: row for row in case.init}
    for row in case.input:
        if case.is_cancel or case.is_replace:
            known = before.get(row.name)
            events = board.cancel(row) if case.is_cancel else board.replace(row, known)
            assert isinstance(events[0], CommandRefused) == (known is None)
        else:
            board.enter(row)
    if in_auction:
        board.phase(AUCTION_MATCH)
        # An auction has one price and one moment: its trades have no order among themselves.
        assert sorted(board.trades) == sorted(case.trades)
    else:
        assert board.trades == case.trades
    assert board.listed() == _expected(case)


def test_skips_no_more_than_two_cases_in_five() -> None:
    if not CASES:
        pytest.skip(f"COINTOSSX CASES ABSENT: {SOURCE.name} not found (set AURUM_COINTOSSX, or AURUM_DATA)")
    reasons = Counter(reason for case in CASES if (reason := reason_to_skip(case)))
    assert sum(reasons.values()) * 100 <= SKIPPED_PCT_MAX * len(CASES), reasons


# -- the reader and the predicate, on cases made by hand


def _made(name: str, *, init: str = "", input_: str = "", trades: str = "") -> Case:
    header = "Side,OrderID,Type,MES,Time,Size,Price,StopPrice\n"
    rows = [[_row(row, 1) for row in _table(header + text)] for text in (init, input_)]
    prices = [(int(row["Price"]), int(row["Quantity"])) for row in _table("TradeId,Price,Quantity\n" + trades)]
    return Case(name, rows[0], rows[1], [], prices)


@pytest.mark.parametrize(
    ("case", "word"),
    [
        (_made("x/Test1", init="B,1,2,,,5,100,\nO,2,5,3,,5,100,\n"), "hidden order meets"),
        (_made("x/Test1", init="B,1,2,,,5,100,\n", input_="O,2,1,,,5,,\n"), ""),
        (_made("x/Test1", init="O,1,5,3,,5,100,\n", input_="B,2,1,,,5,,\n"), "hidden order meets"),
        (_made("x/Test1", init="O,1,5,3,,5,100,\n", input_="B,2,2,,,5,99,\n"), ""),
        (_made("x/Test1", init="O,1,2,3,,5,100,\n"), "minimum execution size"),
        (_made("x/Test1", init="B,5,4,,,5,110,100\nB,5,4,,,5,110,101\n"), "under one id"),
        (_made("x/Test1", init="B,5,4,,,5,110,100\nB,5,4,,,5,110,100\n"), ""),
        (_made("x/Test1", init="B,1,2,,,5,100,\nO,2,2,,,5,100,\nB,3,3,,,5,100,\n"), "while it is loaded"),
        (
            _made("x/Test1", init="B,1,2,,,5,100,\nO,2,2,,,5,100,\n", input_="B,3,3,,,5,90,\n", trades="1,100,5\n"),
            "has passed",
        ),
        (_made("x/Test1", init="B,1,2,,,5,100,\nO,2,2,,,5,100,\n", input_="B,3,3,,,5,101,\n", trades="1,100,5\n"), ""),
    ],
)
def test_decides_by_the_orders_what_is_skipped(case: Case, word: str) -> None:
    reason = reason_to_skip(case)
    assert word in reason
    assert bool(reason) == bool(word)


def test_reads_a_folder_with_any_case_of_letters_in_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "limitOrder"
    folder.mkdir()
    header = "Side,OrderID,Type,MES,Time,Size,Price\n"
    (folder / "Test2_init.csv").write_text(header + "O,1,2,,10:00,1000,10000\n\n")
    (folder / "test2_INPUT.csv").write_text(header + "B,2,1,,11:00,400,\n")
    (folder / "Test2_output.csv").write_text(header + "BO,1,2,,10:00,600,10000\n")
    (folder / "Test2_Stock.csv").write_text("StockCode,MRS,TickSize\n1,15000,5\n")
    (folder / "Test2_Trades.csv").write_text("TradeId,Price,Quantity\n1,10000,400\n")
    monkeypatch.setattr("tests.engine.test_cointossx.SOURCE", tmp_path)
    (case,) = read_cases()
    assert case.name == "limitorder/test2"
    assert case.trades == [(2_000, 400)]
    assert case.output[0].listed == ("1", 600, 2_000, 0)
    assert case.output[0].side == SELL
    test_ends_with_the_book_and_the_trades_of_the_case(case)


def test_a_wrong_book_and_a_wrong_trade_are_seen() -> None:
    header = "Side,OrderID,Type,MES,Time,Size,Price\n"
    init = [_row(row, 1) for row in _table(header + "O,1,2,,10:00,1000,10000\n")]
    taker = [_row(row, 1) for row in _table(header + "B,2,2,,11:00,400,10000\n")]
    left = [_row(row, 1) for row in _table(header + "O,1,2,,10:00,600,10000\n")]
    test_ends_with_the_book_and_the_trades_of_the_case(Case("x/Test1", init, taker, left, [(10_000, 400)]))
    with pytest.raises(AssertionError):
        test_ends_with_the_book_and_the_trades_of_the_case(Case("x/Test1", init, taker, left, [(9_999, 400)]))
    with pytest.raises(AssertionError):
        test_ends_with_the_book_and_the_trades_of_the_case(Case("x/Test1", init, taker, init, [(10_000, 400)]))
