"""CME's market by order as CSV (`ts_event_ns,…,action,side,price_e9,size,order_id,flags,…`).

A adds, C takes away, M changes; T is a trade as its aggressor sees it and F a resting order's part in it, neither of
which changes the book: the C and M that follow do. Everything of one `ts_event_ns` is one packet. R clears the book.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from trading.engine.types import BUY, SELL
from trading.marketdata.recorded.points import RecordingError
from trading.recordings.files import columns, numbered_rows, shape_problem
from trading.recordings.records import ADD, CLEAR, FILL, MODIFY, PRICED, PRINT, REMOVE, Packet, Record, Recording

COLUMNS: Final = ("ts_event_ns", "action", "side", "price_e9", "size", "order_id")
_KINDS: Final = {"A": ADD, "C": REMOVE, "M": MODIFY, "T": PRINT, "F": FILL, "R": CLEAR}
_SIDES: Final = {"B": BUY, "A": SELL, "N": 0}
_EXPECTED: Final = "whole numbers with an action of A, C, M, T, F, R or N and a side of B, A or N"
_NOTHING: Final = "N"


def read(path: Path) -> Recording:
    """Read a file; the first line names the columns, in any order."""
    rows = numbered_rows(path)
    _line, header = next(rows, (1, []))
    where = columns(path, header, COLUMNS)
    recording = Recording(path.name, [])
    packet: Packet | None = None
    for line, row in rows:
        try:
            at, action, side, price, size, order = (row[place] for place in where)
            if action == _NOTHING:
                continue
            kind = _KINDS[action]
            record = Record(kind, line, int(order), _SIDES[side], int(price) if kind in PRICED else 0, int(size))
            at_ns = int(at)
        except (ValueError, KeyError, IndexError):
            raise shape_problem(path, line, f"{','.join(COLUMNS)}: {_EXPECTED}", row) from None
        _check(path, record)
        if packet is None or packet.at_ns != at_ns:
            packet = Packet(at_ns, [])
            recording.packets.append(packet)
        packet.records.append(record)
    return recording


def _check(path: Path, record: Record) -> None:
    if record.kind in (ADD, MODIFY) and (record.side == 0 or record.qty <= 0):
        raise RecordingError(path.name, record.line, f"expected a side of B or A and a size above 0, not {record.qty}")
    if record.qty < 0:
        raise RecordingError(path.name, record.line, f"expected a size that is not negative, not {record.qty}")
