"""Phase, trading day and next change of a moment."""

from __future__ import annotations

import pytest

from tests.calendar.support import AU, DAY, NIGHT, at, calendar, weekdays
from trading.calendar.loader import parse
from trading.calendar.timeline import moment_ns, wall_time
from trading.engine.types import AUCTION_ENTRY, AUCTION_MATCH, BREAK, CLOSED, CONTINUOUS


@pytest.mark.parametrize(
    ("moment", "phase", "trading_day"),
    [
        ("2026-04-02T08:54:59", CLOSED, 0),  # before the first day there is none
        ("2026-04-02T08:55", AUCTION_ENTRY, 20260402),
        ("2026-04-02T08:59", AUCTION_MATCH, 20260402),
        ("2026-04-02T09:00", CONTINUOUS, 20260402),
        ("2026-04-02T10:14:59", CONTINUOUS, 20260402),
        ("2026-04-02T10:15", BREAK, 20260402),
        ("2026-04-02T10:30", CONTINUOUS, 20260402),
        ("2026-04-02T12:00", BREAK, 20260402),
        ("2026-04-02T14:59:59", CONTINUOUS, 20260402),
        ("2026-04-02T15:00", CLOSED, 20260402),
        ("2026-04-02T20:54:59", CLOSED, 20260402),
        ("2026-04-02T20:55", AUCTION_ENTRY, 20260403),  # the night belongs to the next trading day
        ("2026-04-02T20:59", AUCTION_MATCH, 20260403),
        ("2026-04-02T21:00", CONTINUOUS, 20260403),
        ("2026-04-03T00:00", CONTINUOUS, 20260403),
        ("2026-04-03T02:29:59", CONTINUOUS, 20260403),
        ("2026-04-03T02:30", BREAK, 20260403),
        ("2026-04-03T08:55", AUCTION_ENTRY, 20260403),
        ("2026-04-03T15:00", CLOSED, 20260403),
        ("2026-04-03T21:30", CLOSED, 20260403),  # no night before a holiday
        ("2026-04-06T10:00", CLOSED, 20260403),
        ("2026-04-06T21:30", CLOSED, 20260403),  # nor on one
        ("2026-04-07T08:56", AUCTION_ENTRY, 20260407),
        ("2026-04-07T23:00", CONTINUOUS, 20260408),
        ("2026-04-08T15:00", CLOSED, 20260408),
        ("2030-01-01T10:00", CLOSED, 20260408),
    ],
)
def test_phase_and_trading_day(moment: str, phase: int, trading_day: int) -> None:
    assert calendar().phase_at(at(moment), AU) == (phase, trading_day)
    assert calendar().trading_day_of(at(moment)) == trading_day


def test_friday_night_belongs_to_monday() -> None:
    weekend = calendar(days=weekdays("2026-04-17", 2))
    assert weekend.phase_at(at("2026-04-17T21:00"), AU) == (CONTINUOUS, 20260420)
    assert weekend.phase_at(at("2026-04-18T02:00"), AU) == (CONTINUOUS, 20260420)
    assert weekend.phase_at(at("2026-04-18T02:30"), AU) == (BREAK, 20260420)
    assert weekend.phase_at(at("2026-04-19T12:00"), AU) == (BREAK, 20260420)
    assert weekend.phase_at(at("2026-04-20T09:00"), AU) == (CONTINUOUS, 20260420)


def test_a_minute_past_24_hours_may_be_written_either_way() -> None:
    other = [row.replace("02:30", "26:30") for row in NIGHT]
    assert calendar(sessions=other + DAY).templates == calendar().templates


def test_next_change_walks_a_whole_trading_day() -> None:
    found, moment = [], at("2026-04-02T15:00")
    while (change := calendar().next_change(moment)) is not None and len(found) < 12:
        moment = change
        found.append((f"{wall_time(moment):%d %H:%M}", calendar().phase_at(moment, AU).phase))
    assert found == [
        ("02 20:55", AUCTION_ENTRY),
        ("02 20:59", AUCTION_MATCH),
        ("02 21:00", CONTINUOUS),
        ("03 02:30", BREAK),
        ("03 08:55", AUCTION_ENTRY),
        ("03 08:59", AUCTION_MATCH),
        ("03 09:00", CONTINUOUS),
        ("03 10:15", BREAK),
        ("03 10:30", CONTINUOUS),
        ("03 11:30", BREAK),
        ("03 13:30", CONTINUOUS),
        ("03 15:00", CLOSED),
    ]
    assert calendar().next_change(at("2026-04-08T15:00")) is None


def test_products_have_their_own_sessions() -> None:
    both = parse(
        [
            "calendar,two,timed",
            "source,s,confirmed,",
            "session,SHFE,au,night,continuous,21:00,02:30,s",
            "session,SHFE,au,day,continuous,09:00,15:00,s",
            "session,SHFE,ru,night,continuous,21:00,23:00,s",
            "session,SHFE,ru,day,continuous,09:00,15:15,s",
            *weekdays("2026-04-13", 3),
        ]
    )
    assert both.phase_at(at("2026-04-13T23:30"), "SHFE.ru") == (BREAK, 20260414)
    assert both.phase_at(at("2026-04-13T23:30"), "SHFE.au") == (CONTINUOUS, 20260414)
    assert both.next_change(at("2026-04-13T22:00")) == at("2026-04-13T23:00")
    assert not both.day_ended(at("2026-04-13T15:00"))  # one product still trades
    assert both.day_ended(at("2026-04-13T15:15"))


def test_says_when_the_trading_day_has_ended_and_which_is_next() -> None:
    found = calendar()
    assert not found.day_ended(at("2026-04-02T08:00"))
    assert not found.day_ended(at("2026-04-03T14:59:59"))
    assert found.day_ended(at("2026-04-03T15:00"))
    assert found.day_ended(at("2026-04-06T12:00"))
    assert not found.day_ended(at("2026-04-07T08:55"))
    assert [found.trading_day_after(day) for day in (0, 20260402, 20260403, 20260408)] == [
        20260402,
        20260403,
        20260407,
        0,
    ]
    assert found.trading_days_after(20260401, count=2) == [20260402, 20260403]
    assert found.trading_days_after(20260403, count=9) == [20260407, 20260408]


def test_knows_how_far_it_reaches() -> None:
    found = calendar()
    moments = ("2026-04-01T23:59:59", "2026-04-02T00:00", "2026-04-08T23:59:59", "2026-04-09T00:00")
    assert [found.covers(at(moment)) for moment in moments] == [False, True, True, False]


def test_always_open_never_changes() -> None:
    found = parse(["calendar,free,always_open"])
    assert found.phase_at(at("2026-04-05T04:00"), AU) == (CONTINUOUS, 0)
    assert (found.next_change(0), found.trading_day_of(0), found.day_ended(0), found.covers(0)) == (
        None,
        0,
        False,
        True,
    )


def test_shanghai_is_eight_hours_ahead() -> None:
    assert moment_ns("2019-04-08T13:36") == 1_554_701_760_000_000_000
    assert wall_time(1_554_701_760_000_000_000).isoformat() == "2019-04-08T13:36:00+08:00"
    with pytest.raises(ValueError, match="zone"):
        moment_ns("2019-04-08T13:36+00:00")
