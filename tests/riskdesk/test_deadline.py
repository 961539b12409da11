"""When a margin call is due, and what has to be there by then: figures by hand."""

from __future__ import annotations

import random

import pytest

from riskdesk.liquidation.deadline import clock_text, due_ns, met, missing_fen
from riskdesk.liquidation.ladder import FIRST_LINES, Lines, lines_problem
from trading.calendar.timeline import moment_ns
from trading.engine.views import risk_ppm

NINE = 9 * 60


@pytest.mark.parametrize(
    ("sent", "coming", "due"),
    [
        ("2026-11-23T10:00", [20261124, 20261125], "2026-11-24T09:00"),
        # After the close, before the night: the day begun last is still the 23rd.
        ("2026-11-23T16:30", [20261124, 20261125], "2026-11-24T09:00"),
        # The night of Friday belongs to Monday; the next trading day is Tuesday.
        ("2026-11-20T22:00", [20261124, 20261125], "2026-11-24T09:00"),
        # Without a night the day begins late: its nine o'clock is over, so the one after it counts.
        ("2026-11-24T09:00", [20261124, 20261125], "2026-11-25T09:00"),
        # A holiday lies between.
        ("2026-09-30T14:00", [20261008, 20261009], "2026-10-08T09:00"),
        # No calendar: the next weekday, and over a weekend Monday.
        ("2026-11-23T10:00", [], "2026-11-24T09:00"),
        ("2026-11-20T10:00", [], "2026-11-23T09:00"),
        ("2026-11-21T23:59", [], "2026-11-23T09:00"),
    ],
)
def test_is_due_at_the_time_of_the_next_trading_day(sent: str, coming: list[int], due: str) -> None:
    assert due_ns(NINE, market_ns=moment_ns(sent), coming_days=coming) == moment_ns(due)


def test_every_minute_of_a_day_can_be_a_deadline_and_lies_ahead() -> None:
    at = moment_ns("2026-11-23T10:00")
    for minute in range(24 * 60):
        due = due_ns(minute, market_ns=at, coming_days=[20261124])
        assert due == moment_ns(f"2026-11-24T{minute // 60:02d}:{minute % 60:02d}")


def test_what_is_missing_is_just_enough() -> None:
    assert missing_fen(128_000_000, 120_800_000, 1_000_000) == 7_200_000
    assert missing_fen(128_000_000, 120_800_000, 850_000) == 29_788_236  # 150,588,235.29 fen needed, rounded up
    assert missing_fen(128_000_000, 200_000_000, 1_000_000) == 0
    assert missing_fen(128_000_000, -5_000_000, 1_000_000) == 133_000_000
    dice = random.Random(7)
    for _ in range(2_000):
        margin, line = dice.randint(1, 10**12), dice.randint(10_000, 3_000_000)
        equity = dice.randint(-(10**11), 10**12)
        missing = missing_fen(margin, equity, line)
        assert met(risk_ppm(margin, equity + missing), line)
        if missing > 0:
            assert not met(risk_ppm(margin, equity + missing - 1), line)


def test_a_deadline_is_a_time_of_day() -> None:
    def lines(minute: int | None) -> Lines:
        first = FIRST_LINES[0]
        return Lines(first.basis, *first.as_list(), first.target_ppm, False, minute)

    assert [lines_problem(lines(minute)) for minute in (None, 0, 1439)] == ["", "", ""]
    assert [lines_problem(lines(minute)) for minute in (-1, 1440)] == ["pay_by", "pay_by"]
    assert [clock_text(minute) for minute in (None, 0, 540, 1439)] == ["", "00:00", "09:00", "23:59"]
