"""What a recording is made of, whatever its format."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

PRICE_SCALE: Final = 1_000_000
_NUMBER: Final = re.compile(r"(-?)(\d{1,12})(?:\.(\d{0,12}))?(?:[eE]([+-]?\d{1,2}))?\Z", re.ASCII)


class RecordingError(Exception):
    """The file is not what an importer knows; the text names file, line and what was expected there."""

    def __init__(self, name: str, line: int, problem: str) -> None:
        self.name = name
        self.line = line
        super().__init__(f"{name}, line {line}: {problem}" if line else f"{name}: {problem}")


@dataclass(frozen=True, slots=True)
class Point:
    """One moment or one bar of a recording. A trade or quote has equal open, high, low and close."""

    at_ns: int
    open_e6: int
    high_e6: int
    low_e6: int
    close_e6: int
    volume: int = 0
    open_interest: int = 0
    length_s: int = 0  # of a bar; 0 for a single trade or quote


class Recording(Protocol):
    """A recording that can be read as often as wanted."""

    format_name: str
    name: str
    is_bars: bool

    def points(self) -> Iterator[Point]:
        """Yield the points in time order; rows without a price are left out."""


def price_e6(text: str) -> int:
    """Return a decimal number as millionths, cut to six decimals; raise ValueError for anything else."""
    match = _NUMBER.match(text.strip())
    if match is None:
        raise ValueError(text)
    if match[4] is not None:
        raise ValueError(f"{text}: a price is not written with an exponent")
    value = int(match[2]) * PRICE_SCALE + int((match[3] or "0").ljust(6, "0")[:6])
    return -value if match[1] else value


def whole(text: str) -> int:
    """Return a number without a part behind the point as an integer ("12.0" is 12); empty is 0."""
    stripped = text.strip()
    if not stripped:
        return 0
    head, _, part = stripped.partition(".")
    if part.strip("0"):
        raise ValueError(text)
    return int(head)
