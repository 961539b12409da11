"""A week under stress: accounts of realistic leverage live through recorded days under the desk's own rules.

The desk's rules are the same pure functions that the risk desk runs by: `ladder`, `planning`, `stepping`; the engine is
the engine. What happened is a list of rows in the order in which it happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from riskdesk.liquidation import ladder
from riskdesk.liquidation.planning import plan_of, plan_rows
from riskdesk.liquidation.stepping import Market, next_step
from riskdesk.story.days import Day
from riskdesk.story.market import (
    BROKER,
    BUYER,
    DEPTH_LOTS,
    GOLD,
    HOUSE,
    SELLER,
    TERMS_OF_2013,
    THIN_LOTS,
    StoryMarket,
    Terms,
    path_of,
)  # fmt: skip
from trading.engine import events as ev
from trading.engine import liquidation_events
from trading.engine import types as t
from trading.engine.commands import OpenLiquidation, RollDay, SetAccountStatus
from trading.engine.views import AccountView, risk_ppm

STEPS_A_LOOK: Final = 8
MONEY_AT_60: Final = 600_000  # what a client who answers his margin call brings his account back to
BAND, OPENED, ALERT, CALL, CLOSE_ONLY, PLAN, ORDER, FILL, CARRIED, ENDED, PAID, SETTLED = (
    "band", "position", "alert", "margin call", "close only", "liquidation", "forced order", "forced close",
    "carried over", "ended", "paid in", "settled",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Client:
    """A client: lots, direction, and the risk degree he begins with."""

    account_id: int
    name: str
    side: int
    lots: int
    begins_ppm: int
    pays: bool = False  # answers a margin call with money


CLIENTS: Final = (
    Client(7001, "careful", t.BUY, 10, 300_000),
    Client(7002, "usual", t.BUY, 10, 600_000),
    Client(7003, "bold, pays", t.BUY, 10, 780_000, pays=True),
    Client(7004, "bold", t.BUY, 10, 780_000),
    Client(7005, "at the limit", t.BUY, 60, 950_000),
    Client(7006, "short", t.SELL, 10, 600_000),
)
_LEVEL_KIND: Final = {ladder.WARN: ALERT, ladder.MARGIN_CALL: CALL, ladder.CLOSE_ONLY: CLOSE_ONLY}
ONE_SIDED: Final = {t.BUY: ", one-sided at the upper limit", t.SELL: ", one-sided at the lower limit"}
BASIS_NAMES: Final = {t.BASIS_COMPANY: "company", t.BASIS_EXCHANGE: "exchange"}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happened."""

    date: str
    price: int
    kind: str
    account_id: int = 0
    company_ppm: int = 0
    exchange_ppm: int = 0
    text: str = ""


class Week:
    """Plays days and keeps the rows."""

    def __init__(self, lines: tuple[ladder.Lines, ...] = ladder.FIRST_LINES, terms: Terms = TERMS_OF_2013) -> None:
        self.lines = lines
        self.market = StoryMarket(terms)
        self.rows: list[Row] = []
        self.levels: dict[tuple[int, int], int] = {}  # (account, basis) -> level that stands
        self.called: set[int] = set()
        self.date = ""

    def play(self, before: Day, days: list[Day]) -> list[Row]:
        """Play the days one after the other; gives all rows."""
        market = self.market
        market.list_contract(before.settle)
        market.do(RollDay(0, days[0].number, [(GOLD, before.settle)], "system"))
        for house in (SELLER, BUYER):
            market.open_account(house, HOUSE, 10**14)
        for at, day in enumerate(days):
            self.date = day.date
            self.day(day, days[at + 1].number if at + 1 < len(days) else day.number + 1, first=at == 0)
        return self.rows

    def day(self, day: Day, next_day: int, *, first: bool) -> None:
        """One day from its opening price to its settlement."""
        market = self.market
        stats = market.machine.instrument_stats(GOLD)
        if stats is None:
            return
        step = f", ladder step {stats.ladder_step}" if stats.ladder_step else ""
        self.tell(BAND, 0, f"{price_text(stats.lower)} to {price_text(stats.upper)}{step}")
        self.pay_calls()
        market.enter(t.CONTINUOUS)
        at_limit = day.close in (stats.lower, stats.upper)
        for price in path_of(day):
            depth = THIN_LOTS if at_limit else DEPTH_LOTS
            self.tell_events(market.move_to(min(max(price, stats.lower), stats.upper), depth))
            if first and not self.levels:
                self.open_positions(price)
            self.look()
        market.close()
        one_sided = ONE_SIDED.get(getattr(market.machine.instrument_stats(GOLD), "one_sided", 0), "")
        settle = min(max(day.settle, stats.lower), stats.upper)
        events = market.settle(next_day, settle)
        self.tell(SETTLED, 0, price_text(settle) + one_sided)
        self.tell_events(events)
        self.look()

    def open_positions(self, price: int) -> None:
        """Let every client take his position, with the money that makes his risk degree what it is to be."""
        market = self.market
        for client in CLIENTS:
            margin = price * 1_000 * self.market.terms.company_ppm // 1_000_000 * client.lots
            market.open_account(
                client.account_id, BROKER, margin * 1_000_000 // client.begins_ppm + 1_000 * client.lots
            )
            edge = price + 3 if client.side == t.BUY else price - 3
            market.order(client.account_id, client.side, client.lots, edge, t.OPEN)
            market.move_to(price)
            words = "long" if client.side == t.BUY else "short"
            self.tell(OPENED, client.account_id, f"{client.name}: {client.lots} lots {words}")

    def pay_calls(self) -> None:
        """Before the day opens: who was called and can pay pays, and may trade again."""
        for client in CLIENTS:
            view = self.view(client.account_id)
            if view is None or not client.pays or client.account_id not in self.called:
                continue
            wanted = view.funds.margin_fen * 1_000_000 // MONEY_AT_60 - view.equity_fen
            self.called.discard(client.account_id)
            if wanted > 0:
                events = self.market.pay(client.account_id, BROKER, wanted)
                self.tell(PAID, client.account_id, f"{wanted / 100:,.2f} yuan")
                self.tell_events(events)
                self.market.do(SetAccountStatus(BROKER, client.account_id, t.ACTIVE, False, "paid", "u6"))
                self.look()

    def look(self) -> None:
        """What the desk does after every change: levels up and down, and open liquidations driven on."""
        for client in CLIENTS:
            view = self.view(client.account_id)
            if view is None:
                continue
            for lines in self.lines:
                self.rung(view, lines)
            self.drive(client.account_id)

    def rung(self, view: AccountView, lines: ladder.Lines) -> None:
        """Compare an account with the ladder of one basis and do what its level asks."""
        key = (view.account_id, lines.basis)
        standing = self.levels.get(key, ladder.NONE)
        level = ladder.level_of(lines, _degrees(view)[lines.basis], standing)
        self.levels[key] = level
        for each in range(standing + 1, level + 1):
            if each == ladder.LIQUIDATE:
                continue
            if each == ladder.MARGIN_CALL:
                self.called.add(view.account_id)
            self.tell(_LEVEL_KIND[each], view.account_id, f"{BASIS_NAMES[lines.basis]} {percent(lines.of(each))}")
            if each == ladder.CLOSE_ONLY and view.status == t.ACTIVE:
                self.market.do(SetAccountStatus(BROKER, view.account_id, t.CLOSE_ONLY, False, "risk degree", "system"))
        if level == ladder.LIQUIDATE:
            self.liquidate(view, lines)

    def liquidate(self, view: AccountView, lines: ladder.Lines) -> None:
        """Propose and approve a plan; the counter refuses a second one while the first is open."""
        plan = plan_of(view, basis=lines.basis, target_ppm=lines.target_ppm, specs=self.specs(), stats=self.stats())
        rows = plan_rows(plan)
        if not rows:
            return
        command = OpenLiquidation(
            BROKER, view.account_id, t.FORCE_DEPOSIT, lines.basis, self.market.machine.seq, lines.as_list(),
            lines.target_ppm, rows, "u5", "u6",
        )  # fmt: skip
        events = self.market.do(command)
        if isinstance(events[0], liquidation_events.LiquidationOpened):
            needed = sum(bucket.needed for bucket in plan)
            lots = sum(row[3] for row in rows)
            text = f"no. {events[0].number}, {BASIS_NAMES[lines.basis]} {percent(lines.liquidate_ppm)}: "
            self.tell(PLAN, view.account_id, text + f"{needed} of {lots} lots needed")

    def drive(self, account_id: int) -> None:
        """Take the steps that an account's open liquidation has to take now."""
        machine = self.market.machine
        for _ in range(STEPS_A_LOOK):
            item = next((one for one in machine.liquidations() if one.account_id == account_id), None)
            view = self.view(account_id)
            if item is None or view is None:
                return
            bids, asks = machine.depth(GOLD, 20)
            market = Market(self.specs()[GOLD], self.stats()[GOLD], bids, asks)
            command = next_step(item, view, {GOLD: market}, actor="system")
            if command is None:
                return
            self.tell_events(self.market.do(command))

    def tell_events(self, events: list[ev.Event]) -> None:
        """Tell what the engine did about liquidations; fills at one price as one."""
        for event in joined_fills(events):
            if isinstance(event, liquidation_events.LiquidationStepped):
                text = f"no. {event.number}: {event.qty} lots at {price_text(event.price_ticks)}"
                self.tell(ORDER, event.account_id, text)
            elif isinstance(event, Closed):
                self.tell(FILL, event.account_id, f"{event.qty} lots at {price_text(event.price_ticks)}")
            elif isinstance(event, liquidation_events.LiquidationCarried):
                left = sum(row[3] - row[4] for row in event.rows)
                self.tell(CARRIED, event.account_id, f"no. {event.number}: {left} lots left in the plan")
            elif isinstance(event, liquidation_events.LiquidationEnded):
                words = {t.LIQUIDATION_RESTORED: "restored", t.LIQUIDATION_DONE: "nothing left"}.get(event.outcome, "")
                closed = sum(row[4] for row in event.rows)
                owed = f", {-event.equity_fen / 100:,.2f} yuan owed" if event.equity_fen < 0 else ""
                self.tell(ENDED, event.account_id, f"no. {event.number}: {words}, {closed} lots closed{owed}")

    def tell(self, kind: str, account_id: int, text: str) -> None:
        """Keep a row."""
        stats = self.market.machine.instrument_stats(GOLD)
        view = self.view(account_id)
        degrees = _degrees(view) if view is not None else {t.BASIS_COMPANY: 0, t.BASIS_EXCHANGE: 0}
        self.rows.append(
            Row(
                self.date, 0 if stats is None else stats.last, kind, account_id, degrees[t.BASIS_COMPANY],
                degrees[t.BASIS_EXCHANGE], text,
            )
        )  # fmt: skip

    def view(self, account_id: int) -> AccountView | None:
        """An account as it stands; None before it is opened."""
        return self.market.machine.account_view(account_id)

    def specs(self) -> Mapping[int, Any]:
        """The contract's terms by number."""
        return {spec.instrument_id: spec for spec, _lower, _upper in self.market.machine.instruments()}

    def stats(self) -> Mapping[int, Any]:
        """The day's figures by contract."""
        return {GOLD: self.market.machine.instrument_stats(GOLD)}


@dataclass(slots=True)
class Closed:
    """Lots of a client that were closed at one price."""

    account_id: int
    price_ticks: int
    qty: int


def joined_fills(events: list[ev.Event]) -> list[ev.Event | Closed]:
    """Events with the clients' closing fills at one price as one row, where they follow each other."""
    found: list[ev.Event | Closed] = []
    for event in events:
        if not isinstance(event, ev.Trade):
            found.append(event)
            continue
        leg = next((leg for leg in (event.maker, event.taker) if leg.tenant_id == BROKER and leg.offset), None)
        last = next((one for one in reversed(found) if isinstance(one, Closed)), None)
        if leg is None:
            continue
        if last is not None and (last.account_id, last.price_ticks) == (leg.account_id, event.price_ticks):
            last.qty += event.qty
        else:
            found.append(Closed(leg.account_id, event.price_ticks, event.qty))
    return found


def _degrees(view: AccountView) -> dict[int, int]:
    return {
        t.BASIS_COMPANY: risk_ppm(view.funds.margin_fen, view.equity_fen),
        t.BASIS_EXCHANGE: risk_ppm(view.exchange_margin_fen, view.equity_fen),
    }


def price_text(ticks: int) -> str:
    """A price in yuan a gram."""
    return f"{ticks // 100}.{ticks % 100:02d}"


def percent(ppm: int) -> str:
    """A risk degree for people."""
    return f"{ppm / 10_000:.1f} %" if ppm < ladder.BEYOND_PPM else "no equity"
