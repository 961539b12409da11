"""An account's private frames out of its event table: what a client missed, told again exactly as it was told.

An event says what changed; a frame shows the order in full. What is immutable of an order comes from its row, what
moves comes from the events, and where the first event of a range says too little the past is read for just that.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F, Sum

from trading.engine.events import (
    AccountLimitsChanged,
    AccountStatusChanged,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    OrderTriggered,
)
from trading.engine.terms import terms_of_wanted
from trading.engine.types import HELD
from trading.models import Fill, Order, TradingDay
from trading.models.event_body import AccountFill, PrivateEvent
from trading.selectors.account_events import StoredEvent, events_after, events_back
from trading.shapes.contracts import Contracts
from trading.shapes.orders import OrderState
from trading.shapes.stream import AccountStream, limits_of


def frames_after(
    *, tenant_id: int, account_id: int, after_seq: int, limit: int, contracts: Contracts
) -> list[tuple[int, bytes]]:
    """Return (number, frame) of the events above a number."""
    rows = events_after(account_id=account_id, after_seq=after_seq, limit=limit)
    if not rows:
        return []
    stream = AccountStream(tenant_id=tenant_id, account_id=account_id, contracts=contracts, trading_day=0)
    stream.account_seq = after_seq
    stream.orders = _orders_before(account_id=account_id, rows=rows, contracts=contracts)
    _standing_before(stream, rows=rows)
    days = _days_of_accepted(account_id=account_id, rows=rows)
    frames: list[tuple[int, bytes]] = []
    for row in rows:
        order_id = getattr(row.event, "order_id", 0)
        stream.trading_day = days.get(order_id, stream.trading_day)
        frame = stream.apply(row.event, seq=row.journal_seq, at_ns=row.at_ns)
        if frame is not None:
            frames.append((row.account_seq, frame))
    return frames


def _standing_before(stream: AccountStream, *, rows: Sequence[StoredEvent]) -> None:
    """Find status and limits that stood before the range; only frames that show the account need them."""
    if not any(isinstance(row.event, AccountStatusChanged | AccountLimitsChanged) for row in rows):
        return
    wanted: set[type] = {AccountStatusChanged, AccountLimitsChanged}
    for *_, event in events_back(account_id=stream.account_id, before=rows[0].account_seq):
        if type(event) in wanted:
            wanted.discard(type(event))
            if isinstance(event, AccountStatusChanged):
                stream.status = event.status
            elif isinstance(event, AccountLimitsChanged):
                stream.limits = limits_of(event)
            if not wanted:
                return


def last_trading_day() -> int:
    """Return the newest trading day the projection knows; 0 before the first."""
    return TradingDay.objects.order_by("-day_number").values_list("trading_day", flat=True).first() or 0


def _order_id(event: PrivateEvent) -> int:
    if isinstance(event, AccountFill):
        return event.leg.order_id
    return event.order_id if isinstance(event, OrderCanceled | OrderReplaced | OrderTriggered) else 0


def _days_of_accepted(*, account_id: int, rows: Sequence[StoredEvent]) -> dict[int, int]:
    ids = [event.order_id for *_, event in rows if isinstance(event, OrderAccepted | OrderRejected)]
    found = Order.objects.filter(account_id=account_id, id__in=ids)
    return dict(found.values_list("id", "trading_day"))


def _orders_before(*, account_id: int, rows: Sequence[StoredEvent], contracts: Contracts) -> dict[int, OrderState]:
    """Return the orders that the range mentions without having begun in it, as they stood before it."""
    first: dict[int, StoredEvent] = {}
    begun: set[int] = set()
    replaced_later: set[int] = set()
    for row in rows:
        if isinstance(row.event, OrderAccepted):
            begun.add(row.event.order_id)
        order_id = _order_id(row.event)
        if order_id and order_id not in begun:
            if order_id in first and isinstance(row.event, OrderReplaced):
                replaced_later.add(order_id)
            first.setdefault(order_id, row)
    orders: dict[int, OrderState] = {}
    for item in Order.objects.filter(account_id=account_id, id__in=list(first)):
        state = _state_of_row(item, contracts=contracts, before=first[item.id].account_seq)
        if not isinstance(first[item.id].event, AccountFill):
            _fills_before(state, account_id=account_id, row=first[item.id])
        orders[item.id] = state
    _terms_before(orders, account_id=account_id, wanted=replaced_later, before=rows[0].account_seq)
    return orders


def order_state(item: Order, *, contracts: Contracts) -> OrderState:
    """Return the doors' order of a row, as it stands."""
    state = _state_of_row(item, contracts=contracts)
    state.filled_qty, state.filled_ticks, state.status = item.filled_qty, item.filled_ticks, item.status
    _put_terms(state, item)
    state.reject_code, state.figures, state.cancel_reason = item.reject_code, item.figures, item.cancel_reason
    state.updated_ns, state.seq = item.updated_ns, item.last_seq
    return state


def stored_order(*, account_id: int, order_id: int, contracts: Contracts) -> OrderState | None:
    """Return an account's order as the projection has it."""
    item = Order.objects.filter(account_id=account_id, id=order_id).first()
    return None if item is None else order_state(item, contracts=contracts)


def _state_of_row(item: Order, *, contracts: Contracts, before: int = 0) -> OrderState:
    """An order's fixed part; as it stood before an event number of its account, when one is given."""
    state = OrderState(
        account_id=item.account_id,
        order_id=item.id,
        client_order_id=item.client_order_id,
        contract=contracts.by_id[item.instrument_id],
        side=item.side,
        offset=item.offset,
        order_type=item.order_type,
        time_in_force=item.time_in_force,
        qty=item.qty,
        price_ticks=item.price_ticks,
        trading_day=item.trading_day,
    )
    state.created_ns = state.received_ns = item.created_ns
    if before and state.words.is_stop and (item.triggered_seq is None or item.triggered_seq >= before):
        state.status = HELD
    _put_terms(state, item)
    return state


def _put_terms(state: OrderState, item: Order) -> None:
    if item.terms is not None:
        state.put_terms(terms_of_wanted(item.terms), trigger_ticks=item.trigger_ticks or 0)


def _trigger_of(event: OrderAccepted | OrderReplaced) -> int:
    if isinstance(event, OrderReplaced):
        return event.trigger_ticks
    return event.terms.trigger_ticks if event.terms is not None else 0


def _fills_before(state: OrderState, *, account_id: int, row: StoredEvent) -> None:
    """Sum up the fills that came before a cancel or replace; those of the same command precede only a cancel."""
    fills = Fill.objects.filter(account_id=account_id, order_id=state.order_id)
    if isinstance(row.event, OrderCanceled):
        fills = fills.filter(seq__lte=row.journal_seq)
    else:
        fills = fills.filter(seq__lt=row.journal_seq)
    sums = fills.aggregate(lots=Sum("qty"), ticks=Sum(F("qty") * F("price_ticks")))
    qty = sums["lots"] or 0
    if qty:
        state.filled(filled_qty=qty, filled_ticks=sums["ticks"], leaves_qty=1)


def _terms_before(orders: dict[int, OrderState], *, account_id: int, wanted: set[int], before: int) -> None:
    """Find quantity and price that stood before the range, for orders that a later event of it replaces."""
    wanted = wanted & orders.keys()
    if not wanted:
        return
    for *_, event in events_back(account_id=account_id, before=before):
        if isinstance(event, OrderAccepted | OrderReplaced) and event.order_id in wanted:
            orders[event.order_id].replaced(qty=event.qty, price_ticks=event.price_ticks)
            if _trigger_of(event):
                orders[event.order_id].put_trigger(_trigger_of(event))
            wanted = wanted - {event.order_id}
            if not wanted:
                return
