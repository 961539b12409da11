"""Compares the engine's fills with the exchange's and sorts each trade into one of four classes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

Fills = list[tuple[int, int, int]]  # (resting order, price, lots)


class Outcome(msgspec.Struct, kw_only=True):
    """What a replay found, in the order in which it is printed.

    Every trade is exact (same orders, prices and lots, in the same sequence), iceberg (right, once the lots that an
    order had hidden are counted), reordered (right, in another sequence within its moment) or other. An auction's print
    is no such trade. `self_match` counts the resting orders that the engine's self-trade prevention cancelled.
    """

    trades: int = 0
    exact_fills: int = 0
    iceberg: int = 0
    reordered: int = 0
    self_match: int = 0
    other: int = 0
    crossed_in_continuous: int = 0
    best_bid: Decimal | None = None
    best_ask: Decimal | None = None
    open_orders: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Verdict:
    """One trade: what was recorded, what the engine did, and whether hidden lots took part."""

    line: int
    recorded: Fills
    engine: Fills
    hidden: bool


def merged(fills: Fills) -> Fills:
    """Fills of one order at one price as one, at the place of the first: an iceberg is filled slice by slice."""
    sums: dict[tuple[int, int], int] = {}
    for order_id, ticks, qty in fills:
        sums[order_id, ticks] = sums.get((order_id, ticks), 0) + qty
    return [(order_id, ticks, qty) for (order_id, ticks), qty in sums.items()]


class Judge:
    """Takes trades as they come and decides at the end of each packet."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome: Final = outcome
        self.others: Final[list[Verdict]] = []
        self._open: list[Verdict] = []

    def compare(self, verdict: Verdict) -> None:
        """Take one trade."""
        self.outcome.trades += 1
        if not verdict.hidden and verdict.recorded == verdict.engine:
            self.outcome.exact_fills += 1
        else:
            self._open.append(verdict)

    def close_packet(self) -> None:
        """Decide what was not exact: the fills of a moment may be right together where one by one they are not."""
        unequal = [
            verdict for verdict in self._open if sorted(merged(verdict.engine)) != sorted(merged(verdict.recorded))
        ]
        together = unequal and _sums(unequal, "recorded") == _sums(unequal, "engine")
        for verdict in self._open:
            if verdict in unequal and not together:
                self.outcome.other += 1
                self.others.append(verdict)
            elif verdict.hidden:
                self.outcome.iceberg += 1
            else:
                self.outcome.reordered += 1
        self._open = []


def _sums(verdicts: list[Verdict], which: str) -> Counter[tuple[int, int]]:
    sums: Counter[tuple[int, int]] = Counter()
    for verdict in verdicts:
        for order_id, ticks, qty in getattr(verdict, which):
            sums[order_id, ticks] += qty
    return sums
