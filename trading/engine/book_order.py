"""The order as the exchange sees it: the common ground of exchange and counter, which know nothing of each other.

The counter's own order (`counter/orders.py`) extends it. One object for both keeps a resting order small and saves an
index between the two.
"""

from __future__ import annotations

from typing import Final


class Level:
    """The queue of orders at one price, oldest first."""

    __slots__ = ("head", "price_ticks", "qty", "tail")

    def __init__(self, price_ticks: int) -> None:
        self.price_ticks: Final = price_ticks
        self.qty = 0
        self.head: BookOrder | None = None
        self.tail: BookOrder | None = None


class BookOrder:
    """An order as the exchange sees it: a node of the queue at its price."""

    __slots__ = (
        "display_qty",
        "group_key",
        "hidden_qty",
        "leaves_qty",
        "level",
        "next",
        "order_id",
        "prev",
        "price_ticks",
        "side",
    )

    def __init__(self, order_id: int, side: int, price_ticks: int, leaves_qty: int, group_key: int) -> None:
        self.order_id = order_id
        self.side = side
        self.price_ticks = price_ticks
        self.leaves_qty = leaves_qty  # of an iceberg at rest: the lots it shows
        self.hidden_qty = 0  # the lots it does not show
        self.display_qty = 0  # what each slice shows; 0: everything
        self.group_key = group_key  # equal keys are under one control and never trade with each other
        self.level: Level | None = None
        self.prev: BookOrder | None = None
        self.next: BookOrder | None = None
