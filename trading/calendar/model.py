"""The parts of a calendar as its file says them: sources, session templates, days."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final

from trading.engine.types import AUCTION_ENTRY, AUCTION_MATCH, BREAK, CLOSED, CONTINUOUS, HALTED, SETTLEMENT

WORDS: Final = {
    CLOSED: "closed",
    AUCTION_ENTRY: "auction_entry",
    AUCTION_MATCH: "auction_match",
    CONTINUOUS: "continuous",
    BREAK: "break",
    SETTLEMENT: "settlement",
    HALTED: "halted",
}
"""The API's words, as in `trading.choices`, for the core, which loads no Django; a test keeps them equal."""

TIMED: Final = {WORDS[phase]: phase for phase in (AUCTION_ENTRY, AUCTION_MATCH, CONTINUOUS, BREAK)}
"""Phases that a session may hold; between sessions a contract is closed."""

NIGHT: Final = "night"
DAY: Final = "day"
MINUTES_A_DAY: Final = 24 * 60


class CalendarError(ValueError):
    """A calendar file is refused: which line of it, and why."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"line {line}: {reason}")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact of the file comes from, and whether somebody has confirmed it."""

    key: str
    confirmed: bool
    note: str
    line: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A phase from one wall time to another, in minutes after midnight; a night's minutes go on past 24 hours."""

    phase: int
    start_min: int
    end_min: int
    source: str
    line: int


@dataclass(frozen=True, slots=True)
class Template:
    """The sessions of one product of one venue: a night (may be empty) that belongs to the day after it, and a day."""

    night: tuple[Segment, ...]
    day: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """One date: a trading day, with or without a night session in its evening, or a named holiday."""

    date: datetime.date
    trades: bool
    has_night: bool
    name: str
    source: str
    line: int


def product_key(venue: str, product: str) -> str:
    """Return how the calendar names a product: SHFE.au."""
    return f"{venue}.{product}"


def day_number(date: datetime.date) -> int:
    """Return a date as YYYYMMDD."""
    return date.year * 10_000 + date.month * 100 + date.day
