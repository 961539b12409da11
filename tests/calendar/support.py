"""Small calendars for tests: gold's sessions over any days."""

from __future__ import annotations

import datetime

from trading.calendar.loader import parse
from trading.calendar.timeline import Calendar, moment_ns

HEAD = ["calendar,test,timed", 'source,s,confirmed,"made for a test"']
NIGHT = [
    "session,SHFE,au,night,auction_entry,20:55,20:59,s",
    "session,SHFE,au,night,auction_match,20:59,21:00,s",
    "session,SHFE,au,night,continuous,21:00,02:30,s",
]
DAY = [
    "session,SHFE,au,day,auction_entry,08:55,08:59,s",
    "session,SHFE,au,day,auction_match,08:59,09:00,s",
    "session,SHFE,au,day,continuous,09:00,10:15,s",
    "session,SHFE,au,day,break,10:15,10:30,s",
    "session,SHFE,au,day,continuous,10:30,11:30,s",
    "session,SHFE,au,day,break,11:30,13:30,s",
    "session,SHFE,au,day,continuous,13:30,15:00,s",
]
# Thursday and Friday, a Monday off, Tuesday and Wednesday.
DAYS = [
    "day,2026-04-02,trading,night,s",
    "day,2026-04-03,trading,no_night,s",
    "day,2026-04-06,holiday,清明节,s",
    "day,2026-04-07,trading,night,s",
    "day,2026-04-08,trading,no_night,s",
]
AU = "SHFE.au"


def calendar(*, days: list[str] = DAYS, sessions: list[str] | None = None) -> Calendar:
    """Return a calendar over some days."""
    return parse(HEAD + (NIGHT + DAY if sessions is None else sessions) + days)


def at(text: str) -> int:
    """Return a Shanghai wall time as nanoseconds."""
    return moment_ns(text)


def weekdays(first: str, count: int) -> list[str]:
    """Return day rows: so many weekdays, each with a night but the last."""
    date, rows = datetime.date.fromisoformat(first), list[str]()
    while len(rows) < count:
        if date.weekday() < 5:
            rows.append(f"day,{date},trading,{'night' if len(rows) < count - 1 else 'no_night'},s")
        date += datetime.timedelta(days=1)
    return rows
