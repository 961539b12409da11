"""The order that an answer of the core is about, as the doors show it."""

from __future__ import annotations

from trading.core.protocol import Answer
from trading.engine.events import OrderCanceled, OrderRejected, OrderRepeated
from trading.shapes.contracts import Contracts
from trading.shapes.orders import OrderState, order_of_event, order_of_view


def order_of_answer(answer: Answer, contracts: Contracts) -> OrderState | None:
    """Return the order after the whole command; None when the answer is about none.

    A repeated order shows when it was entered; when it was last changed is not known here.
    """
    view, event = answer.order, answer.event
    if view is not None:
        contract = contracts.by_id.get(view.instrument_id)
        if contract is None:
            return None
        order = order_of_view(view, contract=contract)
        if type(event) is OrderCanceled:
            order.cancel_reason = event.reason
    elif type(event) is OrderRejected:
        # A refused order never entered the book; its event brings it along.
        contract = contracts.by_id.get(event.instrument_id)
        if contract is None:
            return None
        order = order_of_event(event, contract=contract, trading_day=answer.trading_day)
        order.created_ns = answer.at_ns
    else:
        return None
    order.updated_ns = answer.at_ns
    if type(event) is OrderRepeated and not order.filled_qty:
        order.updated_ns = order.created_ns
    order.received_ns, order.acked_ns = answer.received_ns, answer.acked_ns
    order.seq = answer.seq
    return order
