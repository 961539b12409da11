"""The order book of one contract: price levels in a dictionary, their prices in a sorted list, best level at hand.

Adding, cancelling and matching cost nothing in the number of resting orders. Only a price that appears or empties
touches the sorted list, and the price band bounds how many prices there can be.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final

from trading.engine.book_order import BookOrder, Level
from trading.engine.types import BUY


def show_next(level: Level, order: BookOrder) -> None:
    """The lots that an iceberg at the head of a queue showed are gone: its next slice goes to the back."""
    shown = order.display_qty if order.display_qty < order.hidden_qty else order.hidden_qty
    order.hidden_qty -= shown
    order.leaves_qty = shown
    level.qty += shown
    tail, after = level.tail, order.next
    if tail is None or after is None:
        return  # alone: the back is where it stands
    level.head = after
    after.prev = None
    tail.next = order
    order.prev = tail
    order.next = None
    level.tail = order


class BookSide:
    """One side of the book. Keys are prices for bids and negated prices for asks, so the best key is the last."""

    __slots__ = ("best", "keys", "levels", "sign")

    def __init__(self, sign: int) -> None:
        self.sign: Final = sign
        self.levels: dict[int, Level] = {}
        self.keys: list[int] = []
        self.best: Level | None = None

    def add(self, order: BookOrder) -> None:
        """Put an order at the back of the queue of its price."""
        price_ticks = order.price_ticks
        level = self.levels.get(price_ticks)
        if level is None:
            level = self._open_level(price_ticks)
        tail = level.tail
        if tail is None:
            level.head = order
        else:
            tail.next = order
            order.prev = tail
        level.tail = order
        level.qty += order.leaves_qty
        order.level = level

    def _open_level(self, price_ticks: int) -> Level:
        level = Level(price_ticks)
        self.levels[price_ticks] = level
        keys = self.keys
        key = price_ticks * self.sign
        if not keys or key > keys[-1]:
            keys.append(key)
            self.best = level
        else:
            insort(keys, key)
        return level

    def drop(self, level: Level) -> None:
        """Forget a level that has emptied."""
        keys = self.keys
        del self.levels[level.price_ticks]
        if level is self.best:
            keys.pop()
            self.best = self.levels[keys[-1] * self.sign] if keys else None
        else:
            del keys[bisect_left(keys, level.price_ticks * self.sign)]

    def top(self, count: int) -> list[tuple[int, int]]:
        """List (price, quantity) of the best levels, best first."""
        sign, levels = self.sign, self.levels
        return [(key * sign, levels[key * sign].qty) for key in self.keys[: -count - 1 : -1]]


class Book:
    """Both sides of one contract's book."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids: Final = BookSide(1)
        self.asks: Final = BookSide(-1)

    def add(self, order: BookOrder) -> None:
        """Let an order rest."""
        if order.side == BUY:
            self.bids.add(order)
        else:
            self.asks.add(order)

    def remove(self, order: BookOrder) -> None:
        """Take a resting order out of the book."""
        level = order.level
        if level is None:
            return
        before, after = order.prev, order.next
        if before is None:
            level.head = after
        else:
            before.next = after
        if after is None:
            level.tail = before
        else:
            after.prev = before
        level.qty -= order.leaves_qty
        order.level = None
        order.prev = None
        order.next = None
        if level.head is None:
            if order.side == BUY:
                self.bids.drop(level)
            else:
                self.asks.drop(level)

    def reduce(self, order: BookOrder, leaves_qty: int) -> None:
        """Lower what is left of a resting order; it keeps its place."""
        level = order.level
        if level is not None:
            level.qty -= order.leaves_qty - leaves_qty
        order.leaves_qty = leaves_qty

    def is_crossed(self) -> bool:
        """Say whether a bid reaches an ask: only while an auction collects orders."""
        bid, ask = self.bids.best, self.asks.best
        return bid is not None and ask is not None and bid.price_ticks >= ask.price_ticks

    def depth(self, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """List the best bids and asks as (price, quantity)."""
        count = max(levels, 0)
        return self.bids.top(count), self.asks.top(count)
