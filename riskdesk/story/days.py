"""Recorded days of one contract: date, open, high, low, close, volume, open interest, settlement."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

COLUMNS: Final = ("date", "open", "high", "low", "close", "volume", "hold", "settle")
TICKS_A_YUAN: Final = 100  # SHFE gold's tick was 0.01 yuan a gram in those years


class DaysError(Exception):
    """The file is not what it should be, or does not hold the days asked for."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day, prices in ticks."""

    date: str  # 2013-04-15
    open: int
    high: int
    low: int
    close: int
    settle: int

    @property
    def number(self) -> int:
        """The day as YYYYMMDD."""
        return int(self.date.replace("-", ""))


def read_days(path: Path) -> list[Day]:
    """Read a file, plain or gzipped. A settlement of 0 is absent: the close stands in its place."""
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
        rows = list(csv.reader(text.splitlines()))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as problem:
        raise DaysError(f"{path.name} cannot be read: {problem}") from problem
    if not rows or tuple(rows[0]) != COLUMNS:
        raise DaysError(f"line 1: expected the columns {','.join(COLUMNS)}")
    return [_day(row, line) for line, row in enumerate(rows[1:], 2)]


def between(days: list[Day], first: str, last: str) -> tuple[Day, list[Day]]:
    """The day before the first one, and the days from first to last."""
    chosen = [day for day in days if first <= day.date <= last]
    before = [day for day in days if day.date < first]
    if not chosen or not before:
        raise DaysError(f"no days from {first} to {last} with one before them")
    return before[-1], chosen


def _day(row: list[str], line: int) -> Day:
    if len(row) != len(COLUMNS):
        raise DaysError(f"line {line}: {len(row)} columns, expected {len(COLUMNS)}")
    prices = [_ticks(row[at], line) for at in (1, 2, 3, 4, 7)]
    first, high, low, close, settle = prices
    if not 0 < low <= min(first, close) <= max(first, close) <= high:
        raise DaysError(f"line {line}: open, high, low and close do not fit together")
    return Day(row[0], first, high, low, close, settle or close)


def _ticks(text: str, line: int) -> int:
    try:
        ticks = Decimal(text) * TICKS_A_YUAN
    except InvalidOperation:
        ticks = Decimal("0.5")
    if ticks != ticks.to_integral_value() or not 0 <= ticks < 10**9:
        raise DaysError(f"line {line}: {text[:20]!r} is no price of this contract")
    return int(ticks)
