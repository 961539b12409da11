"""The naive twin of the book: a plain list of orders, searched from end to end for every question.

It shares no code with `book` and `matching` and knows no speed, so that what both say is right. Generated orders run
through both in the tests.
"""

from __future__ import annotations

from dataclasses import dataclass

BUY_SIDE = 1


@dataclass
class Entry:
    """One resting order, with its turn: the lower, the earlier at one price."""

    order_id: int
    side: int
    price_ticks: int
    qty: int
    group: int
    turn: int


@dataclass(frozen=True)
class Outcome:
    """What became of an entered order: (maker, price, lots) for each fill, lots left, stopped by an own order."""

    fills: list[tuple[int, int, int]]
    left: int
    stopped: bool


class ReferenceBook:
    """Price-time priority told as simply as it can be told."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.turn = 0

    def _meets(self, *, side: int, price_ticks: int) -> list[Entry]:
        """Opposite orders that the price reaches, in the order in which they trade."""
        buying = side == BUY_SIDE
        reached = [
            entry
            for entry in self.entries
            if entry.side != side and (entry.price_ticks <= price_ticks if buying else entry.price_ticks >= price_ticks)
        ]
        return sorted(reached, key=lambda entry: (entry.price_ticks if buying else -entry.price_ticks, entry.turn))

    def enter(self, *, order_id: int, side: int, price_ticks: int, qty: int, group: int, rests: bool) -> Outcome:
        """Trade what can be traded; let the rest stand when it may."""
        fills: list[tuple[int, int, int]] = []
        stopped = False
        for maker in self._meets(side=side, price_ticks=price_ticks):
            if qty == 0:
                break
            if maker.group == group:
                stopped = True
                break
            lots = min(qty, maker.qty)
            fills.append((maker.order_id, maker.price_ticks, lots))
            qty -= lots
            maker.qty -= lots
        self.entries = [entry for entry in self.entries if entry.qty > 0]
        if qty and rests and not stopped:
            self.turn += 1
            self.entries.append(Entry(order_id, side, price_ticks, qty, group, self.turn))
        return Outcome(fills, qty, stopped)

    def fillable(self, *, side: int, price_ticks: int, qty: int, group: int) -> int:
        """Lots that would trade now."""
        found = 0
        for maker in self._meets(side=side, price_ticks=price_ticks):
            if maker.group == group:
                break
            found += maker.qty
        return min(found, qty)

    def cancel(self, order_id: int) -> bool:
        """Take an order out; False when it does not stand here."""
        before = len(self.entries)
        self.entries = [entry for entry in self.entries if entry.order_id != order_id]
        return len(self.entries) < before

    def reduce(self, order_id: int, qty: int) -> None:
        """Lower what is left of an order; it keeps its turn."""
        for entry in self.entries:
            if entry.order_id == order_id:
                entry.qty = qty

    def depth(self, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Best bids and asks as (price, lots)."""
        sums: dict[tuple[int, int], int] = {}
        for entry in self.entries:
            key = (entry.side, entry.price_ticks)
            sums[key] = sums.get(key, 0) + entry.qty
        bids = sorted(((p, q) for (side, p), q in sums.items() if side == BUY_SIDE), reverse=True)
        asks = sorted((p, q) for (side, p), q in sums.items() if side != BUY_SIDE)
        return bids[:levels], asks[:levels]
