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
_decode_part: Final = msgspec.msgpack.Decoder(tuple[int, bytes, bytes, bytes]).decode
# A data folder never moves between byte orders: the database's own files would not survive it either.
_MARK: Final = "I"
_NUMBER: Final = "Q"


class Shelf:
    """The ids of a stretch of the day's orders, by account."""

    __slots__ = ("_accounts", "_ends", "_parts")

    def __init__(self, accounts: bytes, ends: bytes, parts: bytes) -> None:
        self._accounts: Final = array(_NUMBER, accounts)
        self._ends: Final = array(_NUMBER, ends)
        self._parts: Final = parts

    def part_of(self, account_id: int) -> bytes:
        """What an account has here, as `written` gives it; nothing when it entered no order in the stretch."""
        at = bisect_left(self._accounts, account_id)
        if at == len(self._accounts) or self._accounts[at] != account_id:
            return b""
        return self._parts[self._ends[at - 1] if at else 0 : self._ends[at]]


class PackedIds:
    """Ids and the orders entered under them, oldest first, as the items of two MessagePack arrays.

    What lies on shelves is gathered when it is first asked for.
    """

    __slots__ = ("_account_id", "_shelves", "count", "ids", "marks", "orders")

    def __init__(
        self,
        count: int,
        ids: bytes,
        orders: bytes,
        marks: bytes,
        account_id: int = 0,
        shelves: list[Shelf] | None = None,
    ) -> None:
        self.count = count
        self.ids = ids
        self.orders = orders
        self.marks = array(_MARK, marks)
        self._account_id: Final = account_id
        self._shelves = shelves

    def gather(self) -> None:
        """Take this account's part from every shelf."""
        shelves = self._shelves
        if shelves is None:
            return
        self._shelves = None
        found: list[tuple[int, bytes, bytes, bytes]] = []
        for shelf in shelves:
            part = shelf.part_of(self._account_id)
            if part:
                found.append(_decode_part(part))
        self.count = sum([part[0] for part in found])
        self.ids = b"".join([part[1] for part in found])
        self.orders = b"".join([part[2] for part in found])
        self.marks = array(_MARK, sorted(array(_MARK, b"".join([part[3] for part in found]))))

    def may_hold(self, client_order_id: str) -> bool:
        """False when the id is certainly none of these."""
        self.gather()
        mark = _mark(client_order_id)
        at = bisect_left(self.marks, mark)
        return at < len(self.marks) and self.marks[at] == mark

    def unpacked(self) -> dict[str, int]:
        """Client order id → order id, oldest first."""
        self.gather()
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
        before.gather()
        count += before.count
        ids = before.ids + ids
        orders = before.orders + orders
        marks = [*before.marks, *marks]
    return PackedIds(count, ids, orders, array(_MARK, sorted(marks)).tobytes())


def written(packed_ids: PackedIds) -> bytes:
    """Write what one account has on a shelf."""
    return _encode((packed_ids.count, packed_ids.ids, packed_ids.orders, packed_ids.marks.tobytes()))


def numbers(values: list[int]) -> bytes:
    """Write account numbers, or the ends of parts, for a shelf."""
    return array(_NUMBER, values).tobytes()


def _mark(client_order_id: str) -> int:
    return crc32(client_order_id.encode(errors="surrogatepass"))


def _head(count: int) -> bytes:
    """The head of a MessagePack array."""
    if count < 16:
        return bytes((0x90 | count,))
    if count < 1 << 16:
        return b"\xdc" + count.to_bytes(2, "big")
    return b"\xdd" + count.to_bytes(4, "big")
