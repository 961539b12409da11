"""Lots of one direction of one contract that were opened today, as trades tell them."""

from __future__ import annotations

from collections import deque

from trading.engine.counter.contracts import Contract, Tariff
from trading.engine.counter.liquidations import lots_exchange_fen


class OpenedLots:
    """Opening prices and lots, oldest first. The oldest are closed first, so what is left are always the newest.

    A busy account has thousands of them and its figures are asked for ten times a second, so their margin is carried
    on by what came and went, and made anew only when the contract has other terms.
    """

    __slots__ = ("_changes", "_lots", "_margin_fen", "_qty", "_tariff")

    def __init__(self) -> None:
        self._lots: deque[tuple[int, int]] = deque()
        self._qty = 0
        self._changes: list[tuple[int, int]] = []  # lots that came, and with a minus those that went, since
        self._margin_fen = 0
        self._tariff: Tariff | None = None  # by which the margin was made

    def add(self, price_ticks: int, qty: int) -> None:
        """Lots were opened."""
        self._lots.append((price_ticks, qty))
        self._changes.append((price_ticks, qty))
        self._qty += qty

    def keep(self, qty: int) -> None:
        """Keep the newest `qty` lots; the older ones have been closed or are no longer today's."""
        while self._qty > qty:
            price_ticks, lots = self._lots.popleft()
            left = max(0, lots - (self._qty - qty))
            self._qty -= lots - left
            self._changes.append((price_ticks, left - lots))
            if left:
                self._lots.appendleft((price_ticks, left))

    def margin_fen(self, contract: Contract, side: int) -> int:
        """Return the exchange's margin of what is left."""
        if self._tariff is contract.base:
            self._margin_fen += lots_exchange_fen(contract, side, 0, self._changes)
        else:
            self._tariff = contract.base
            self._margin_fen = lots_exchange_fen(contract, side, 0, self._lots)
        self._changes.clear()
        return self._margin_fen
