"""The book as everybody may see it, order by order, and what is told of every change of it.

Pure: the core's steps in (`trading.core.order_steps`), public messages out; the same steps give the same messages. The
lots that icebergs hide and the stops that wait are known here, because later steps build on them, and go no further.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from trading.core.order_steps import ENTERS, LEAVES, MOVES, PHASE, SHRINKS, TRADES, TRIGGERED, WAITS, Step
from trading.engine.types import BUY, SELL
from trading.engine.views import OrderBookView

# What is told of a book.
ADD: Final = "add"  # `order_id` stands at the back of its price with `qty` lots
CHANGE: Final = "change"  # `order_id` shows `qty` lots from now on and keeps its place
EXECUTE: Final = "execute"  # `qty` lots of `order_id` traded at `price_ticks`; `left` are still shown, 0: it is gone
DELETE: Final = "delete"  # `order_id` is gone
TRADE: Final = "trade"  # `qty` lots at `price_ticks`; `side` is that of the order that came second
PHASE_TOLD: Final = "phase"  # `qty` is the phase


class BookBroken(Exception):  # noqa: N818  (the name is the statement)
    """A step does not fit the book: steps were missed, and the book must be loaded anew."""


class Message(msgspec.Struct, gc=False, frozen=True):
    """One public message; fields that a kind does not name are 0."""

    kind: str
    seq: int
    order_id: int = 0
    side: int = 0
    price_ticks: int = 0
    qty: int = 0
    left: int = 0
    trade_id: int = 0


class Standing:
    """An order in the book, or one on its way there."""

    __slots__ = ("display_qty", "left", "order_id", "price_ticks", "shown", "side")

    def __init__(self, order_id: int, side: int, price_ticks: int, left: int, display_qty: int) -> None:
        self.order_id = order_id
        self.side = side
        self.price_ticks = price_ticks
        self.left = left  # all lots
        self.shown = 0  # those that everybody sees
        self.display_qty = display_qty

    def show_slice(self) -> None:
        """Show what an order that comes to the back of a queue shows."""
        self.shown = min(self.display_qty, self.left) if self.display_qty else self.left


Queues = dict[int, dict[int, Standing]]  # by price, oldest first: a dictionary keeps the order in which it was filled


class VisibleBook:
    """One contract's book.

    An event says that an order was accepted, none that it came to rest: whatever is left of it when its matching is
    over does. Until then it is `_coming`.
    """

    def __init__(self, view: OrderBookView) -> None:
        self.phase = view.phase
        self.sides: dict[int, Queues] = {BUY: {}, SELL: {}}
        self._orders: dict[int, Standing] = {}
        self._waiting: dict[int, tuple[int, int]] = {number: (side, slice_) for number, side, slice_ in view.waiting}
        self._coming: Standing | None = None
        self._coming_seq = 0
        self._told: list[Message] = []
        for side, levels in ((BUY, view.bids), (SELL, view.asks)):
            for price_ticks, orders in levels:
                for order_id, left, shown, display_qty in orders:
                    order = Standing(order_id, side, price_ticks, left, display_qty)
                    order.shown = shown
                    self._put(order)

    def take(self, steps: list[Step]) -> list[Message]:
        """Take the steps of whole commands and return what is told of them.

        Raises `BookBroken` when a step does not fit the book: then some were missed.
        """
        for step in steps:
            if step.seq != self._coming_seq:
                self._arrive()
                self._coming_seq = step.seq
            self._step(step)
        self._arrive()
        told, self._told = self._told, []
        return told

    def levels(self, side: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
        """List (price, [(order, lots shown), …]), the best price first, each queue oldest first."""
        queues = self.sides[side]
        for price_ticks in sorted(queues, reverse=side == BUY):
            yield price_ticks, [(order.order_id, order.shown) for order in queues[price_ticks].values()]

    def _step(self, step: Step) -> None:
        kind = step.kind
        if kind == ENTERS:
            self._arrive()
            self._coming = Standing(step.order_id, step.side, step.price_ticks, step.qty, step.display_qty)
        elif kind == TRADES:
            self._trade(step)
        elif kind == LEAVES:
            self._leave(step)
        elif kind == SHRINKS:
            self._shrink(step)
        elif kind == MOVES:
            self._arrive()
            order = self._order(step.order_id)
            self._drop(order)
            self._told.append(Message(DELETE, step.seq, order.order_id))
            self._coming = Standing(order.order_id, order.side, step.price_ticks, step.qty, order.display_qty)
        elif kind == WAITS:
            self._waiting[step.order_id] = (step.side, step.display_qty)
        elif kind == TRIGGERED:
            self._arrive()
            if step.order_id not in self._waiting:
                raise BookBroken(f"stop {step.order_id} did not wait")
            side, display_qty = self._waiting.pop(step.order_id)
            self._coming = Standing(step.order_id, side, step.price_ticks, step.qty, display_qty)
        elif kind == PHASE and step.qty != self.phase:
            self.phase = step.qty
            self._told.append(Message(PHASE_TOLD, step.seq, qty=step.qty))

    def _arrive(self) -> None:
        """What is left of the order on its way comes to rest: its matching is over."""
        order, self._coming = self._coming, None
        if order is not None and order.left:
            self._rest(order, seq=self._coming_seq)

    def _rest(self, order: Standing, *, seq: int) -> None:
        order.show_slice()
        self._put(order)
        self._told.append(Message(ADD, seq, order.order_id, order.side, order.price_ticks, order.shown))

    def _trade(self, step: Step) -> None:
        """The order on its way meets one at rest; in an auction both are at rest."""
        if self._coming is not None and self._coming.order_id != step.other_id:
            self._arrive()
        self._told.append(Message(TRADE, step.seq, 0, step.side, step.price_ticks, step.qty, trade_id=step.trade_id))
        for order_id, left in ((step.order_id, step.left), (step.other_id, step.other_left)):
            coming = self._coming
            if coming is not None and coming.order_id == order_id:
                coming.left -= step.qty
                _must_be(coming.left == left, order_id)
            else:
                self._execute(self._order(order_id), step, left=left)

    def _execute(self, order: Standing, step: Step, *, left: int) -> None:
        order.left -= step.qty
        order.shown -= step.qty
        _must_be(order.left == left and order.shown >= 0, order.order_id)
        self._told.append(
            Message(
                EXECUTE, step.seq, order.order_id, order.side, step.price_ticks, step.qty, order.shown, step.trade_id
            )
        )
        if order.shown == 0:
            self._drop(order)
            if order.left:
                self._rest(order, seq=step.seq)

    def _leave(self, step: Step) -> None:
        order_id = step.order_id
        if self._coming is not None and self._coming.order_id == order_id:
            self._coming = None
        elif order_id in self._waiting:
            del self._waiting[order_id]
        else:
            self._drop(self._order(order_id))
            self._told.append(Message(DELETE, step.seq, order_id))

    def _shrink(self, step: Step) -> None:
        """Less of an order: hidden lots go first."""
        if step.order_id in self._waiting:
            return
        order = self._order(step.order_id)
        shown = order.shown - max(0, order.left - step.qty - (order.left - order.shown))
        order.left = step.qty
        if shown != order.shown:
            order.shown = shown
            self._told.append(Message(CHANGE, step.seq, order.order_id, order.side, order.price_ticks, shown))

    def _order(self, order_id: int) -> Standing:
        order = self._orders.get(order_id)
        if order is None:
            raise BookBroken(f"order {order_id} is not in the visible book")
        return order

    def _put(self, order: Standing) -> None:
        self.sides[order.side].setdefault(order.price_ticks, {})[order.order_id] = order
        self._orders[order.order_id] = order

    def _drop(self, order: Standing) -> None:
        queues = self.sides[order.side]
        queue = queues[order.price_ticks]
        del queue[order.order_id]
        if not queue:
            del queues[order.price_ticks]
        del self._orders[order.order_id]


def _must_be(fits: bool, order_id: int) -> None:
    if not fits:
        raise BookBroken(f"order {order_id} has other lots than the trade says")
