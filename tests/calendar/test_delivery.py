"""A product's rule counted out on trading days: anchors, holidays, what a row leaves as it was, what cannot be."""

from __future__ import annotations

import datetime

import pytest

from trading.calendar.delivery import RuleError, resolve
from trading.calendar.model import day_number
from trading.engine.ladders import Delivery, DeliveryStep

# November and December 2026 without weekends; the first of December is taken for a holiday.
DAYS = [
    day_number(date)
    for date in (datetime.date(2026, 10, 26) + datetime.timedelta(days=n) for n in range(60))
    if date.weekday() < 5 and date != datetime.date(2026, 12, 1)
]
LAST = 20261215
GOLD = {
    "steps": [
        {"anchor": "month_before", "n": 0, "margin_ppm": 100_000, "lot_multiple": 1, "position_limit": 2_700},
        {"anchor": "month_before_last", "n": 0, "lot_multiple": 3},
        {"anchor": "delivery_month", "n": 0, "margin_ppm": 150_000, "position_limit": 900},
        {"anchor": "before_last", "n": 2, "margin_ppm": 200_000},
    ],
    "natural_open": {"anchor": "month_before_last"},
    "natural_zero": {"anchor": "before_last", "n": 3},
}


def test_golds_road_is_counted_on_trading_days() -> None:
    assert resolve(GOLD, last_trading_day=LAST, trading_days=DAYS) == Delivery(
        [
            DeliveryStep(20261102, 100_000, 1, 2_700),
            DeliveryStep(20261130, 100_000, 3, 2_700),
            DeliveryStep(20261202, 150_000, 3, 900),
            DeliveryStep(20261211, 200_000, 3, 900),
        ],
        20261130,
        20261210,
    )


def test_a_road_over_the_turn_of_the_year() -> None:
    days = [
        day_number(date)
        for date in (datetime.date(2026, 11, 2) + datetime.timedelta(days=n) for n in range(80))
        if date.weekday() < 5
    ]
    found = resolve(GOLD, last_trading_day=20270115, trading_days=days)
    assert [step.from_day for step in found.steps] == [20261201, 20261231, 20270101, 20270113]


@pytest.mark.parametrize(
    ("rule", "last", "days", "why"),
    [
        ({"steps": [{"anchor": "moon"}]}, LAST, DAYS, "no such anchor: moon"),
        (GOLD, 20261213, DAYS, "20261213 is no trading day"),
        (GOLD, LAST, [day for day in DAYS if day > 20261130], "does not reach back to month_before"),
        (GOLD, LAST, [day for day in DAYS if day > 20261115], "does not reach back to month_before"),
        ({"steps": [{"anchor": "before_last", "n": 500}]}, LAST, DAYS, "does not reach back"),
        ({"steps": [{"anchor": "before_last", "n": -1}]}, LAST, DAYS, "does not reach back"),
    ],
)
def test_refuses_what_it_cannot_count(rule: dict, last: int, days: list[int], why: str) -> None:
    with pytest.raises(RuleError, match=why):
        resolve(rule, last_trading_day=last, trading_days=days)
