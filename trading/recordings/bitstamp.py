"""Bitstamp's stream of orders (`id,timestamp,exchange.timestamp,price,volume,action,direction`).

The stream names no trades. Where an order's volume falls by as much as that of one on the other side at about the same
time, the two have traded, and the younger one was the aggressor: its trades are played when it is created, each as a
print with the older order's fill. What falls alone met an order that is older than the recording.

Volumes are hundred-millionths of a coin. A lot is the smallest round number of them by which the largest order can
still be played; an order's lots are those of its whole rest, so that roundings never add up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from trading.engine.bounds import ORDER_QTY_MAX
from trading.engine.types import BUY, SELL
from trading.marketdata.recorded.points import RecordingError, price_e6
from trading.recordings.files import columns, numbered_rows, shape_problem
from trading.recordings.records import ADD, FILL, MODIFY, PRINT, REMOVE, Packet, Record, Recording

COLUMNS: Final = ("id", "timestamp", "price", "volume", "action", "direction")
_EXPECTED: Final = "id, timestamp, price, volume as numbers, created, changed or deleted, bid or ask"
_ACTIONS: Final = frozenset({"created", "changed", "deleted"})
_SIDES: Final = {"bid": BUY, "ask": SELL}
_E9_OF_E6: Final = 1_000
_NS_OF_MS: Final = 1_000_000
_PAIR_ROWS: Final = 50  # how far apart the two sides of a trade are told
_PAIR_MS: Final = 5_000


@dataclass(slots=True)
class _Row:
    """One line; `fall` is by how much the order's volume fell through it."""

    line: int
    order_id: int
    at_ms: int
    price: int
    volume: int
    action: str
    side: int
    fall: int = 0


@dataclass(slots=True)
class _Order:
    """What is known of an order while the rows are turned into packets."""

    volume: int  # that is still to be told of
    price: int
    taken: list[tuple[int, _Row]] = field(default_factory=list)  # (older order, its row) it traded with when created


def read(path: Path, *, lot: int = 0) -> Recording:
    """Read a file; the first line names the columns. `lot` 0: found from the largest order."""
    rows = _rows(path)
    largest = max((row.volume for row in rows if row.action != "deleted"), default=1)
    recording = Recording(path.name, [], is_orderly=False, lot=lot or _round_lot(largest))
    if lot and largest > lot * ORDER_QTY_MAX:
        raise RecordingError(path.name, 0, f"an order of {largest} is more than {ORDER_QTY_MAX} lots of {lot}")
    known = _find_falls(rows, recording)
    paired = _pair(rows, known)
    _Writer(recording, paired).write(rows)
    return recording


def _round_lot(largest: int) -> int:
    power = 1
    while True:
        for step in (1, 2, 5):
            if largest <= step * power * ORDER_QTY_MAX:
                return step * power
        power *= 10


def _rows(path: Path) -> list[_Row]:
    lines = numbered_rows(path)
    _line, header = next(lines, (1, []))
    where = columns(path, header, COLUMNS)
    rows: list[_Row] = []
    for line, fields in lines:
        try:
            order, at, price, volume, action, direction = (fields[place] for place in where)
            row = _Row(line, int(order), int(at), price_e6(price) * _E9_OF_E6, int(volume), action, _SIDES[direction])
        except (ValueError, KeyError, IndexError):
            raise shape_problem(path, line, _EXPECTED, fields) from None
        if action not in _ACTIONS or row.volume < 0:
            raise shape_problem(path, line, _EXPECTED, fields)
        rows.append(row)
    return rows


def _find_falls(rows: list[_Row], recording: Recording) -> set[int]:
    """Set by how much each row lets its order fall; gives the orders that were seen being created."""
    volumes: dict[int, int] = {}
    for row in rows:
        before = volumes.get(row.order_id)
        if row.action == "created":
            volumes[row.order_id] = row.volume
            continue
        if before is None:
            recording.note("records about unknown order ids")
            continue
        row.fall = max(before - row.volume, 0)
        volumes[row.order_id] = row.volume
    return set(volumes)


def _pair(rows: list[_Row], known: set[int]) -> dict[int, list[tuple[_Row, _Row]]]:
    """Trades by their aggressor: (its row, the older order's row), in the order in which they were told."""
    paired: dict[int, list[tuple[_Row, _Row]]] = {}
    used: set[int] = set()
    created = {row.order_id: row for row in rows if row.action == "created"}
    for at, row in enumerate(rows):
        if not row.fall or row.line in used:
            continue
        for other in rows[at + 1 : at + 1 + _PAIR_ROWS]:
            if other.at_ms - row.at_ms > _PAIR_MS:
                break
            if other.fall != row.fall or other.side == row.side or other.line in used:
                continue
            bid, ask = (row, other) if row.side == BUY else (other, row)
            if bid.price < ask.price:
                continue
            taker, maker = (row, other) if row.order_id > other.order_id else (other, row)
            if {taker.order_id, maker.order_id} <= known and taker.at_ms - created[taker.order_id].at_ms <= _PAIR_MS:
                used |= {row.line, other.line}
                paired.setdefault(taker.order_id, []).append((taker, maker))
                break
    return paired


class _Writer:
    """Turns rows into packets."""

    def __init__(self, recording: Recording, paired: dict[int, list[tuple[_Row, _Row]]]) -> None:
        self._recording: Final = recording
        self._paired: Final = paired
        self._told: Final = {row.line for pairs in paired.values() for pair in pairs for row in pair}
        self._volumes: Final[dict[int, int]] = {}  # of orders that rest
        self._prices: Final[dict[int, int]] = {}

    def write(self, rows: list[_Row]) -> None:
        for row in rows:
            records = self._create(row) if row.action == "created" else self._follow(row)
            if records:
                self._recording.packets.append(Packet(row.at_ms * _NS_OF_MS, records))

    def _lots(self, volume: int) -> int:
        """Lots of a rest: to the nearest, but what is there is never nothing."""
        lot = self._recording.lot
        return max((volume * 2 + lot) // (lot * 2), 1) if volume else 0

    def _create(self, row: _Row) -> list[Record]:
        records: list[Record] = []
        rest = row.volume
        for _taker, maker in self._paired.get(row.order_id, ()):
            rest -= maker.fall
            records += self._fill(row, maker)
        if rest > 0:
            self._volumes[row.order_id], self._prices[row.order_id] = rest, row.price
            records.append(Record(ADD, row.line, row.order_id, row.side, row.price, self._lots(rest)))
        return records

    def _fill(self, row: _Row, maker: _Row) -> list[Record]:
        before = self._volumes.get(maker.order_id)
        if before is None:
            self._recording.note("trades with orders that were gone before")
            return []
        after = max(before - maker.fall, 0)
        qty = self._lots(before) - self._lots(after)
        price = self._prices[maker.order_id]
        self._keep(maker.order_id, after)
        if qty == 0:
            self._recording.note("trades below one lot")
            return []
        return [
            Record(PRINT, row.line, row.order_id, row.side, price, qty),
            Record(FILL, maker.line, maker.order_id, maker.side, price, qty),
            Record(REMOVE, maker.line, maker.order_id, maker.side, 0, qty),
        ]

    def _follow(self, row: _Row) -> list[Record]:
        """A change or an end that is no trade told already."""
        order_id = row.order_id
        before = self._volumes.get(order_id)
        if before is None or (row.line in self._told and row.price == self._prices[order_id]):
            return []
        after = 0 if row.action == "deleted" else before - (0 if row.line in self._told else row.fall)
        if after <= 0:
            self._keep(order_id, 0)
            return [Record(REMOVE, row.line, order_id, row.side, 0, 0)]
        if (after, row.price) == (before, self._prices[order_id]):
            return []
        self._volumes[order_id], self._prices[order_id] = after, row.price
        return [Record(MODIFY, row.line, order_id, row.side, row.price, self._lots(after))]

    def _keep(self, order_id: int, volume: int) -> None:
        if volume:
            self._volumes[order_id] = volume
        else:
            self._volumes.pop(order_id, None)
