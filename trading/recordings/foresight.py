"""What only a look ahead can tell: which orders were under one control, and when an auction was on.

Exchanges do not publish who stands behind an order. A resting order that is cancelled unfilled at the very moment of a
trade against its side, or of an order that reaches its price, was in that order's way and under the same control
(self-match prevention, cancel resting).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from trading.engine.types import BUY
from trading.recordings.recorded_book import RecordedBook, Resting
from trading.recordings.records import ADD, CLEAR, FILL, MODIFY, PRINT, REMOVE, Packet, Record


@dataclass(slots=True)
class Foresight:
    """`groups`: order id → control group. `auctions`: packet with an auction's print → packet from which it was on.

    A recording that ends crossed, before any trade, is all pre-open: `is_pre_open`.
    """

    groups: dict[int, int] = field(default_factory=dict)
    auctions: dict[int, int] = field(default_factory=dict)
    is_pre_open: bool = False

    @property
    def entries(self) -> set[int]:
        """The packets at which an auction begins to collect orders."""
        return {0} if self.is_pre_open else set(self.auctions.values())


def look_ahead(packets: list[Packet]) -> Foresight:
    """Read the whole recording once."""
    found, book, joins = Foresight(), RecordedBook(), _Joins()
    since = 0  # after the last trade that had an aggressor
    for index, packet in enumerate(packets):
        prints = [record for record in packet.records if record.kind == PRINT]
        if len(packet.records) > 1:
            _join_controlled(packet.records, book, joins)
        if any(record.side for record in prints):
            since = index + 1
        elif prints and book.is_crossed():
            found.auctions[index] = since
            since = index + 1
        for record in packet.records:
            keep(book, record)
    found.is_pre_open = since == 0 and book.is_crossed()
    found.groups = joins.numbered()
    return found


def keep(book: RecordedBook, record: Record) -> None:
    """Keep a book by what is written, whatever is wrong with it."""
    order = book.get(record.order_id)
    if record.kind == CLEAR:
        for order_id in list(book.orders):
            book.drop(order_id)
    elif record.kind in (ADD, MODIFY):
        if order is not None:
            book.drop(record.order_id)
        book.add(record.order_id, side=record.side, ticks=record.price, qty=record.qty)
    elif record.kind == REMOVE and order is not None:
        if 0 < record.qty < order.qty:
            order.qty -= record.qty
        else:
            book.drop(record.order_id)


def _join_controlled(records: list[Record], book: RecordedBook, joins: _Joins) -> None:
    filled = {record.order_id for record in records if record.kind == FILL}
    coming = [record for record in records if record.kind in (ADD, MODIFY, PRINT) and record.side and record.order_id]
    takers = {record.order_id for record in coming if record.kind == PRINT}
    for record in records:
        order = book.get(record.order_id)
        if record.kind != REMOVE or order is None or record.order_id in filled or record.order_id in takers:
            continue
        if 0 < record.qty < order.qty:
            continue
        for taker in coming:
            if taker.side != order.side and (taker.kind == PRINT or _reaches(taker, order)):
                joins.join(taker.order_id, record.order_id)


def _reaches(record: Record, order: Resting) -> bool:
    return record.price >= order.ticks if record.side == BUY else record.price <= order.ticks


class _Joins:
    """Sets of order ids that are joined two at a time."""

    def __init__(self) -> None:
        self._parents: dict[int, int] = {}

    def _root(self, order_id: int) -> int:
        parents = self._parents
        while (parent := parents.setdefault(order_id, order_id)) != order_id:
            parents[order_id] = order_id = parents[parent]
        return order_id

    def join(self, one: int, other: int) -> None:
        self._parents[self._root(other)] = self._root(one)

    def numbered(self) -> dict[int, int]:
        numbers: dict[int, int] = {}
        return {order_id: numbers.setdefault(self._root(order_id), len(numbers) + 1) for order_id in self._parents}
