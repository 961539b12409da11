"""What one participant has in the market, as the core's events tell it."""

from __future__ import annotations

from dataclasses import dataclass

from trading.engine import events as ev
from trading.engine.all_events import AnyEvent
from trading.engine.types import OPEN


@dataclass(slots=True)
class OwnOrder:
    """A working order of ours."""

    order_id: int
    instrument_id: int
    side: int
    price_ticks: int
    leaves_qty: int
    closes: bool  # its lots are frozen out of a position: it can shrink, not grow
    filled_qty: int = 0
    busy: bool = False  # a cancel or a change of it is under way


class OwnOrders:
    """Working orders of one account, and how many of ours are still on their way."""

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        self.working: dict[int, OwnOrder] = {}
        self.on_the_way: dict[str, tuple[int, int, int]] = {}  # client id → (instrument, side, price)
        self.refused = 0
        self.last_refusal = ""

    def clear(self) -> None:
        """Forget everything: the connection was lost, and what stands in the book will be cancelled."""
        self.working.clear()
        self.on_the_way.clear()

    def standing(self, *, instrument_id: int, side: int) -> list[OwnOrder]:
        """Return our orders on one side of a contract that nothing is under way for."""
        return [
            order
            for order in self.working.values()
            if order.instrument_id == instrument_id and order.side == side and not order.busy
        ]

    def expected(self, *, instrument_id: int, side: int) -> set[int]:
        """Return the prices at which orders or changes of ours are about to arrive."""
        return {price for number, way, price in self.on_the_way.values() if number == instrument_id and way == side}

    def apply(self, event: AnyEvent) -> None:
        """Take one private event; those of other accounts change nothing."""
        if isinstance(event, ev.Trade):
            for leg in (event.maker, event.taker):
                if leg.account_id == self.account_id:
                    self._filled(leg)
        elif isinstance(event, ev.OrderAccepted) and event.account_id == self.account_id:
            self.on_the_way.pop(event.client_order_id, None)
            self.working[event.order_id] = OwnOrder(
                event.order_id, event.instrument_id, event.side, event.price_ticks, event.qty, event.offset != OPEN
            )
        elif isinstance(event, ev.OrderRejected) and event.account_id == self.account_id:
            self.on_the_way.pop(event.client_order_id, None)
            self.refused += 1
            self.last_refusal = event.code
        elif isinstance(event, ev.OrderCanceled) and event.account_id == self.account_id:
            self.working.pop(event.order_id, None)
            self.on_the_way.pop(change_key(event.order_id), None)
        elif isinstance(event, ev.OrderReplaced) and event.account_id == self.account_id:
            self._replaced(event)

    def _filled(self, leg: ev.Leg) -> None:
        order = self.working.get(leg.order_id)
        if order is None:
            return
        order.leaves_qty, order.filled_qty = leg.order_leaves_qty, leg.order_filled_qty
        if not order.leaves_qty:
            del self.working[leg.order_id]
            self.on_the_way.pop(change_key(leg.order_id), None)

    def _replaced(self, event: ev.OrderReplaced) -> None:
        self.on_the_way.pop(change_key(event.order_id), None)
        order = self.working.get(event.order_id)
        if order is not None:
            order.price_ticks, order.filled_qty = event.price_ticks, event.filled_qty
            order.leaves_qty, order.busy = event.qty - event.filled_qty, False


def change_key(order_id: int) -> str:
    """Return the name under which a change of an order is on its way."""
    return f"change-{order_id}"
