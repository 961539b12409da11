"""The end of a day through the services; alone in its module, because nothing before it trades afterwards."""

from __future__ import annotations

import pytest

from tests.stack import Api, Stack, order_body

pytestmark = pytest.mark.xdist_group("services-day")


def test_a_day_ends_at_the_days_mean_price(stack: Stack) -> None:
    from accounts.audit import SystemActor
    from trading.services import instruments

    house = stack.pair.b
    first, second = Api(house.bearer(0)), Api(house.bearer(1))
    for qty, price in ((1, "800.00"), (3, "800.10")):
        first("POST", "orders", order_body(house.account_ids[0], qty=qty, limit_price=price))
        second("POST", "orders", order_body(house.account_ids[1], side="sell", qty=qty, limit_price=price))
    rolled = instruments.day_roll(actor=SystemActor(name="test"))
    assert (rolled.ended, rolled.begun) == (20261123, 20261124)
    stack.caught_up()
    found = first("GET", "instruments/AU2612").json()
    # (1 × 800.00 + 3 × 800.10) / 4 = 800.075, to the nearest tick of 0.02 (half up): 800.08
    assert found["previous_settlement"] == "800.08"
    late = first("POST", "orders", order_body(house.account_ids[0]))
    assert (late.status_code, late.json()["code"]) == (409, "trading_day")
