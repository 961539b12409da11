"""How far the query tables are behind the journal, and waiting for them to catch up."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from trading.models import FollowerLag, FollowerPosition

PROJECTION: Final = "projection"
_POLL_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class ProjectionLag:
    """Figures of one follower. Lags are milliseconds from the core's time to the commit of the rows."""

    name: str
    seq: int
    at_ns: int
    written_ns: int
    p50_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    flushes: int


def projection_seq(*, name: str = PROJECTION) -> int:
    """Return the last journal number in the query tables."""
    return FollowerPosition.objects.filter(name=name).values_list("seq", flat=True).first() or 0


def wait_for_seq(seq: int, *, timeout_ms: int = 500, name: str = PROJECTION) -> bool:
    """Wait until the query tables hold a journal number; False when the time is up and the page is catching up."""
    deadline_s = time.monotonic() + timeout_ms / 1000
    while projection_seq(name=name) < seq:
        if time.monotonic() >= deadline_s:
            return False
        time.sleep(_POLL_S)
    return True


def projection_lag(*, name: str = PROJECTION, since_ns: int = 0) -> ProjectionLag | None:
    """Return a follower's position and its lag over the flushes since a time; None before it ever ran.

    Every command of a flush waited between its oldest and its newest lag; percentiles are over commands, each flush's
    spread evenly between the two.
    """
    position = FollowerPosition.objects.filter(name=name).first()
    if position is None:
        return None
    flushes = FollowerLag.objects.filter(name=name, committed_ns__gte=since_ns)
    waits = sorted(
        wait
        for orders, oldest, newest in flushes.values_list("orders", "oldest_ns", "newest_ns")
        for wait in _spread(orders, oldest, newest)
    )
    return ProjectionLag(
        name=name,
        seq=position.seq,
        at_ns=position.at_ns,
        written_ns=position.written_ns,
        p50_ms=_percentile(waits, 50),
        p99_ms=_percentile(waits, 99),
        max_ms=_percentile(waits, 100),
        flushes=flushes.count(),
    )


def _spread(orders: int, oldest_ns: int, newest_ns: int) -> list[float]:
    points = max(1, min(orders, 50))
    step = (oldest_ns - newest_ns) / max(1, points - 1)
    return [newest_ns + step * i for i in range(points)]


def _percentile(values: list[float], percent: int) -> float | None:
    if not values:
        return None
    return round(values[min(len(values) - 1, len(values) * percent // 100)] / 1e6, 1)
