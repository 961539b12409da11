"""What the calendar says of a moment: the phase, the trading day, and when something changes next.

Pure functions of `market_ns`. All sessions are laid out once, at loading, as a list of changes; a question is one
binary search.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from trading.calendar.model import Day, Segment, Source, Template, day_number
from trading.engine.types import BREAK, CLOSED, CONTINUOUS

NS_A_MINUTE: Final = 60_000_000_000
_NS_A_DAY: Final = 24 * 60 * NS_A_MINUTE
# Asia/Shanghai has stood at UTC+8 since 1991 and changes no clocks.
_OFFSET_NS: Final = 8 * 60 * NS_A_MINUTE
_EPOCH: Final = datetime.date(1970, 1, 1)


class Moment(NamedTuple):
    """Where a product stands: its phase and its trading day, YYYYMMDD (0 before the calendar's first)."""

    phase: int
    trading_day: int


@dataclass(frozen=True, slots=True)
class _Line:
    """One product's life: from `at_ns[i]` on it stands at `moments[i]`."""

    at_ns: list[int]
    moments: list[Moment]
    ends_ns: dict[int, int]


class Calendar:
    """A loaded calendar. One that is not `timed` is always open and knows no days."""

    def __init__(
        self,
        *,
        name: str,
        timed: bool,
        sources: Mapping[str, Source],
        templates: Mapping[str, Template],
        days: Sequence[Day],
    ) -> None:
        self.name: Final = name
        self.timed: Final = timed
        self.sources: Final = dict(sources)
        self.templates: Final = dict(templates)
        self.days: Final = tuple(days)
        self._lines = {product: _line(template, days) for product, template in templates.items()}

    def knows(self, product: str) -> bool:
        """Say whether the calendar has a template for a product such as SHFE.au."""
        return product in self._lines

    def phase_at(self, market_ns: int, product: str) -> Moment:
        """Return a product's phase and trading day. Between night and day it is a break, after the day closed."""
        if not self.timed:
            return Moment(CONTINUOUS, 0)
        line = self._lines[product]
        index = bisect_right(line.at_ns, market_ns) - 1
        return line.moments[index] if index >= 0 else Moment(CLOSED, 0)

    def next_change(self, market_ns: int) -> int | None:
        """Return when the next change of any product comes, or None when nothing changes any more."""
        coming = [
            line.at_ns[index]
            for line in self._lines.values()
            if (index := bisect_right(line.at_ns, market_ns)) < len(line.at_ns)
        ]
        return min(coming, default=None)

    def trading_day_of(self, market_ns: int) -> int:
        """Return the trading day begun last: at a night's first minute already the next date's; 0 before the first."""
        return max((self.phase_at(market_ns, product).trading_day for product in self._lines), default=0)

    def day_ended(self, market_ns: int) -> bool:
        """Say whether every product's last session of the trading day is over, so that it can be settled."""
        day = self.trading_day_of(market_ns)
        ends = [line.ends_ns[day] for line in self._lines.values() if day in line.ends_ns]
        return bool(ends) and market_ns >= max(ends)

    def close_of(self, trading_day: int, product: str) -> int | None:
        """Return when a product's last session of a trading day ends; None for a day or a product it does not know."""
        line = self._lines.get(product)
        return None if line is None else line.ends_ns.get(trading_day)

    def trading_day_after(self, trading_day: int) -> int:
        """Return the first trading day after a date, or 0 past the calendar's end."""
        return next(iter(self.trading_days_after(trading_day, count=1)), 0)

    def trading_days_after(self, trading_day: int, *, count: int) -> list[int]:
        """Return the first so many trading days after a date, fewer at the calendar's end."""
        days = (day_number(day.date) for day in self.days if day.trades)
        return list(islice((day for day in days if day > trading_day), count))

    def unconfirmed_days(self) -> list[Day]:
        """Return the dates, trading days and holidays, that nobody has compared with the exchange's notices."""
        return [day for day in self.days if not self.sources[day.source].confirmed]

    def is_confirmed(self, trading_day: int) -> bool:
        """Say whether a trading day is in the calendar and its source is confirmed. Always open: there is no doubt."""
        if not self.timed:
            return True
        found = next((day for day in self.days if day_number(day.date) == trading_day), None)
        return found is not None and self.sources[found.source].confirmed

    def covers(self, market_ns: int) -> bool:
        """Say whether the calendar speaks of this moment's date at all."""
        if not self.timed:
            return True
        return wall_ns(self.days[0].date, 0) <= market_ns < wall_ns(self.days[-1].date, 0) + _NS_A_DAY


def wall_ns(date: datetime.date, minute: int) -> int:
    """Return a Shanghai wall time as nanoseconds since 1970 (UTC); minutes may pass 24 hours."""
    return (date - _EPOCH).days * _NS_A_DAY + minute * NS_A_MINUTE - _OFFSET_NS


def moment_ns(text: str) -> int:
    """Return a Shanghai wall time such as 2026-11-20T20:50 as nanoseconds; raise `ValueError` for anything else."""
    wall = datetime.datetime.fromisoformat(text)
    if wall.tzinfo is not None:
        raise ValueError(f"{text!r} carries a zone; Shanghai wall time is meant")
    return wall_ns(wall.date(), wall.hour * 60 + wall.minute) + wall.second * 1_000_000_000


def wall_time(market_ns: int) -> datetime.datetime:
    """Return a moment as Shanghai wall time, in whole seconds."""
    zone = datetime.timezone(datetime.timedelta(hours=8), "CST")
    return datetime.datetime.fromtimestamp(market_ns // 1_000_000_000, zone)


def _line(template: Template, days: Sequence[Day]) -> _Line:
    line = _Line([], [], {})
    night_of: datetime.date | None = None
    for day in days:
        if not day.trades:
            continue
        number = day_number(day.date)
        if night_of is not None and template.night:
            # Friday's night belongs to Monday: the night began on the trading day before, whichever date that was.
            _lay(line, template.night, date=night_of, trading_day=number, after=BREAK)
        _lay(line, template.day, date=day.date, trading_day=number, after=CLOSED)
        line.ends_ns[number] = line.at_ns[-1]
        night_of = day.date if day.has_night else None
    return line


def _lay(line: _Line, segments: Sequence[Segment], *, date: datetime.date, trading_day: int, after: int) -> None:
    for segment in segments:
        line.at_ns.append(wall_ns(date, segment.start_min))
        line.moments.append(Moment(segment.phase, trading_day))
    line.at_ns.append(wall_ns(date, segments[-1].end_min))
    line.moments.append(Moment(after, trading_day))
