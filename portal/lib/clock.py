"""The one place that reads the wall clock; the engine never does."""

from __future__ import annotations

import time
from typing import Protocol


def now_ns() -> int:
    """Return the wall clock in nanoseconds since 1970."""
    return time.time_ns()


class Clock(Protocol):
    """Anything that can say what time it is."""

    def now_ns(self) -> int:
        """Return nanoseconds since 1970."""


class SystemClock:
    """The wall clock, made strictly increasing so that two commands never share a time or go backwards."""

    __slots__ = ("_last_ns",)

    def __init__(self, *, not_before_ns: int = 0) -> None:
        self._last_ns = not_before_ns

    def now_ns(self) -> int:
        """Return the wall clock, or one nanosecond past the last answer when the wall clock did not move."""
        reading = time.time_ns()
        self._last_ns = reading if reading > self._last_ns else self._last_ns + 1
        return self._last_ns


class ManualClock:
    """A clock that stands still until told to move; for tests and replays."""

    __slots__ = ("_at_ns",)

    def __init__(self, *, at_ns: int) -> None:
        self._at_ns = at_ns

    def now_ns(self) -> int:
        """Return the time it was last set to."""
        return self._at_ns

    def advance(self, *, by_ns: int) -> None:
        """Move forward; moving back is a bug in the caller."""
        if by_ns < 0:
            raise ValueError(f"a clock does not run backwards: {by_ns} ns")
        self._at_ns += by_ns
