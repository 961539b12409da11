"""The core's clocks and its watch on the disk."""

from __future__ import annotations

import time
from collections import namedtuple
from fractions import Fraction
from pathlib import Path

import pytest

from trading.core import scheduler
from trading.core.scheduler import CoreClock, DiskWatch

HOUR_NS = 3_600_000_000_000
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A wall clock that stands where the test puts it."""
    reading = [1_000 * HOUR_NS]
    monkeypatch.setattr(time, "time_ns", lambda: reading[0])
    return reading


def test_never_repeats_a_time_nor_goes_back(wall: list[int]) -> None:
    clock = CoreClock(last_at_ns=wall[0] + 5 * HOUR_NS, last_market_ns=0)
    first, market = clock.batch_start_ns()
    assert first == wall[0] + 5 * HOUR_NS + 1
    clock.batch_ended(first + 9)
    wall[0] -= HOUR_NS
    assert clock.batch_start_ns() == (first + 10, market)


def test_is_the_wall_clock_at_normal_speed_after_a_night(wall: list[int]) -> None:
    clock = CoreClock(last_at_ns=0, last_market_ns=wall[0] - 8 * HOUR_NS)
    assert clock.market_ns() == wall[0]
    wall[0] += 7
    assert clock.market_ns() == wall[0]


def test_stays_ahead_of_the_wall_after_a_fast_run(wall: list[int]) -> None:
    clock = CoreClock(last_at_ns=0, last_market_ns=wall[0] + 50 * HOUR_NS)
    wall[0] += 9
    assert clock.market_ns() == wall[0] + 50 * HOUR_NS


def test_resumes_from_the_journal_in_a_simulation(wall: list[int]) -> None:
    clock = CoreClock(last_at_ns=0, last_market_ns=123, speed=Fraction(60))
    wall[0] += 10
    assert clock.market_ns() == 123 + 600
    slow = CoreClock(last_at_ns=0, last_market_ns=123, speed=Fraction(1, 2))
    wall[0] += 11
    assert slow.market_ns() == 123 + 5


def test_refuses_a_speed_of_zero() -> None:
    with pytest.raises(ValueError, match="speed 0"):
        CoreClock(last_at_ns=0, last_market_ns=0, speed=Fraction(0))


def test_refuses_at_95_percent_and_releases_below_94(monkeypatch: pytest.MonkeyPatch) -> None:
    used = [94]
    monkeypatch.setattr(scheduler.shutil, "disk_usage", lambda path: Usage(100, used[0], 100 - used[0]))
    watch = DiskWatch(Path("/"))
    seen = []
    for used[0] in (94, 95, 94, 93, 94, 95):
        watch.look()
        seen.append((watch.used_pct, watch.full))
    assert seen == [(94, False), (95, True), (94, True), (93, False), (94, False), (95, True)]
