"""Time in the core: the wall clock that stamps commands, the venue's clock, and acts that happen by the clock.

A timed act that changes state is a command like any other: the scheduler hands it to the sequencer, which journals
it. Acts that only look at the world around the core (disk, head file) run beside it.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

DISK_REFUSE_PCT: Final = 95
DISK_RELEASE_PCT: Final = 94
AFTER_FAILURE_S: Final = 1.0


class CoreClock:
    """Strictly increasing wall time and monotone venue time, both going on from where the journal ends.

    At normal speed the venue's time is the wall's. At another speed it is a simulation's own and resumes from the
    journal, however long the core was down. `speed` may be a fraction such as 1/2. A simulation may begin at
    `start_ns`; a journal that has come further wins.
    """

    def __init__(
        self, *, last_at_ns: int, last_market_ns: int, speed: Fraction = Fraction(1), start_ns: int = 0
    ) -> None:
        if speed <= 0:
            raise ValueError(f"the venue clock cannot run at speed {speed}")
        self._last_at_ns = last_at_ns
        self._last_market_ns = last_market_ns
        self.speed = speed
        self._up, self._down = speed.numerator, speed.denominator
        self._wall_base_ns = time.time_ns()
        resumes = speed != 1 and max(last_market_ns, start_ns) > 0
        self._market_base_ns = max(start_ns if resumes else self._wall_base_ns, last_market_ns)

    def batch_start_ns(self) -> tuple[int, int]:
        """Return the time of the next batch: its first command's `at_ns`, and the `market_ns` of them all."""
        wall_ns = time.time_ns()
        market_ns = self._market_base_ns + (wall_ns - self._wall_base_ns) * self._up // self._down
        self._last_market_ns = max(market_ns, self._last_market_ns)
        return max(wall_ns, self._last_at_ns + 1), self._last_market_ns

    def batch_ended(self, last_at_ns: int) -> None:
        """Remember the last time that was given out; commands of one batch are one nanosecond apart."""
        self._last_at_ns = last_at_ns

    def market_ns(self) -> int:
        """Return the venue's time now."""
        return self.batch_start_ns()[1]


class DiskWatch:
    """Whether the journal's disk has room; a little hysteresis keeps the answer from flapping."""

    def __init__(self, path: Path, *, refuse_pct: int = DISK_REFUSE_PCT, release_pct: int = DISK_RELEASE_PCT) -> None:
        self._path = path
        self._refuse_pct = refuse_pct
        self._release_pct = release_pct
        self.used_pct = 0
        self.full = False

    def look(self) -> None:
        """Measure; what cannot be measured counts as it was."""
        try:
            usage = shutil.disk_usage(self._path)
        except OSError as problem:
            log.warning("the journal's disk cannot be measured: %s", problem)
            return
        # As `df` counts: what is reserved for root is not there for us.
        self.used_pct = round(100 * usage.used / max(usage.used + usage.free, 1))
        limit = self._release_pct if self.full else self._refuse_pct
        full = self.used_pct >= limit
        if full != self.full:
            log.error(
                "the journal's disk is %s %% full: new orders are %s", self.used_pct, "refused" if full else "taken"
            )
        self.full = full


class Scheduler:
    """Calls acts at their intervals on the core's loop; one that raises is logged and called again."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def every(self, seconds: float, *, name: str, act: Callable[[], None]) -> None:
        """Call now and then every so many seconds."""
        self._run(name, seconds, act)

    def paced(self, *, name: str, act: Callable[[], float]) -> None:
        """Call now, and again after as many seconds as the act itself says each time."""
        self._run_paced(name, act)

    def stop(self) -> None:
        """Call nothing any more."""
        for handle in self._handles.values():
            handle.cancel()
        self._handles.clear()

    def _run_paced(self, name: str, act: Callable[[], float]) -> None:
        seconds = AFTER_FAILURE_S
        try:
            seconds = act()
        except Exception:
            log.exception("the scheduled act %s failed", name)
        self._handles[name] = self._loop.call_later(seconds, self._run_paced, name, act)

    def _run(self, name: str, seconds: float, act: Callable[[], None]) -> None:
        self._handles[name] = self._loop.call_later(seconds, self._run, name, seconds, act)
        try:
            act()
        except Exception:
            log.exception("the scheduled act %s failed", name)
