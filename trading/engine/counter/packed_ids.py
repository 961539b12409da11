"""An account's client order ids as a snapshot holds them.

A day's snapshot may hold millions of ids, and everybody waits for the core while it is read. So the ids of a
recovered account stay packed until one of them is asked for: a sorted list of their check sums says whether that can
be. A check sum that two ids share costs the unpacking of one account, nothing else.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final
from zlib import crc32

import msgspec

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_ids: Final = msgspec.msgpack.Decoder(list[str]).decode
_decode_numbers: Final = msgspec.msgpack.Decoder(list[int]).decode
# A data folder never moves between byte orders: the database's own files would not survive it either.
_MARK: Final = "I"


class PackedIds:
    """Ids and the orders entered under them, oldest first, as the items of two MessagePack arrays."""

    __slots__ = ("count", "ids", "marks", "orders")

    def __init__(self, count: int, ids: bytes, orders: bytes, marks: bytes) -> None:
        self.count: Final = count
        self.ids: Final = ids
        self.orders: Final = orders
        self.marks: Final = array(_MARK, marks)

    def may_hold(self, client_order_id: str) -> bool:
        """False when the id is certainly none of these."""
        mark = _mark(client_order_id)
        at = bisect_left(self.marks, mark)
        return at < len(self.marks) and self.marks[at] == mark

    def unpacked(self) -> dict[str, int]:
        """Client order id → order id, oldest first."""
        head = _head(self.count)
        return dict(zip(_decode_ids(head + self.ids), _decode_numbers(head + self.orders), strict=True))


def packed(client_ids: dict[str, int], before: PackedIds | None) -> PackedIds:
    """Pack what an account has, behind what was packed before: the same bytes as if it had never been unpacked."""
    count = len(client_ids)
    head = len(_head(count))
    ids = _encode(list(client_ids))[head:]
    orders = _encode(list(client_ids.values()))[head:]
    marks: Iterable[int] = map(_mark, client_ids)
    if before is not None:
        count += before.count
        ids = before.ids + ids
        orders = before.orders + orders
        marks = [*before.marks, *marks]
    return PackedIds(count, ids, orders, array(_MARK, sorted(marks)).tobytes())


def _mark(client_order_id: str) -> int:
    return crc32(client_order_id.encode(errors="surrogatepass"))


def _head(count: int) -> bytes:
    """The head of a MessagePack array."""
    if count < 16:
        return bytes((0x90 | count,))
    if count < 1 << 16:
        return b"\xdc" + count.to_bytes(2, "big")
    return b"\xdd" + count.to_bytes(4, "big")
