"""Committed records in, rows out: what a range of the journal means for every query table, conflated.

Pure: no database, no clock. Only the last state of each order, balance and position of the range survives; fills,
postings and account events are all kept. A range ends at a day roll (`day_ended`), so that the day's closing
figures can be taken from the balances as they stand before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from trading.choices import PostingKind
from trading.core.reader import Record
from trading.engine import events as ev
from trading.engine import liquidation_events, parameter_events, statement_events, venue_events
from trading.engine.all_events import AnyEvent
from trading.engine.types import DEPOSIT
from trading.models.event_body import PACK_BYTES, encode, fill_of
from trading.projections.copy_text import NULL, nullable
from trading.projections.event_packs import EventPack
from trading.projections.order_rows import OrderChange, new_order

_FEE: Final = int(PostingKind.FEE)
_CLOSE: Final = int(PostingKind.CLOSE_PROFIT)
_MARK: Final = int(PostingKind.MARK)
_CORRECTION: Final = int(PostingKind.CORRECTION)
_MESSAGE_FEE: Final = int(PostingKind.MESSAGE_FEE)
CLEARING: Final = "clearing"


_AccountChange = (
    ev.AccountStatusChanged
    | ev.AccountLimitsChanged
    | ev.SelfTradeSet
    | ev.CancelAfterSet
    | liquidation_events.LiquidationOpened
    | liquidation_events.LiquidationStepped
    | liquidation_events.LiquidationEnded
    | liquidation_events.LiquidationCarried
    | statement_events.StatementConfirmed
    | parameter_events.HedgeSet
    | venue_events.HolderKindSet
)


class Moment(NamedTuple):
    """When an event happened: journal number, the core's time, the venue's time, trading day."""

    seq: int
    at_ns: int
    market_ns: int
    trading_day: int


class BalanceChange:
    """What a range did to one account's money. `funds` None: only the account's own number moved."""

    __slots__ = (
        "account_seq",
        "at_ns",
        "correction_fen",
        "deposit_fen",
        "funds",
        "seq",
        "settled",
        "settled_seq",
        "tenant_id",
        "trading_day",
        "withdraw_fen",
    )

    def __init__(self, tenant_id: int) -> None:
        self.tenant_id = tenant_id
        self.account_seq = 0
        self.seq = 0
        self.at_ns = 0
        self.trading_day = 0  # of the last event; nothing here depends on where ranges are cut
        self.funds: ev.Funds | None = None
        self.deposit_fen = 0
        self.withdraw_fen = 0
        self.correction_fen = 0
        self.settled: ev.AccountSettled | None = None
        self.settled_seq = 0


class Fold:
    """One range in the making."""

    def __init__(self, *, trading_day: int) -> None:
        self.trading_day = trading_day  # the day of the next record
        self.new_orders: dict[int, OrderChange] = {}
        self.order_changes: dict[int, OrderChange] = {}
        self.fills: list[str] = []
        self.postings: list[str] = []
        self.account_events: list[EventPack] = []
        self._packs: dict[int, EventPack] = {}  # each account's last
        self.balances: dict[int, BalanceChange] = {}
        self.positions: dict[tuple[int, int, int], tuple[int, int, ev.PositionState]] = {}
        # Events about single rows of the small tables, in order, with their moment.
        self.rare: list[tuple[Moment, AnyEvent]] = []
        self.day_ended = False
        self._seq = 0
        self._at_ns = 0
        self._market_ns = 0
        self._n = 0
        self._handlers: dict[type, Callable[[Any], None]] = {
            ev.OrderAccepted: self._accepted,
            ev.OrderRejected: self._rejected,
            ev.OrderCanceled: self._canceled,
            ev.OrderReplaced: self._replaced,
            ev.OrderTriggered: self._triggered,
            ev.Trade: self._traded,
            ev.AccountOpened: self._opened,
            ev.CashMoved: self._cash_moved,
            ev.AccountStatusChanged: self._account_changed,
            ev.AccountLimitsChanged: self._account_changed,
            ev.AccountSettled: self._settled,
            ev.SelfTradeSet: self._account_changed,
            ev.CancelAfterSet: self._account_changed,
            liquidation_events.LiquidationOpened: self._account_changed,
            liquidation_events.LiquidationStepped: self._account_changed,
            liquidation_events.LiquidationEnded: self._account_changed,
            liquidation_events.LiquidationCarried: self._account_changed,
            parameter_events.HedgeSet: self._account_changed,
            ev.FeeCharged: self._fee_charged,
            parameter_events.ParametersPut: self._keep,
            parameter_events.ParametersWithdrawn: self._keep,
            ev.PhaseChanged: self._keep,
            ev.SettlementBegun: self._keep,
            ev.DayRolled: self._day_rolled,
            ev.InstrumentPut: self._keep,
            ev.KillChanged: self._keep,
            ev.TenantRatesChanged: self._keep,
            statement_events.TenantRulesChanged: self._keep,
            statement_events.StatementConfirmed: self._account_changed,
            statement_events.StatementCorrected: self._corrected,
            venue_events.LimitLadderPut: self._keep,
            venue_events.DeliveryPut: self._keep,
            venue_events.ContractsMoved: self._keep,
            venue_events.HolderKindSet: self._account_changed,
            venue_events.LotsExpired: self._expired,
        }

    def add(self, record: Record) -> None:
        """Fold one command's events in."""
        self._seq, self._at_ns, self._market_ns, self._n = record.seq, record.at_ns, record.market_ns, 0
        handlers = self._handlers
        for event in record.events:
            handler = handlers.get(type(event))
            if handler is not None:  # a refused command and a repeated order change nothing
                handler(event)
        if self.day_ended:
            self.trading_day = self._next_day

    # -- orders

    def _accepted(self, event: ev.OrderAccepted) -> None:
        self._new_order(event)
        self._money(event.tenant_id, event.account_id, event.account_seq, event.funds)
        if event.position is not None:
            self._position(event.tenant_id, event.account_id, event.position)
        self._event(event.tenant_id, event.account_id, event.account_seq, event)

    def _rejected(self, event: ev.OrderRejected) -> None:
        self._new_order(event)
        self._numbered(event.tenant_id, event.account_id, event.account_seq)
        self._event(event.tenant_id, event.account_id, event.account_seq, event)

    def _new_order(self, event: ev.OrderAccepted | ev.OrderRejected) -> None:
        row = new_order(event, trading_day=self.trading_day, seq=self._seq, at_ns=self._at_ns)
        row.updated_ns, row.last_seq = self._at_ns, self._seq
        self.new_orders[event.order_id] = row

    def _canceled(self, event: ev.OrderCanceled) -> None:
        self._order(event.tenant_id, event.account_id, event.order_id).canceled(event)
        self._order_touched(event)

    def _replaced(self, event: ev.OrderReplaced) -> None:
        self._order(event.tenant_id, event.account_id, event.order_id).replaced(event, seq=self._seq)
        self._order_touched(event)

    def _triggered(self, event: ev.OrderTriggered) -> None:
        self._order(event.tenant_id, event.account_id, event.order_id).triggered(event)
        self._order_touched(event)

    def _order_touched(self, event: ev.OrderCanceled | ev.OrderReplaced | ev.OrderTriggered) -> None:
        self._money(event.tenant_id, event.account_id, event.account_seq, event.funds)
        if event.position is not None:
            self._position(event.tenant_id, event.account_id, event.position)
        self._event(event.tenant_id, event.account_id, event.account_seq, event)

    def _order(self, tenant_id: int, account_id: int, order_id: int) -> OrderChange:
        row = self.new_orders.get(order_id) or self.order_changes.get(order_id)
        if row is None:
            row = OrderChange(tenant_id=tenant_id, account_id=account_id, order_id=order_id)
            self.order_changes[order_id] = row
        row.updated_ns, row.last_seq = self._at_ns, self._seq
        return row

    # -- trades

    def _traded(self, event: ev.Trade) -> None:
        self._leg(event, event.maker, is_taker=False)
        self._leg(event, event.taker, is_taker=True)

    def _leg(self, event: ev.Trade, leg: ev.Leg, *, is_taker: bool) -> None:
        tenant_id, account_id, fill_id = leg.tenant_id, leg.account_id, event.trade_id * 2 + is_taker
        self._order(tenant_id, account_id, leg.order_id).filled(leg)
        self.fills.append(
            f"{tenant_id}\t{account_id}\t{fill_id}\t{leg.order_id}\t{event.instrument_id}\t{self.trading_day}"
            f"\t{leg.side}\t{leg.offset}\t{event.qty}\t{event.price_ticks}\t{leg.closed_today}\t{leg.closed_yesterday}"
            f"\t{leg.fee_fen}\t{leg.close_profit_fen}\t{leg.close_profit_trade_fen}"
            f"\t{self._at_ns}\t{self._market_ns}\t{self._seq}\n"
        )
        if leg.fee_fen:
            self._post(tenant_id, account_id, _FEE, f"client:{account_id}", f"fee:{tenant_id}", leg.fee_fen, fill_id)
        if leg.close_profit_fen:
            self._gain(tenant_id, account_id, _CLOSE, leg.close_profit_fen, fill_id)
        self._money(tenant_id, account_id, leg.account_seq, leg.funds)
        self._position(tenant_id, account_id, leg.position)
        self._event(tenant_id, account_id, leg.account_seq, fill_of(event, is_taker=is_taker))

    # -- accounts

    def _opened(self, event: ev.AccountOpened) -> None:
        self._money(event.tenant_id, event.account_id, event.account_seq, event.funds)
        self._keep(event)
        self._event(event.tenant_id, event.account_id, event.account_seq, event)

    def _cash_moved(self, event: ev.CashMoved) -> None:
        tenant_id, account_id = event.tenant_id, event.account_id
        change = self._money(tenant_id, account_id, event.account_seq, event.funds)
        client, bank = f"client:{account_id}", f"bank:{tenant_id}"
        if event.kind == DEPOSIT:
            change.deposit_fen += event.amount_fen
            debit, credit = bank, client
        else:
            change.withdraw_fen += event.amount_fen
            debit, credit = client, bank
        self._post(tenant_id, account_id, event.kind, debit, credit, event.amount_fen, reference=event.reference)
        self._event(tenant_id, account_id, event.account_seq, event)

    def _corrected(self, event: statement_events.StatementCorrected) -> None:
        tenant_id, account_id, amount = event.tenant_id, event.account_id, event.amount_fen
        change = self._money(tenant_id, account_id, event.account_seq, event.funds)
        change.correction_fen += amount
        client, ledger = f"client:{account_id}", f"correction:{tenant_id}"
        debit, credit = (ledger, client) if amount > 0 else (client, ledger)
        self._post(tenant_id, account_id, _CORRECTION, debit, credit, abs(amount), reference=event.reference)
        self._keep(event)
        self._event(tenant_id, account_id, event.account_seq, event)

    def _fee_charged(self, event: ev.FeeCharged) -> None:
        tenant_id, account_id = event.tenant_id, event.account_id
        self._money(tenant_id, account_id, event.account_seq, event.funds)
        self._post(
            tenant_id, account_id, _MESSAGE_FEE, f"client:{account_id}", f"fee:{tenant_id}", event.fee_fen,
            reference=f"order {event.order_id}",
        )  # fmt: skip
        self._event(tenant_id, account_id, event.account_seq, event)

    def _account_changed(self, event: _AccountChange) -> None:
        self._numbered(event.tenant_id, event.account_id, event.account_seq)
        self._keep(event)
        self._event(event.tenant_id, event.account_id, event.account_seq, event)

    def _settled(self, event: ev.AccountSettled) -> None:
        tenant_id, account_id = event.tenant_id, event.account_id
        change = self._money(tenant_id, account_id, event.account_seq, event.funds)
        change.settled, change.settled_seq = event, self._seq
        for key in [key for key in self.positions if key[0] == account_id]:
            del self.positions[key]
        for position in event.positions:
            self._position(tenant_id, account_id, position)
        self._gain(tenant_id, account_id, _MARK, event.mark_fen)
        self._event(tenant_id, account_id, event.account_seq, event)

    def _expired(self, event: venue_events.LotsExpired) -> None:
        self._money(event.tenant_id, event.account_id, event.account_seq, event.funds)
        self._position(event.tenant_id, event.account_id, event.position)
        self._keep(event)
        self._event(event.tenant_id, event.account_id, event.account_seq, event)

    def _day_rolled(self, event: ev.DayRolled) -> None:
        self.day_ended = True
        self._next_day = event.trading_day
        self._keep(event)

    # -- pieces

    def _keep(self, event: AnyEvent) -> None:
        self.rare.append((Moment(self._seq, self._at_ns, self._market_ns, self.trading_day), event))

    def _numbered(self, tenant_id: int, account_id: int, account_seq: int) -> BalanceChange:
        change = self.balances.get(account_id)
        if change is None:
            change = self.balances[account_id] = BalanceChange(tenant_id)
        change.account_seq, change.seq, change.at_ns = account_seq, self._seq, self._at_ns
        change.trading_day = self.trading_day
        return change

    def _money(self, tenant_id: int, account_id: int, account_seq: int, funds: ev.Funds) -> BalanceChange:
        change = self._numbered(tenant_id, account_id, account_seq)
        change.funds = funds
        return change

    def _position(self, tenant_id: int, account_id: int, position: ev.PositionState) -> None:
        self.positions[account_id, position.instrument_id, position.side] = (tenant_id, self._seq, position)

    def _gain(self, tenant_id: int, account_id: int, kind: int, amount_fen: int, fill_id: int | None = None) -> None:
        client = f"client:{account_id}"
        if amount_fen > 0:
            self._post(tenant_id, account_id, kind, CLEARING, client, amount_fen, fill_id)
        elif amount_fen < 0:
            self._post(tenant_id, account_id, kind, client, CLEARING, -amount_fen, fill_id)

    def _post(
        self,
        tenant_id: int,
        account_id: int,
        kind: int,
        debit: str,
        credit: str,
        amount_fen: int,
        fill_id: int | None = None,
        reference: str | None = None,
    ) -> None:
        self._n += 1
        fill = NULL if fill_id is None else fill_id
        self.postings.append(
            f"{tenant_id}\t{account_id}\t{self._seq}\t{self._n}\t{kind}\t{debit}\t{credit}\t{amount_fen}"
            f"\t{fill}\t{nullable(reference)}\n"
        )

    def _event(self, tenant_id: int, account_id: int, account_seq: int, event: ev.Event) -> None:
        pack = self._packs.get(account_id)
        if pack is None or pack.size >= PACK_BYTES:
            pack = self._packs[account_id] = EventPack(tenant_id, account_id)
            self.account_events.append(pack)
        pack.add(encode((self._seq, self._at_ns, self._market_ns, event)), account_seq=account_seq, seq=self._seq)
