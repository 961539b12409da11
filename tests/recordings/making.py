"""Small recordings made by hand, and what playing them gives."""

from __future__ import annotations

from pathlib import Path

from trading.recordings import formats
from trading.recordings.records import Recording
from trading.recordings.session import Session

MBO_HEADER = "ts_event_ns,ts_recv_ns,action,side,price_e9,size,order_id,flags,sequence"
QUARTER = 250_000_000
BASE = 4_800_000_000_000


def mbo_line(at: int, action: str, side: str, ticks: int, size: int, order_id: int) -> str:
    """One line of an mbo-csv; ticks are quarters above 4,800."""
    return f"{at},{at},{action},{side},{BASE + ticks * QUARTER},{size},{order_id},128,{at}"


def mbo(*events: tuple[int, str, str, int, int, int]) -> str:
    """A whole file: (moment, action, side, ticks, size, order id)."""
    return "\n".join([MBO_HEADER, *(mbo_line(*event) for event in events)]) + "\n"


# Three bids at two prices and two offers: what most tests begin with.
BOOK = (
    (1, "A", "B", 0, 5, 101),
    (2, "A", "B", 0, 3, 102),
    (3, "A", "B", -1, 4, 103),
    (4, "A", "A", 2, 6, 201),
    (5, "A", "A", 3, 2, 202),
)


def played(path: Path, text: str, name: str = "mbo-csv") -> tuple[Session, Recording]:
    """Write a file, read and play it."""
    path.write_text(text)
    recording = formats.read(path, name=name)
    session = Session(recording)
    session.run()
    return session, recording


def figures(session: Session) -> dict[str, int]:
    """The classes of the trades that are not empty."""
    outcome = session.replay.outcome
    names = ("trades", "exact_fills", "iceberg", "reordered", "self_match", "other", "crossed_in_continuous")
    return {name: count for name in names if (count := getattr(outcome, name))}


def queue(session: Session, side: int, ticks: int) -> list[tuple[int, int]]:
    """(recorded id, lots) of the engine's queue at a price, first in line first."""
    book = session.machine.state.markets[1].book
    level = (book.bids if side == 1 else book.asks).levels.get(ticks)
    found = []
    order = level.head if level is not None else None
    while order is not None:
        found.append((session.desk.owner(order.order_id), order.leaves_qty))
        order = order.next
    return found
