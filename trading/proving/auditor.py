"""What must hold for the journal whatever made it: a fold of its events that trusts no sum they carry.

The letters are those of the list of invariants: M money, P positions, O orders, R risk, J journal, C clock, D delivery,
T tenancy. Everything is kept up by differences, so that each command costs little.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from trading.core.journal import EMPTY_HEAD, Head, Row, check_row, decode_batch, head_of
from trading.engine import events as ev
from trading.engine import statement_events, venue_events
from trading.engine import types as t
from trading.engine.commands import PlaceOrder


class Broken(BaseException):
    """Something does not hold. Not an `Exception`: the core's own last resort must not catch it."""


def must(holds: bool, what: str, *figures: object) -> None:
    """Raise unless something holds."""
    if not holds:
        raise Broken(f"{what} {' '.join(str(figure) for figure in figures)}".strip())


class Auditor:
    """Reads journal rows as they become durable."""

    def __init__(self) -> None:
        self.head: Head = EMPTY_HEAD
        self.at_ns = 0
        self.outcomes: list[Any] = [None]  # by journal number: the event that answers the command
        self.filed: dict[tuple[int, int, str], tuple[int, int, PlaceOrder, str]] = {}
        self.account_seq: dict[int, int] = {}
        self.tenant: dict[int, int] = {}
        self.group: dict[int, tuple[int, int]] = {}
        self.cash: dict[int, int] = defaultdict(int)
        self.day_fees: dict[int, int] = defaultdict(int)
        self.gains = 0  # closed profits and marks of all accounts
        self.held: dict[tuple[int, int, int], int] = defaultdict(int)
        self.interest: dict[int, int] = defaultdict(int)
        self.orders: dict[int, list[int]] = {}  # [quantity, filled, side, limit] of those that work
        self.last_order = self.last_trade = 0
        self.status: dict[int, int] = {}
        self.stopped: set[tuple[int, int]] = set()  # kill switches: (scope, target), a tenant's own under -target
        self.bands: dict[int, tuple[int, int]] = {}
        self.trading_day = 0
        self.versions: dict[tuple[int, int], int] = {}  # of corrected statements
        self.confirming: set[int] = set()  # tenants
        self.unconfirmed: dict[tuple[int, int], int] = {}  # (tenant, account): the day

    def read(self, row: Row) -> list[Any]:
        """J1, J2, C1: take the next row; gives its records."""
        check_row(row, previous=self.head)
        self.head = head_of(row)
        batch = decode_batch(
            first_seq=row.first_seq, last_seq=row.last_seq, epoch=row.epoch, payload=row.payload, committed_ns=0
        )
        for record in batch.records:
            must(record.at_ns > self.at_ns, "C1 time went back at", record.seq)
            self.at_ns = record.at_ns
        return batch.records

    def see(self, seq: int, command: Any, events: list[Any]) -> None:
        """Take one command with its events."""
        must(bool(events) and seq == len(self.outcomes), "J1 numbers have a gap at", seq)
        rolled = type(events[-1]) is ev.DayRolled and type(command).__name__ == "RollDay"
        self.outcomes.append(events[-1] if rolled else events[0])
        for event in events:
            act = _ACTS.get(type(event))
            if isinstance(event, ev.Trade):
                self._trade(event)
            else:
                if hasattr(event, "account_seq"):
                    self._private(event.tenant_id, event.account_id, event.account_seq)
                if act is not None:
                    act(self, event)
                funds = getattr(event, "funds", None)
                if funds is not None:
                    self._funds(event.account_id, funds)
                if getattr(event, "position", None) is not None:
                    self._position(event.account_id, event.position)
        self._file(seq, command, events)

    def _private(self, tenant_id: int, account_id: int, account_seq: int) -> None:
        must(self.tenant.setdefault(account_id, tenant_id) == tenant_id, "T1 tenant of account", account_id)
        must(account_seq == self.account_seq.get(account_id, 0) + 1, "D1 account", account_id, "number", account_seq)
        self.account_seq[account_id] = account_seq

    def _file(self, seq: int, command: Any, events: list[Any]) -> None:
        first = events[0]
        if type(command) is not PlaceOrder or not isinstance(first, ev.OrderAccepted | ev.OrderRejected):
            return
        key = (command.account_id, command.trading_day, command.client_order_id)
        must(key not in self.filed, "O2 entered twice:", key)
        self.filed[key] = (seq, first.order_id, command, getattr(first, "code", ""))

    # -- money and positions

    def _funds(self, account_id: int, funds: ev.Funds) -> None:
        must(funds.cash_fen == self.cash[account_id], "M3 cash of", account_id, funds.cash_fen, self.cash[account_id])
        must(funds.fee_fen == self.day_fees[account_id], "M6 day's fees of", account_id, funds.fee_fen)
        amounts = (funds.margin_fen, funds.frozen_margin_fen, funds.frozen_fee_fen)
        must(min(amounts) >= 0, "R1 negative margin or frozen money of", account_id, *amounts)

    def _position(self, account_id: int, position: ev.PositionState) -> None:
        held = self.held[account_id, position.instrument_id, position.side]
        must(held == position.today_qty + position.yesterday_qty, "P2 lots of", account_id, held, position)
        must(0 <= position.frozen_today <= position.today_qty, "P3 frozen today of", account_id, position)
        must(0 <= position.frozen_yesterday <= position.yesterday_qty, "P3 frozen yesterday of", account_id, position)

    def _trade(self, trade: ev.Trade) -> None:
        must(trade.trade_id == self.last_trade + 1, "O5 trade number", trade.trade_id)
        self.last_trade = trade.trade_id
        maker, taker = trade.maker, trade.taker
        must(maker.side != taker.side and maker.order_id != taker.order_id, "O5 legs of trade", trade.trade_id)
        must(self.group[maker.account_id] != self.group[taker.account_id], "O6 self-trade", trade.trade_id)
        low, high = self.bands[trade.instrument_id]
        must(low <= trade.price_ticks <= high and trade.qty > 0, "O5 price or quantity of", trade.trade_id)
        opened = (maker.offset == t.OPEN) + (taker.offset == t.OPEN)
        self.interest[trade.instrument_id] += (opened - 1) * trade.qty
        must(self.interest[trade.instrument_id] == trade.open_interest, "P4 open interest after", trade.trade_id)
        for leg in (maker, taker):
            self._leg(trade, leg)
        sides = {t.LONG: 0, t.SHORT: 0}
        for (_account, instrument_id, side), qty in self.held.items():
            if instrument_id == trade.instrument_id:
                sides[side] += qty
        must(sides[t.LONG] == sides[t.SHORT] == trade.open_interest, "P1 long and short", sides, trade.open_interest)

    def _leg(self, trade: ev.Trade, leg: ev.Leg) -> None:
        self._private(leg.tenant_id, leg.account_id, leg.account_seq)
        order = self.orders[leg.order_id]
        order[1] += trade.qty
        must(order[1] == leg.order_filled_qty and order[0] == order[1] + leg.order_leaves_qty, "O3 order", leg.order_id)
        limit = order[3]
        if limit:
            good = trade.price_ticks <= limit if leg.side == t.BUY else trade.price_ticks >= limit
            must(good, "O5 order", leg.order_id, "traded beyond its limit at", trade.price_ticks)
        if order[0] == order[1]:
            del self.orders[leg.order_id]
        closes = leg.offset != t.OPEN
        direction = t.LONG if (leg.side == t.BUY) != closes else t.SHORT
        self.held[leg.account_id, trade.instrument_id, direction] += -trade.qty if closes else trade.qty
        must(leg.closed_today + leg.closed_yesterday == (trade.qty if closes else 0), "P2 lots closed by", leg.order_id)
        self.cash[leg.account_id] += leg.close_profit_fen - leg.fee_fen
        self.day_fees[leg.account_id] += leg.fee_fen
        self.gains += leg.close_profit_fen
        self._funds(leg.account_id, leg.funds)
        self._position(leg.account_id, leg.position)

    def settled(self, event: ev.AccountSettled) -> None:
        """M4: the day of one account."""
        must(event.previous_cash_fen == self.cash[event.account_id], "M4 closing cash of", event.account_id)
        must(event.fee_fen == self.day_fees[event.account_id], "M4 fees of", event.account_id)
        self.cash[event.account_id] += event.mark_fen
        self.gains += event.mark_fen
        self.day_fees[event.account_id] = 0
        if event.tenant_id in self.confirming and event.trading_day:
            self.unconfirmed[event.tenant_id, event.account_id] = event.trading_day
        must(
            not any(state.today_qty for state in event.positions), "P2 lots of today after the day of", event.account_id
        )
        for state in event.positions:
            self._position(event.account_id, state)

    def rolled(self, event: ev.DayRolled) -> None:
        """C1, M5: a day is settled once, and all profits of all accounts add up to nothing."""
        must(event.trading_day > self.trading_day == event.ended_trading_day, "C1 trading day", event.trading_day)
        self.trading_day = event.trading_day
        must(self.gains == 0, "M5 profits and losses differ by", self.gains)
        for instrument_id, _settlement, lower, upper in event.settlement:
            self.bands[instrument_id] = (lower, upper)

    def cash_moved(self, event: ev.CashMoved) -> None:
        """M3, M8: money in or out."""
        self.cash[event.account_id] += event.amount_fen if event.kind == t.DEPOSIT else -event.amount_fen
        if event.kind == t.WITHDRAW:
            must(_free(event.funds) >= 0, "M8 withdrawal left less than nothing to", event.account_id)

    def corrected(self, event: statement_events.StatementCorrected) -> None:
        """M3, S1: an ended day is put right by money of today; its versions count up."""
        must(event.trading_day < self.trading_day, "S1 correction of a day that has not ended", event.trading_day)
        key = (event.account_id, event.trading_day)
        must(event.version == self.versions.get(key, 1) + 1, "S1 version of", *key, event.version)
        self.versions[key] = event.version
        self.cash[event.account_id] += event.amount_fen

    def rules_changed(self, event: statement_events.TenantRulesChanged) -> None:
        """S2: from this number on; a statement counts once its day ends under the rule."""
        if event.confirms:
            self.confirming.add(event.tenant_id)
        else:
            self.confirming.discard(event.tenant_id)
            self.unconfirmed = {key: day for key, day in self.unconfirmed.items() if key[0] != event.tenant_id}

    def confirmed(self, event: statement_events.StatementConfirmed) -> None:
        """S2: opening is free again."""
        self.unconfirmed.pop((event.tenant_id, event.account_id), None)

    # -- orders and rights

    def accepted(self, event: ev.OrderAccepted) -> None:
        """M7, O1, O8, R3: what was accepted could be."""
        must(event.order_id > self.last_order, "O1 order number", event.order_id)
        self.last_order = event.order_id
        limit = event.price_ticks if event.order_type in (t.LIMIT, t.STOP_LIMIT) else 0
        self.orders[event.order_id] = [event.qty, 0, event.side, limit]
        if event.terms is not None and (event.terms.parent_id or event.terms.force_reason):
            return  # protection of what was allowed; what the broker closes by force
        status = self.status.get(event.account_id, t.ACTIVE)
        # A second leg freezes nothing and is looked at again when it is triggered.
        opens = event.offset == t.OPEN and not (event.terms is not None and event.terms.other_leg)
        must(status != t.BLOCKED, "O8 order accepted from a blocked account", event.order_id)
        owes = (event.tenant_id, event.account_id) in self.unconfirmed
        must(not owes or not opens, "S2 opening order accepted before the statement was confirmed", event.order_id)
        must(status != t.CLOSE_ONLY or not opens, "R3 opening order accepted while close-only", event.order_id)
        must(not opens or _free(event.funds) >= 0, "M7 nothing is left after order", event.order_id)
        keys = {(t.KILL_VENUE, 0), (t.KILL_INSTRUMENT, event.instrument_id)}
        keys |= {(t.KILL_TENANT, event.tenant_id), (t.KILL_TENANT, -event.tenant_id)}
        must(not keys & self.stopped, "O8 order accepted under a kill switch", event.order_id)

    def rejected(self, event: ev.OrderRejected) -> None:
        """A refused order has a number too."""
        must(event.order_id > self.last_order, "O1 order number", event.order_id)
        self.last_order = event.order_id

    def canceled(self, event: ev.OrderCanceled) -> None:
        """O3, O4: an order ends once, with all its lots accounted for."""
        must(event.order_id in self.orders, "O4 cancelled after its end:", event.order_id)
        qty, filled, _side, _limit = self.orders.pop(event.order_id)
        must((event.filled_qty, event.canceled_qty) == (filled, qty - filled), "O3 order", event.order_id)

    def replaced(self, event: ev.OrderReplaced) -> None:
        """O3: new terms keep what is filled."""
        must(event.order_id in self.orders, "O4 changed after its end:", event.order_id)
        order = self.orders[event.order_id]
        must(event.filled_qty == order[1] < event.qty, "O3 order", event.order_id)
        order[0] = event.qty
        order[3] = event.price_ticks if order[3] else 0

    def triggered(self, event: ev.OrderTriggered) -> None:
        """O4: a stop wakes while it lives."""
        must(event.order_id in self.orders, "O4 triggered after its end:", event.order_id)

    def opened(self, event: ev.AccountOpened) -> None:
        """O6: who is under one control."""
        group = (event.tenant_id, event.group_id) if event.group_id else (0, event.account_id)
        self.group[event.account_id] = group

    def fee_charged(self, event: ev.FeeCharged) -> None:
        """M3, M6: a fee for a message is taken once, and it is more than nothing."""
        must(event.fee_fen > 0 and event.kind in (1, 2), "M6 fee for a message of order", event.order_id)
        must(event.order_id <= self.last_order, "O1 a fee for the order", event.order_id, "that was never entered")
        self.cash[event.account_id] -= event.fee_fen
        self.day_fees[event.account_id] += event.fee_fen

    def status_changed(self, event: ev.AccountStatusChanged) -> None:
        """R3, O8: from this number on."""
        self.status[event.account_id] = event.status

    def kill_changed(self, event: ev.KillChanged) -> None:
        """O8: from this number on."""
        own = event.scope == t.KILL_TENANT and event.tenant_id != 0
        key = (event.scope, -event.target_id if own else event.target_id)
        self.stopped = self.stopped | {key} if event.on else self.stopped - {key}

    def instrument_put(self, event: ev.InstrumentPut) -> None:
        """O5: the band in force."""
        self.bands[event.instrument.instrument_id] = (event.lower_ticks, event.upper_ticks)

    def expired(self, event: venue_events.LotsExpired) -> None:
        """P2, P1: lots go with their contract, all of them; longs and shorts alike."""
        key = (event.account_id, event.instrument_id, event.side)
        must(self.held[key] == event.qty > 0, "P2 lots that expire of", event.account_id, self.held[key], event.qty)
        must(event.price_ticks in range(1, 10**9), "M5 price of expired lots", event.price_ticks)
        del self.held[key]
        if event.side == t.LONG:
            self.interest[event.instrument_id] -= event.qty

    def contracts_moved(self, event: venue_events.ContractsMoved) -> None:
        """P1: nothing is left of a contract that has expired."""
        for row in event.rows:
            if row.expired:
                left = {key: qty for key, qty in self.held.items() if key[1] == row.instrument_id and qty}
                must(not left and self.interest[row.instrument_id] == 0, "P1 lots outlive", row.instrument_id, left)

    def settlement_begun(self, event: ev.SettlementBegun) -> None:
        """C1: a settlement belongs to the day that ends."""
        must(event.trading_day == self.trading_day < event.next_trading_day, "C1 settlement of", event.trading_day)


def _free(funds: ev.Funds) -> int:
    return funds.cash_fen - funds.margin_fen - funds.frozen_margin_fen - funds.frozen_fee_fen


_ACTS: dict[type[Any], Any] = {
    ev.OrderAccepted: Auditor.accepted,
    ev.OrderRejected: Auditor.rejected,
    ev.OrderCanceled: Auditor.canceled,
    ev.OrderReplaced: Auditor.replaced,
    ev.OrderTriggered: Auditor.triggered,
    ev.AccountOpened: Auditor.opened,
    ev.AccountSettled: Auditor.settled,
    ev.CashMoved: Auditor.cash_moved,
    ev.FeeCharged: Auditor.fee_charged,
    ev.AccountStatusChanged: Auditor.status_changed,
    ev.DayRolled: Auditor.rolled,
    ev.KillChanged: Auditor.kill_changed,
    ev.InstrumentPut: Auditor.instrument_put,
    ev.SettlementBegun: Auditor.settlement_begun,
    statement_events.StatementCorrected: Auditor.corrected,
    statement_events.StatementConfirmed: Auditor.confirmed,
    statement_events.TenantRulesChanged: Auditor.rules_changed,
    venue_events.LotsExpired: Auditor.expired,
    venue_events.ContractsMoved: Auditor.contracts_moved,
}
