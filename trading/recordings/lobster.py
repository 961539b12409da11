"""LOBSTER's message file, and the order book file beside it when there is one.

A line is `seconds after midnight, type, order id, size, price in 1/10,000, direction`. Types: 1 new, 2 partly
cancelled, 3 deleted, 4 visible execution of the resting order, 5 execution of a hidden one, 6 cross trade, 7 halt. Of
the last three nothing can be played: nobody saw those orders.

The file begins in the middle of a day. With the order book file the orders from before are known as levels: each is
entered as one order, and messages about ids never seen act upon it. Levels that come into sight at the far end later
on are taken over in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

from trading.engine.types import BUY, SELL
from trading.recordings.files import numbered_rows, shape_problem
from trading.recordings.foresight import keep
from trading.recordings.recorded_book import RecordedBook
from trading.recordings.records import ADD, E9, FILL, PRINT, REMOVE, Levels, Packet, Record, Recording

EXPECTED: Final = "6 columns: seconds after midnight, type 1 to 7, order id, size, price in 1/10,000, direction 1 or -1"
_E9_OF_E4: Final = 100_000
_NEW, _PART, _DELETE, _VISIBLE = 1, 2, 3, 4
_FIRST_OLD_ID: Final = 1 << 60  # above every id of an exchange
_DUMMY: Final = 9_999_999_999  # stands where a level is empty


class _Message:
    """One line, read."""

    __slots__ = ("at_ns", "kind", "line", "order_id", "price", "qty", "side")

    def __init__(self, line: int, row: Sequence[str]) -> None:
        seconds, kind, order, size, price, direction = row
        self.line = line
        self.at_ns = int(Decimal(seconds) * E9)
        self.kind, self.order_id, self.qty = int(kind), int(order), int(size)
        self.price = int(price) * _E9_OF_E4
        self.side = {"1": BUY, "-1": SELL}[direction.strip()]
        if not 1 <= self.kind <= 7 or (self.kind <= _VISIBLE and self.qty <= 0):
            raise ValueError


def read(path: Path) -> Recording:
    """Read a message file; `…orderbook…` beside `…message…` is read with it."""
    reader = _Reader(Recording(path.name, []))
    books = numbered_rows(beside) if (beside := _beside(path)) is not None else None
    for line, row in numbered_rows(path):
        try:
            message = _Message(line, row)
        except (ValueError, KeyError, InvalidOperation):
            raise shape_problem(path, line, EXPECTED, row) from None
        levels = None
        if books is not None and beside is not None:
            levels = _levels(beside, line, next(books, (0, []))[1])
        reader.take(message, levels)
    return reader.recording


def _beside(path: Path) -> Path | None:
    name = path.name.replace("message", "orderbook")
    for candidate in (name, name.removesuffix(".gz"), f"{name}.gz"):
        other = path.with_name(candidate)
        if name != path.name and other.is_file():
            return other
    return None


def _levels(path: Path, line: int, row: Sequence[str]) -> tuple[Levels, Levels]:
    """(bids, asks) of one row, best first."""
    if not row or len(row) % 4:
        raise shape_problem(
            path, line, "as many rows as messages, each of ask price, ask size, bid price, bid size", row
        )
    try:
        numbers = [int(text) for text in row]
    except ValueError:
        raise shape_problem(path, line, "whole numbers", row) from None
    asks = list(zip(numbers[0::4], numbers[1::4], strict=True))
    bids = list(zip(numbers[2::4], numbers[3::4], strict=True))
    sides = [[(price * _E9_OF_E4, qty) for price, qty in side if abs(price) != _DUMMY] for side in (bids, asks)]
    return sides[0], sides[1]


class _Reader:
    """Turns messages into packets, keeping the book to know which orders are from before."""

    def __init__(self, recording: Recording) -> None:
        self.recording: Final = recording
        self._book = RecordedBook()
        self._old: dict[tuple[int, int], int] = {}  # (side, price) → the order that stands for what was there before
        self._next_id = _FIRST_OLD_ID
        self._edges: dict[int, int] = {}  # worst price in sight, where there may be more behind it

    def take(self, message: _Message, levels: tuple[Levels, Levels] | None) -> None:
        if levels is not None and not self.recording.packets:
            self._begin(message, levels)
        packet = Packet(message.at_ns, [])
        self.recording.packets.append(packet)
        self._translate(message, packet)
        if levels is not None:
            packet.bids, packet.asks = levels
            for side, rows in ((BUY, levels[0]), (SELL, levels[1])):
                self._look_behind(message.line, side, rows, packet)

    def _begin(self, message: _Message, levels: tuple[Levels, Levels]) -> None:
        """The book before the first message: the first row, less what the message did."""
        packet = Packet(message.at_ns, [])
        self.recording.packets.append(packet)
        for side, rows in ((BUY, levels[0]), (SELL, levels[1])):
            before = dict(rows)
            if side == message.side and message.kind <= _VISIBLE:
                change = -message.qty if message.kind == _NEW else message.qty
                before[message.price] = before.get(message.price, 0) + change
            for price, qty in before.items():
                if qty > 0:
                    self._stand_in(message.line, side, price, qty, packet)
            if rows:
                self._edges[side] = rows[-1][0]

    def _emit(self, packet: Packet, record: Record) -> None:
        packet.records.append(record)
        keep(self._book, record)

    def _stand_in(self, line: int, side: int, price: int, qty: int, packet: Packet) -> None:
        self._old[side, price] = self._next_id
        self._emit(packet, Record(ADD, line, self._next_id, side, price, qty))
        self._next_id += 1

    def _translate(self, message: _Message, packet: Packet) -> None:
        line, side, price, qty = message.line, message.side, message.price, message.qty
        if message.kind > _VISIBLE:
            self.recording.note("messages about hidden orders, crosses and halts, not played")
            return
        if message.kind == _NEW:
            self._emit(packet, Record(ADD, line, message.order_id, side, price, qty))
            return
        order_id = message.order_id
        if self._book.get(order_id) is None and (side, price) in self._old:
            self.recording.note("records about unknown order ids, played on their level")
            order_id = self._old[side, price]
        if message.kind == _VISIBLE:
            self._emit(packet, Record(PRINT, line, 0, SELL if side == BUY else BUY, price, qty))
            self._emit(packet, Record(FILL, line, order_id, side, price, qty))
        whole = message.kind == _DELETE and order_id == message.order_id
        self._emit(packet, Record(REMOVE, line, order_id, side, 0, 0 if whole else qty))

    def _look_behind(self, line: int, side: int, rows: Levels, packet: Packet) -> None:
        """Take over what the row shows beyond what was in sight before; what is not there any more goes."""
        if not rows:
            return
        sign = 1 if side == BUY else -1
        edge, last = self._edges.get(side), rows[-1][0]
        self._edges[side] = last
        if edge is None or last * sign >= edge * sign:
            return
        shown = {price: qty for price, qty in rows if price * sign < edge * sign}
        for price in self._book.prices(side):
            if last * sign <= price * sign < edge * sign and self._book.level_qty(side, price) != shown.get(price, 0):
                for order_id in self._book.queue(side, price):
                    self._emit(packet, Record(REMOVE, line, order_id, side, 0, 0))
        for price, qty in shown.items():
            if not self._book.level_qty(side, price):
                self._stand_in(line, side, price, qty, packet)
