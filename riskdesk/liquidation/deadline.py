"""The deadline of a margin call (追加保证金时限): when it is, and what has to be there by then. Pure.

Common practice [M]: money is due at a time of the next trading day, such as its opening. The trading day is that of the
venue's clock, so a call of the night session has until the day after the one that the night belongs to.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Final

from trading.calendar.timeline import wall_ns, wall_time

MILLION: Final = 1_000_000
_SATURDAY: Final = 5


def due_ns(pay_by_min: int, *, market_ns: int, coming_days: Sequence[int]) -> int:
    """When a call sent at `market_ns` is due: the first coming trading day's `pay_by_min` that still lies ahead.

    `coming_days` are YYYYMMDD, ascending. Where the calendar names none (always open, or past its end), weekdays after
    the date of the notice stand in.
    """
    for day in coming_days:
        due = wall_ns(datetime.date(day // 10_000, day // 100 % 100, day % 100), pay_by_min)
        if due > market_ns:
            return due
    date = wall_time(market_ns).date() + datetime.timedelta(days=1)
    while date.weekday() >= _SATURDAY:
        date += datetime.timedelta(days=1)
    return wall_ns(date, pay_by_min)


def missing_fen(margin_fen: int, equity_fen: int, line_ppm: int) -> int:
    """Money that brings the risk degree down to a line at these figures; rounded up to the fen, from 0."""
    return max(0, -(-margin_fen * MILLION // line_ppm) - equity_fen)


def met(degree_ppm: int, line_ppm: int) -> bool:
    """Whether a call is met: who paid exactly what was missing stands on the line, and has done enough."""
    return degree_ppm <= line_ppm


def clock_text(pay_by_min: int | None) -> str:
    """Minutes after midnight as hh:mm; empty for none."""
    return "" if pay_by_min is None else f"{pay_by_min // 60:02d}:{pay_by_min % 60:02d}"
