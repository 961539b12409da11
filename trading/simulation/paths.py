"""Where the market is going: a reference price in ticks as a function of elapsed time, seeded or recorded.

Floats are fine here: the path is an opinion, not money. What comes out is whole ticks inside the band.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from trading.marketdata.recorded import Point, Recording

# Participants keep this many ticks away from the band's edges, so that ten levels always fit.
EDGE_TICKS: Final = 25
# A recorded pause (a break, a night) passes in this time.
_PAUSE_MAX_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Band:
    """The prices allowed today."""

    lower_ticks: int
    upper_ticks: int

    def inside(self, ticks: float) -> int:
        """Return the nearest whole price that leaves room for quotes on both sides."""
        room = min(EDGE_TICKS, (self.upper_ticks - self.lower_ticks) // 4)
        return int(min(max(round(ticks), self.lower_ticks + room), self.upper_ticks - room))


class Path(Protocol):
    """A reference price over time."""

    @property
    def activity(self) -> float:
        """How busy the market is just now; 1 is usual."""

    def ticks_at(self, elapsed_s: float) -> float:
        """Return the price at a time; times never go back."""


class RandomPath:
    """A seeded walk: volatility comes in waves, and far from its anchor the price is drawn back a little."""

    STEP_S: Final = 0.25

    def __init__(self, *, start_ticks: int, seed: int, ticks_per_second: float | None = None) -> None:
        self._dice = random.Random(seed)
        # Gold moves by about 0.06 % of its price in a minute of a lively session.
        self._sigma = ticks_per_second if ticks_per_second is not None else start_ticks * 0.0006 / math.sqrt(60)
        self._anchor = float(start_ticks)
        self._ticks = float(start_ticks)
        self._wave = 0.0
        self._drift = 0.0
        self._steps = 0
        self.activity = 1.0

    def ticks_at(self, elapsed_s: float) -> float:
        """Walk on to a time, step by step, so that the walk does not depend on how often it is asked."""
        while self._steps * self.STEP_S < elapsed_s:
            self._step()
        return self._ticks

    def _step(self) -> None:
        dice = self._dice
        self._steps += 1
        self._wave = 0.998 * self._wave + dice.gauss(0, 0.045)
        self.activity = min(4.0, math.exp(self._wave))
        if dice.random() < 0.004:  # a mood that lasts a minute or so
            self._drift = dice.gauss(0, 0.25) * self._sigma
        self._drift *= 0.996
        back = (self._anchor - self._ticks) * 0.00002
        step = dice.gauss(0, self._sigma * math.sqrt(self.STEP_S)) * math.sqrt(self.activity)
        self._ticks += step + self._drift * self.STEP_S + back
        self._anchor += (self._ticks - self._anchor) * 0.0005


@dataclass(frozen=True, slots=True)
class _Moment:
    at_s: float
    price: float
    volume: float


class RecordedPath:
    """A recording, scaled to begin at the contract's own price; at its end it begins again from where it ended."""

    def __init__(self, recording: Recording, *, start_ticks: int, speed: float = 1.0) -> None:
        if not speed > 0 or not math.isfinite(speed):
            raise ValueError(f"speed {speed} is not above zero")
        self._recording = recording
        self._speed = speed
        self._typical = _typical_volume(recording)
        self._shift_s = 0.0
        self._scale = 0.0
        self._ticks = float(start_ticks)
        self._last_s = 0.0
        self.activity = 1.0
        self._moments = self._read()
        self._next = next(self._moments)

    def ticks_at(self, elapsed_s: float) -> float:
        """Follow the recording to a time."""
        recorded_s = elapsed_s * self._speed
        while self._next.at_s <= recorded_s:
            self._ticks = self._next.price * self._scale
            self._last_s = self._next.at_s
            self.activity = min(3.0, max(0.3, self._next.volume / self._typical))
            self._next = next(self._moments)
        return self._ticks

    def _read(self) -> Iterator[_Moment]:
        """The recording over and over, pauses shortened, each round continuing where the last one ended."""
        while True:
            began = False
            before_s = 0.0
            for moment in _moments(self._recording.points()):
                if not began:
                    self._scale = self._ticks / moment.price
                    self._shift_s = self._last_s - moment.at_s
                    began, before_s = True, moment.at_s
                pause_s = moment.at_s - before_s - _PAUSE_MAX_S
                if pause_s > 0:
                    self._shift_s -= pause_s
                before_s = moment.at_s
                yield _Moment(moment.at_s + self._shift_s, moment.price, moment.volume)
            if not began:
                raise ValueError(f"{self._recording.name} holds no price")


def _moments(points: Iterator[Point]) -> Iterator[_Moment]:
    """Take a bar apart into open, the two extremes in the likelier order, and close."""
    for point in points:
        at_s = point.at_ns / 1e9
        if not point.length_s:
            yield _Moment(at_s, point.close_e6 / 1e6, float(point.volume))
            continue
        rises = point.close_e6 >= point.open_e6
        turns = (point.low_e6, point.high_e6) if rises else (point.high_e6, point.low_e6)
        # Day bars would crawl at any sensible speed: a recorded day passes like a minute.
        length_s = min(point.length_s, 60)
        for part, price in zip((0.0, 0.25, 0.6, 0.95), (point.open_e6, *turns, point.close_e6), strict=True):
            yield _Moment(at_s + part * length_s, price / 1e6, float(point.volume))


def _typical_volume(recording: Recording) -> float:
    volumes = sorted(point.volume for point in itertools.islice(recording.points(), 2000) if point.volume)
    return float(volumes[len(volumes) // 2]) if volumes else 1.0


class FollowingPath:
    """A contract that moves with the main one, with a mind of its own for small things (the basis breathes)."""

    def __init__(self, main: Path, *, main_start_ticks: int, start_ticks: int, seed: int) -> None:
        self._main = main
        self._ratio = start_ticks / main_start_ticks
        self._dice = random.Random(seed)
        self._sigma = start_ticks * 0.00004
        self._basis = 0.0
        self._last_s = 0.0

    @property
    def activity(self) -> float:
        """As busy as the main contract."""
        return self._main.activity

    def ticks_at(self, elapsed_s: float) -> float:
        """Follow the main contract."""
        passed_s, self._last_s = elapsed_s - self._last_s, elapsed_s
        self._basis = self._basis * math.exp(-passed_s / 120) + self._dice.gauss(0, self._sigma) * math.sqrt(
            max(0.0, passed_s)
        )
        return self._main.ticks_at(elapsed_s) * self._ratio + self._basis
