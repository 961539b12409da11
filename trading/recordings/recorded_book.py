"""The book as the recording itself tells it: no matching, no money, only what was written down.

It shares no code with the engine's book, so that the two can judge each other.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import Final

from trading.engine.types import BUY, SELL


@dataclass(slots=True)
class Resting:
    """One order that rests in the recording."""

    side: int
    ticks: int
    qty: int


class RecordedBook:
    """Orders by id, and for each price of a side the queue, oldest first."""

    def __init__(self) -> None:
        self.orders: Final[dict[int, Resting]] = {}
        self._queues: Final[dict[tuple[int, int], dict[int, None]]] = {}
        self._prices: Final[dict[int, list[int]]] = {}

    def get(self, order_id: int) -> Resting | None:
        """An order, None when it does not rest."""
        return self.orders.get(order_id)

    def add(self, order_id: int, *, side: int, ticks: int, qty: int) -> None:
        """Put an order at the back of its queue."""
        self.orders[order_id] = Resting(side, ticks, qty)
        queue = self._queues.get((side, ticks))
        if queue is None:
            queue = self._queues[side, ticks] = {}
            insort(self._prices.setdefault(side, []), ticks)
        queue[order_id] = None

    def drop(self, order_id: int) -> None:
        """Take an order away."""
        order = self.orders.pop(order_id)
        queue = self._queues[order.side, order.ticks]
        del queue[order_id]
        if not queue:
            del self._queues[order.side, order.ticks]
            prices = self._prices[order.side]
            del prices[bisect_left(prices, order.ticks)]

    def modify(self, order_id: int, *, ticks: int, qty: int, filled: int) -> bool:
        """Change an order; True when it kept its place: not more lots than a fill has left, at the same price."""
        order = self.orders[order_id]
        if ticks == order.ticks and qty <= order.qty - filled:
            order.qty = qty
            return True
        self.drop(order_id)
        self.add(order_id, side=order.side, ticks=ticks, qty=qty)
        return False

    def queue(self, side: int, ticks: int) -> list[int]:
        """The orders at a price, first in line first."""
        return list(self._queues.get((side, ticks), ()))

    def level_qty(self, side: int, ticks: int) -> int:
        """Lots at a price."""
        return sum(self.orders[order_id].qty for order_id in self._queues.get((side, ticks), ()))

    def best(self, side: int) -> int | None:
        """The best price of a side."""
        prices = self._prices.get(side)
        return None if not prices else prices[-1] if side == BUY else prices[0]

    def prices(self, side: int) -> list[int]:
        """All prices of a side, best first."""
        prices = self._prices.get(side, [])
        return prices[::-1] if side == BUY else prices[:]

    def reached(self, side: int, ticks: int) -> list[int]:
        """Orders of the other side that an order at this price would meet."""
        other = SELL if side == BUY else BUY
        prices = [price for price in self._prices.get(other, ()) if (price <= ticks if side == BUY else price >= ticks)]
        return [order_id for price in prices for order_id in self._queues[other, price]]

    def is_crossed(self) -> bool:
        """Whether the best bid reaches the best ask."""
        bid, ask = self.best(BUY), self.best(SELL)
        return bid is not None and ask is not None and bid >= ask
