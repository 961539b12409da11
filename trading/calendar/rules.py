"""What must hold of a calendar's sessions and days before a market may follow it."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from trading.calendar.model import MINUTES_A_DAY, WORDS, CalendarError, Day, Segment, Template
from trading.engine.exchange.phases import TRANSITIONS
from trading.engine.types import BREAK, CLOSED

_ONE: Final = datetime.timedelta(days=1)
_SATURDAY: Final = 5


def unrolled(night: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return a night's segments with the minutes after midnight counted on past 24 hours."""
    if not night:
        return ()
    first = night[0].start_min
    return tuple(
        replace(
            segment,
            start_min=segment.start_min + MINUTES_A_DAY * (segment.start_min < first),
            end_min=segment.end_min + MINUTES_A_DAY * (segment.end_min <= first),
        )
        for segment in night
    )


def check_template(product: str, template: Template, *, last_line: int) -> None:
    """Refuse sessions that overlap, leave a gap, or ask for a step that the table of phases does not have."""
    if not template.day:
        line = template.night[-1].line if template.night else last_line
        raise CalendarError(line, f"{product} has a night but no day session")
    for part in (template.night, template.day):
        _check_row_of_segments(product, part)
    day_ends = template.day[-1].end_min
    if day_ends > MINUTES_A_DAY:
        raise CalendarError(template.day[-1].line, f"{product}: a day session ends by 24:00")
    if template.night:
        starts, ends = template.night[0], template.night[-1]
        if starts.start_min < day_ends:
            raise CalendarError(starts.line, f"{product}: the night begins before the day's end at {_clock(day_ends)}")
        if ends.end_min > template.day[0].start_min + MINUTES_A_DAY:
            begins = _clock(template.day[0].start_min)
            raise CalendarError(ends.line, f"{product}: the night ends after the next day has begun at {begins}")
        _check_step(product, ends, ends.phase, BREAK)
        _check_step(product, template.day[0], BREAK, template.day[0].phase)
        _check_step(product, starts, CLOSED, starts.phase)
    _check_step(product, template.day[0], CLOSED, template.day[0].phase)
    _check_step(product, template.day[-1], template.day[-1].phase, CLOSED)


def check_days(days: Sequence[Day], *, last_line: int) -> None:
    """Refuse a gap, a step back, a working weekend, and a night that no trading day follows at once."""
    if not any(day.trades for day in days):
        raise CalendarError(last_line, "there is no trading day in this file")
    for day in days:
        if day.trades and day.date.weekday() >= _SATURDAY:
            raise CalendarError(day.line, f"{_said(day.date)} is a weekend and cannot be a trading day")
    for before, after in pairwise(days):
        if after.date <= before.date:
            raise CalendarError(after.line, f"{after.date} does not come after {before.date} (line {before.line})")
        _check_gap(before, after)
        if before.has_night and not after.trades:
            raise CalendarError(
                before.line, f"{before.date} has a night, but a holiday follows: {after.date} {after.name}"
            )
    if days[-1].has_night:
        raise CalendarError(
            days[-1].line, f"{days[-1].date} has a night, but the trading day it belongs to is not in this file"
        )


def _check_row_of_segments(product: str, segments: Sequence[Segment]) -> None:
    for segment in segments:
        if segment.end_min <= segment.start_min:
            raise CalendarError(
                segment.line,
                f"{product}: {WORDS[segment.phase]} ends at {_clock(segment.end_min)}, not after"
                f" {_clock(segment.start_min)}",
            )
    for before, after in pairwise(segments):
        if after.start_min != before.end_min:
            what = "a gap" if after.start_min > before.end_min else "an overlap"
            raise CalendarError(
                after.line,
                f"{product}: {what} between {_clock(before.end_min)} (line {before.line}) and"
                f" {_clock(after.start_min)}; a pause is a break row",
            )
        _check_step(product, after, before.phase, after.phase)


def _check_step(product: str, segment: Segment, before: int, after: int) -> None:
    if (before, after) not in TRANSITIONS:
        raise CalendarError(segment.line, f"{product}: {WORDS[after]} cannot follow {WORDS[before]}")


def _check_gap(before: Day, after: Day) -> None:
    missing: list[datetime.date] = []
    date = before.date + _ONE
    # The first and the last are all that is said; a year's hole is not walked through.
    while date < after.date and len(missing) < 1_000:
        if date.weekday() < _SATURDAY:
            missing.append(date)
        date += _ONE
    if missing:
        count = f"{len(missing)} weekdays are" if len(missing) > 1 else "a weekday is"
        span = _said(missing[0]) + (f" to {_said(missing[-1])}" if len(missing) > 1 else "")
        raise CalendarError(
            after.line,
            f"{count} missing between {before.date} (line {before.line}) and {after.date}: {span};"
            " every weekday is a trading day or a named holiday",
        )


def _said(date: datetime.date) -> str:
    return f"{date} ({date:%A})"


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"
