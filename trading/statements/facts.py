"""The day's facts of every account, folded from the journal's records.

Lots are kept here once more, from the fills alone: first in first out inside today's and inside yesterday's lots. So
the sections that list lots do not repeat the engine's sums, they prove them (`build`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from trading.engine import events as ev
from trading.engine import parameter_events, statement_events, venue_events
from trading.engine.instrument import Instrument
from trading.engine.types import BUY, DEPOSIT, LONG, OPEN, SELL, SHORT
from trading.statements import model as m


class Lot(msgspec.Struct):
    """Lots opened together."""

    opened_day: int
    price_ticks: int
    qty: int


class Day(msgspec.Struct, frozen=True):
    """A contract and its prices of one day."""

    spec: Instrument
    previous_ticks: int
    settlement_ticks: int


class Carried(msgspec.Struct):
    """What an account brings from its last statement: lots, balance by trade, margin."""

    lots: dict[tuple[int, int], list[Lot]] = msgspec.field(default_factory=dict)  # (contract, direction)
    balance_trade_fen: int | None = None  # None: no statement before
    margin_fen: int = 0


class Account(msgspec.Struct):
    """One account's running day."""

    carried: Carried
    today: dict[tuple[int, int], list[Lot]] = msgspec.field(default_factory=dict)
    cash: list[m.CashRow] = msgspec.field(default_factory=list)
    trades: list[m.TradeRow] = msgspec.field(default_factory=list)
    closed: list[m.ClosedRow] = msgspec.field(default_factory=list)
    messages: dict[tuple[int, int], tuple[int, int]] = msgspec.field(default_factory=dict)
    """(contract, kind of message) → (how many, fees in fen)."""
    expired: list[m.ExpiredRow] = msgspec.field(default_factory=list)


class Settled(msgspec.Struct, frozen=True):
    """An account at the end of a day: everything its statement is made of, but for the names."""

    event: ev.AccountSettled
    seq: int
    at_ns: int
    account: Account
    days: dict[int, Day]
    hedge: bool = False


class FactsError(Exception):
    """The journal's facts do not fit together: no statement is made of them."""


Carrier = Callable[[int, int], Carried]
"""Gives what (tenant, account) brings into the first day that is folded."""


def nothing_carried(_tenant_id: int, _account_id: int) -> Carried:
    """Before the journal's first record nobody has anything."""
    return Carried()


class Facts:
    """A fold over the journal. It may begin at the first number of any day."""

    def __init__(
        self,
        *,
        trading_day: int = 0,
        contracts: Iterable[tuple[Instrument, int]] = (),
        carrier: Carrier = nothing_carried,
        hedging: Iterable[int] = (),
    ) -> None:
        self.trading_day = trading_day
        self._carrier: Final = carrier
        self._hedging: Final = set(hedging)  # accounts that hedge as things stand in the fold
        self._accounts: dict[int, Account] = {}
        self._specs: dict[int, Instrument] = {}
        self._previous: dict[int, int] = {}
        self._settlement: dict[int, int] = {}
        for spec, settlement_ticks in contracts:
            self._specs[spec.instrument_id] = spec
            self._previous[spec.instrument_id] = settlement_ticks

    def contracts(self) -> list[tuple[Instrument, int]]:
        """All contracts with the settlement price the running day began with."""
        return [(self._specs[key], self._previous[key]) for key in sorted(self._specs)]

    def hedging(self) -> list[int]:
        """The accounts that hedge, by number."""
        return sorted(self._hedging)

    def add(self, seq: int, at_ns: int, market_ns: int, events: list[Any]) -> list[Settled]:
        """Take one record; gives the accounts whose day ended with it, in the journal's order."""
        found: list[Settled] = []
        rolled: ev.DayRolled | None = None
        for event in events:
            # The prices of a day that ends in one command stand behind the accounts that it settles.
            if isinstance(event, ev.DayRolled):
                rolled = event
                self._settlement = {row[0]: row[1] for row in event.settlement}
        for event in events:
            if isinstance(event, ev.Trade):
                self._leg(event, event.maker, market_ns)
                self._leg(event, event.taker, market_ns)
            elif isinstance(event, ev.CashMoved | statement_events.StatementCorrected):
                self._cash(event, seq)
            elif isinstance(event, ev.FeeCharged):
                messages = self.account(event.tenant_id, event.account_id).messages
                count, fee_fen = messages.get((event.instrument_id, event.kind), (0, 0))
                messages[event.instrument_id, event.kind] = (count + 1, fee_fen + event.fee_fen)
            elif isinstance(event, ev.AccountSettled):
                found.append(self._settled(event, seq, at_ns))
            elif isinstance(event, parameter_events.HedgeSet):
                note_purpose(self._hedging, event)
            elif isinstance(event, ev.InstrumentPut):
                self._specs[event.instrument.instrument_id] = event.instrument
                self._previous[event.instrument.instrument_id] = event.instrument.previous_settlement_ticks
            elif isinstance(event, ev.SettlementBegun):
                self._settlement = {row[0]: row[1] for row in event.rows}
        if rolled is not None:
            self._roll(rolled)
        self.begin(events)
        return found

    def begin(self, events: list[Any]) -> None:
        """Take what the record that ended the day before says of this one: lots that went with their contract.

        They stand in the statement of the next day, as everything does that comes after an account was settled.
        """
        for event in events:
            if isinstance(event, venue_events.LotsExpired):
                self._expire(event)

    def _roll(self, event: ev.DayRolled) -> None:
        self._previous = dict(self._settlement)
        self._settlement = {}
        self.trading_day = event.trading_day

    def account(self, tenant_id: int, account_id: int) -> Account:
        """An account's running day."""
        found = self._accounts.get(account_id)
        if found is None:
            found = self._accounts[account_id] = Account(self._carrier(tenant_id, account_id))
        return found

    def _cash(self, event: ev.CashMoved | statement_events.StatementCorrected, seq: int) -> None:
        if isinstance(event, ev.CashMoved):
            kind = m.DEPOSIT if event.kind == DEPOSIT else m.WITHDRAW
            row = m.CashRow(kind, event.amount_fen, event.reference, "", 0, seq)
        else:
            row = m.CashRow(m.CORRECTION, event.amount_fen, event.reference, event.reason, event.trading_day, seq)
        self.account(event.tenant_id, event.account_id).cash.append(row)

    def _leg(self, trade: ev.Trade, leg: ev.Leg, market_ns: int) -> None:
        account = self.account(leg.tenant_id, leg.account_id)
        value = self._specs[trade.instrument_id].tick_value_fen
        opens = leg.offset == OPEN
        direction = LONG if (leg.side == BUY) == opens else SHORT
        key = (trade.instrument_id, direction)
        account.trades.append(
            m.TradeRow(
                trade.trade_id, leg.order_id, trade.instrument_id, leg.side, leg.offset, trade.price_ticks, trade.qty,
                trade.price_ticks * trade.qty * value, leg.fee_fen, leg.close_profit_fen, leg.close_profit_trade_fen,
                market_ns, leg.account_id in self._hedging,
            )
        )  # fmt: skip
        if opens:
            account.today.setdefault(key, []).append(Lot(self.trading_day, trade.price_ticks, trade.qty))
            return
        marked = self._previous[trade.instrument_id]
        taken = [(lot, marked) for lot in take(account.carried.lots.get(key, []), leg.closed_yesterday)]
        taken += [(lot, lot.price_ticks) for lot in take(account.today.get(key, []), leg.closed_today)]
        sign = value if direction == LONG else -value
        account.closed.extend(
            m.ClosedRow(
                trade.trade_id, trade.instrument_id, leg.side, lot.qty, lot.opened_day, lot.price_ticks,
                trade.price_ticks, (trade.price_ticks - mark) * lot.qty * sign,
                (trade.price_ticks - lot.price_ticks) * lot.qty * sign,
            )
            for lot, mark in taken
        )  # fmt: skip

    def _expire(self, event: venue_events.LotsExpired) -> None:
        account = self.account(event.tenant_id, event.account_id)
        key = (event.instrument_id, event.side)
        value = self._specs[event.instrument_id].tick_value_fen
        sign, side = (value, SELL) if event.side == LONG else (-value, BUY)
        account.expired.append(
            m.ExpiredRow(*key, event.qty, event.price_ticks, event.trading_day, event.close_profit_trade_fen)
        )
        account.closed.extend(
            m.ClosedRow(
                0, event.instrument_id, side, lot.qty, lot.opened_day, lot.price_ticks, event.price_ticks, 0,
                (event.price_ticks - lot.price_ticks) * lot.qty * sign,
            )
            for lot in take(account.carried.lots.get(key, []), event.qty)
        )  # fmt: skip

    def _settled(self, event: ev.AccountSettled, seq: int, at_ns: int) -> Settled:
        account = self.account(event.tenant_id, event.account_id)
        days = {
            key: Day(self._specs[key], self._previous[key], self._settlement.get(key, self._previous[key]))
            for key in self._specs
        }
        settled = Settled(event, seq, at_ns, account, days, event.account_id in self._hedging)
        # The account's next day begins now, also while others are still to be settled.
        lots = {key: [*account.carried.lots.get(key, []), *account.today.get(key, [])] for key in keys_of(account)}
        kept = {key: [Lot(lot.opened_day, lot.price_ticks, lot.qty) for lot in row] for key, row in lots.items() if row}
        balance = event.funds.cash_fen - sum(floating_fen(key, row, days[key[0]]) for key, row in kept.items())
        self._accounts[event.account_id] = Account(Carried(kept, balance, event.funds.margin_fen))
        return settled


def note_purpose(hedging: set[int], event: parameter_events.HedgeSet) -> None:
    """Keep the set of hedging accounts as an event says. A purpose changes with nothing held only."""
    if event.hedge:
        hedging.add(event.account_id)
    else:
        hedging.discard(event.account_id)


def keys_of(account: Account) -> list[tuple[int, int]]:
    """Every (contract, direction) of which an account has lots or had some today."""
    return sorted(account.carried.lots.keys() | account.today.keys())


def floating_fen(key: tuple[int, int], lots: list[Lot], day: Day) -> int:
    """Profit by trade of lots at the settlement price."""
    sign = day.spec.tick_value_fen if key[1] == LONG else -day.spec.tick_value_fen
    return sum((day.settlement_ticks - lot.price_ticks) * lot.qty for lot in lots) * sign


def take(lots: list[Lot], qty: int) -> list[Lot]:
    """Remove the oldest lots; gives what was taken, one piece an opening."""
    taken: list[Lot] = []
    while qty:
        if not lots:
            raise FactsError(f"{qty} lots are closed that were never opened")
        lot = lots[0]
        part = min(lot.qty, qty)
        taken.append(Lot(lot.opened_day, lot.price_ticks, part))
        qty -= part
        lot.qty -= part
        if lot.qty == 0:
            lots.pop(0)
    return taken


def carried_of(statement: m.Statement) -> Carried:
    """What an account takes from a statement into its next day."""
    lots: dict[tuple[int, int], list[Lot]] = {}
    for row in statement.lots:
        lots.setdefault((row.instrument_id, row.side), []).append(Lot(row.opened_day, row.open_ticks, row.qty))
    return Carried(lots, statement.by_trade.balance_cf_fen, statement.funds.margin_fen)
