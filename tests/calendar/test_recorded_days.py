"""Recorded minute bars of gold: each falls into continuous trading of the right trading day.

The calendar is built from the recording's own dates, with the sessions of 2019.
"""

from __future__ import annotations

import csv
import datetime
import gzip
from bisect import bisect_right
from collections import Counter
from pathlib import Path

import pytest

from tests.calendar.support import AU, HEAD
from trading.calendar.loader import parse
from trading.calendar.model import day_number
from trading.calendar.timeline import NS_A_MINUTE, Calendar, wall_ns
from trading.engine.types import CONTINUOUS

FILE = "shfe_au1912_1min_to20190607.csv.gz"
NINE, THREE, NINE_PM = datetime.time(9), datetime.time(15), datetime.time(21)
ONE_DAY = datetime.timedelta(days=1)
SESSIONS = [
    "session,SHFE,au,night,continuous,21:00,02:30,s",
    "session,SHFE,au,day,continuous,09:00,10:15,s",
    "session,SHFE,au,day,break,10:15,10:30,s",
    "session,SHFE,au,day,continuous,10:30,11:30,s",
    "session,SHFE,au,day,break,11:30,13:30,s",
    "session,SHFE,au,day,continuous,13:30,15:00,s",
]


@pytest.fixture(scope="module")
def bars(data_dir: Path) -> list[tuple[int, datetime.datetime]]:
    """Start of every recorded minute, as nanoseconds and as the recording's own Beijing text."""
    path = data_dir / FILE
    if not path.is_file():
        pytest.skip(f"no market data: {path.name} is absent (set AURUM_DATA)")
    with gzip.open(path, "rt", newline="") as file:
        return [
            (int(row["datetime_ns_utc"]), datetime.datetime.fromisoformat(row["datetime_beijing"]))
            for row in csv.DictReader(file)
        ]


@pytest.fixture(scope="module")
def calendar_2019(bars: list[tuple[int, datetime.datetime]]) -> Calendar:
    """A date with bars by day trades; one with bars after nine in the evening has a night; other weekdays are off."""
    trading = {wall.date() for _, wall in bars if NINE <= wall.time() < THREE}
    nights = {wall.date() for _, wall in bars if wall.time() >= NINE_PM}
    rows, date = list[str](), min(trading)
    while date <= max(trading):
        if date in trading:
            rows.append(f"day,{date},trading,{'night' if date in nights else 'no_night'},s")
        elif date.weekday() < 5:
            rows.append(f"day,{date},holiday,no bars,s")
        date += ONE_DAY
    return parse(HEAD + SESSIONS + rows)


def trading_day_by_hand(wall: datetime.datetime, trading: list[datetime.date]) -> datetime.date:
    """Return the date of a day bar; of a night bar the first trading date after the night began."""
    if NINE <= wall.time() < THREE:
        return wall.date()
    evening = wall.date() if wall.time() >= NINE_PM else wall.date() - ONE_DAY
    return trading[bisect_right(trading, evening)]


def test_every_bar_is_continuous_trading_of_its_day(
    bars: list[tuple[int, datetime.datetime]], calendar_2019: Calendar
) -> None:
    trading = sorted(day.date for day in calendar_2019.days if day.trades)
    wrong = [
        (wall, found)
        for market_ns, wall in bars
        if (found := calendar_2019.phase_at(market_ns, AU))
        != (CONTINUOUS, day_number(trading_day_by_hand(wall, trading)))
    ]
    assert (len(bars), wrong[:5]) == (21_954, [])


def test_trading_days_have_555_bars_and_225_without_a_night(
    bars: list[tuple[int, datetime.datetime]], calendar_2019: Calendar
) -> None:
    counts = Counter(calendar_2019.trading_day_of(market_ns) for market_ns, _ in bars)
    assert counts.pop(20190408) == 84  # the recording begins at 13:36
    assert counts.pop(20190506) == 225  # after Labour Day: no night came before it
    assert Counter(counts.values()) == {555: 39}


def test_every_minute_of_continuous_trading_has_its_bar(
    bars: list[tuple[int, datetime.datetime]], calendar_2019: Calendar
) -> None:
    recorded = Counter(wall.date() for _, wall in bars)
    expected: Counter[datetime.date] = Counter()
    date = datetime.date(2019, 4, 9)
    while date <= datetime.date(2019, 6, 6):
        start_ns = wall_ns(date, 0)
        minutes = (start_ns + minute * NS_A_MINUTE for minute in range(24 * 60))
        expected[date] = sum(calendar_2019.phase_at(moment, AU).phase == CONTINUOUS for moment in minutes)
        date += ONE_DAY
    assert +expected == recorded - Counter({datetime.date(2019, 4, 8): recorded[datetime.date(2019, 4, 8)]})
    assert Counter(expected.values()) == {555: 30, 405: 8, 150: 7, 375: 2, 0: 12}
    assert {day for day in expected if expected[day] == 375} == {
        datetime.date(2019, 4, 30),  # the eve of Labour Day
        datetime.date(2019, 6, 6),  # the eve of the Dragon Boat Festival
    }


def test_bars_of_a_holidays_eve_would_be_of_no_trading_with_a_calendar_that_forgets_nights(
    bars: list[tuple[int, datetime.datetime]], calendar_2019: Calendar
) -> None:
    forgetful = parse(
        HEAD
        + SESSIONS
        + [
            f"day,{day.date},trading,no_night,s" if day.trades else f"day,{day.date},holiday,x,s"
            for day in calendar_2019.days
        ]
    )
    outside = sum(forgetful.phase_at(market_ns, AU).phase != CONTINUOUS for market_ns, _ in bars)
    assert outside == 39 * 330
