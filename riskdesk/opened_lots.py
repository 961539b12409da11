"""Lots of one direction of one contract that were opened today, as trades tell them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator


class OpenedLots:
    """Opening prices and lots, oldest first. The oldest are closed first, so what is left are always the newest."""

    __slots__ = ("_lots", "_qty")

    def __init__(self) -> None:
        self._lots: deque[tuple[int, int]] = deque()
        self._qty = 0

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(self._lots)

    def add(self, price_ticks: int, qty: int) -> None:
        """Lots were opened."""
        self._lots.append((price_ticks, qty))
        self._qty += qty

    def keep(self, qty: int) -> None:
        """Keep the newest `qty` lots; the older ones have been closed or are no longer today's."""
        while self._qty > qty:
            price_ticks, lots = self._lots.popleft()
            left = max(0, lots - (self._qty - qty))
            self._qty -= lots - left
            if left:
                self._lots.appendleft((price_ticks, left))
