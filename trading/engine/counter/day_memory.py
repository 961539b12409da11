"""What the counter remembers of the trading day's orders, so that a repeat gets the first answer.

A market maker enters millions of orders in a day, so an order costs one packed row here and its client order id one
entry in its account's dictionary.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

from trading.engine.terms import Terms

# Account, contract, side, offset, type, time in force, quantity, price, number of the command, its time.
_ROW: Final = Struct("<IIBBBBIIQQ")
_TERMS: Final = Struct("<IBBBBII")
_ENTRY: Final = Struct("<QQ")
_ACCOUNT: Final = Struct("<I")
ROW_SIZE: Final = _ROW.size
pack_row: Final = _ROW.pack


class DayMemory:
    """Rows by order number, from the first order of the day; refusals and special terms beside them."""

    __slots__ = ("first_order_id", "packed_before", "refusals", "rows", "terms")

    def __init__(self, first_order_id: int) -> None:
        self.first_order_id: Final = first_order_id
        self.packed_before = first_order_id  # orders below it came from a snapshot: their ids may lie packed
        self.rows = bytearray()  # each entered order appends one `pack_row`
        self.refusals: Final[dict[int, tuple[str, dict[str, int]]]] = {}
        self.terms: Final[dict[int, Terms]] = {}

    def account_of(self, order_id: int) -> int:
        """The account that entered an order today; 0 when no such order was entered today."""
        at = (order_id - self.first_order_id) * ROW_SIZE
        if not 0 <= at < len(self.rows):
            return 0
        account_id: int = _ACCOUNT.unpack_from(self.rows, at)[0]
        return account_id

    def entry_of(self, order_id: int) -> tuple[int, int]:
        """The number and the time (`at_ns`) of the command that entered an order."""
        at = (order_id - self.first_order_id + 1) * ROW_SIZE - _ENTRY.size
        seq, at_ns = _ENTRY.unpack_from(self.rows, at)
        return seq, at_ns

    def is_same(self, order_id: int, terms: tuple[int, int, int, int, int, int, int], special: Terms | None) -> bool:
        """Say whether an order was entered with exactly these terms: contract, side, … quantity, price."""
        at = (order_id - self.first_order_id) * ROW_SIZE + _ACCOUNT.size
        return _TERMS.unpack_from(self.rows, at) == terms and self.terms.get(order_id) == special
