"""What the counter remembers of the trading day's orders, so that a repeat gets the first answer.

A market maker enters millions of orders in a day, so an order costs four machine words here and its client order id one
entry in its account's dictionary.
"""

from __future__ import annotations

from array import array
from typing import Final

WORDS: Final = 4  # account, journal number, terms, size


def pack_terms(instrument_id: int, side: int, offset: int, order_type: int, time_in_force: int) -> int:
    """Everything of an order but its size, in one word."""
    return (((instrument_id * 4 + side) * 16 + offset) * 4 + order_type) * 4 + time_in_force


def pack_size(qty: int, price_ticks: int) -> int:
    """Quantity and price in one word; both are below 2^31."""
    return (qty << 32) + price_ticks


class DayMemory:
    """Rows by order number, from the first order of the day; refusals beside them."""

    __slots__ = ("first_order_id", "refusals", "rows")

    def __init__(self, first_order_id: int) -> None:
        self.first_order_id: Final = first_order_id
        self.rows: array[int] = array("q")
        self.refusals: Final[dict[int, tuple[str, dict[str, int]]]] = {}

    def keep(
        self,
        account_id: int,
        seq: int,
        instrument_id: int,
        side: int,
        offset: int,
        order_type: int,
        time_in_force: int,
        qty: int,
        price_ticks: int,
    ) -> None:
        """Remember the next order. The packing is written out: two calls would cost as much as the row."""
        self.rows.extend(
            (
                account_id,
                seq,
                (((instrument_id * 4 + side) * 16 + offset) * 4 + order_type) * 4 + time_in_force,
                (qty << 32) + price_ticks,
            )
        )

    def account_of(self, order_id: int) -> int:
        """The account that entered an order today; 0 when no such order was entered today."""
        at = (order_id - self.first_order_id) * WORDS
        return self.rows[at] if 0 <= at < len(self.rows) else 0

    def seq_of(self, order_id: int) -> int:
        """The number of the command that entered an order."""
        return self.rows[(order_id - self.first_order_id) * WORDS + 1]

    def is_same(self, order_id: int, terms: int, size: int) -> bool:
        """Say whether an order was entered with exactly these terms."""
        at = (order_id - self.first_order_id) * WORDS
        return self.rows[at + 2] == terms and self.rows[at + 3] == size
