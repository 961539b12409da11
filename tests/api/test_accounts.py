"""Accounts, money, positions, fills and events over REST."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.api.test_orders import problem
from tests.stack import Api, Stack, order_body

pytestmark = pytest.mark.xdist_group("api-accounts")


@pytest.fixture(scope="module")
def traded(stack: Stack) -> Stack:
    """Investor one is long three lots at 800.00; the last price is 800.40."""
    first, second = stack.pair.a.account_ids
    buyer, seller = Api(stack.pair.a.bearer(0)), Api(stack.pair.a.bearer(1))
    buyer("POST", "orders", order_body(first, qty=3, limit_price="800.00"))
    seller("POST", "orders", order_body(second, side="sell", qty=3, limit_price="800.00"))
    buyer("POST", "orders", order_body(first, side="sell", position_effect="close_today", qty=1, limit_price="800.40"))
    seller("POST", "orders", order_body(second, side="buy", position_effect="close_today", qty=1, limit_price="800.40"))
    from trading.selectors.projection import wait_for_seq

    assert wait_for_seq(stack.caught_up(), timeout_ms=20_000, name="marketdata")
    return stack


def test_lists_only_ones_own_account(api: Api, traded: Stack, account: int) -> None:
    (found,) = api("GET", "accounts").json()["data"]
    assert (found["id"], found["state"], found["status"]) == (account, "active", "active")
    assert found["limits"] == {
        "max_order_qty": 0,
        "max_position_qty": 0,
        "max_working_orders": 0,
        "max_orders_per_second": 0,
    }
    assert found["account_seq"] == 6
    assert api("GET", f"accounts/{account}").json() == found


def test_money_at_the_last_price(api: Api, traded: Stack, account: int) -> None:
    found = api("GET", f"accounts/{account}/balances").json()
    # opened 3 at 800.00 (fees 30.00), closed 1 at 800.40 (+400.00, close-today fee 0): two lots left at +800.00
    assert found["cash"] == "50000370.00"
    assert (found["close_profit"], found["fees"]) == ("400.00", "30.00")
    assert (found["position_profit"], found["equity"]) == ("800.00", "50001170.00")
    assert (found["margin"], found["available"]) == ("256000.00", "49744370.00")
    assert found["risk_degree"] == "0.0051"
    assert (found["deposits"], found["withdrawals"]) == ("50000000.00", "0.00")


def test_the_funds_identities_hold(api: Api, traded: Stack, account: int) -> None:
    found: dict[str, Any] = api("GET", f"accounts/{account}/balances").json()
    money = {name: Decimal(text) for name, text in found.items() if isinstance(text, str) and name != "risk_degree"}
    held = money["margin"] + money["frozen_margin"] + money["frozen_fee"]
    assert money["equity"] == money["cash"] + money["position_profit"]
    assert money["available"] == money["cash"] - held + min(Decimal(0), money["position_profit"])


def test_positions_at_the_last_price(api: Api, traded: Stack, account: int) -> None:
    (found,) = api("GET", f"positions?account={account}").json()["data"]
    assert (found["symbol"], found["side"], found["qty"]) == ("SHFE.au2612", "long", 2)
    assert (found["today_qty"], found["yesterday_qty"], found["closable_today"]) == (2, 0, 2)
    assert (found["avg_open_price"], found["last"]) == ("800.00", "800.40")
    assert (found["profit_by_date"], found["profit_by_trade"]) == ("800.00", "800.00")
    assert api("GET", "positions?symbol=AU2612").json()["data"] == [found]
    problem(api("GET", "positions?symbol=AU9999"), 400, "instrument_not_found")


def test_fills_newest_first(api: Api, traded: Stack, account: int) -> None:
    page = api("GET", "fills?limit=1").json()
    (newest,) = page["data"]
    assert (newest["position_effect"], newest["price"], newest["close_profit"]) == ("close_today", "800.40", "400.00")
    assert (newest["fee"], newest["liquidity"], newest["account"]) == ("0.00", "maker", account)
    rest = api("GET", f"fills?limit=5&cursor={page['next_cursor']}").json()["data"]
    assert [fill["qty"] for fill in rest] == [3]
    assert api("GET", f"fills?order_id={newest['order_id']}").json()["data"] == [newest]


def test_events_are_the_sockets_frames_without_a_gap(api: Api, traded: Stack, account: int) -> None:
    page = api("GET", f"events?account={account}").json()
    assert page["through"] == 6
    assert page["next_cursor"] is None
    assert [frame["seq"] for frame in page["data"]] == [1, 2, 3, 4, 5, 6]
    assert [frame["data"]["event"] for frame in page["data"]] == [
        "opened",
        "cash_moved",
        "order_accepted",
        "fill",
        "order_accepted",
        "fill",
    ]
    assert page["data"][3]["data"]["position"]["qty"] == 3
    part = api("GET", f"events?account={account}&after_seq=3&limit=2").json()
    assert part["data"] == page["data"][3:5]
    assert part["next_cursor"] == "5"
    assert api("GET", f"events?account={account}&after_seq=99").json()["data"] == []


def test_events_need_an_account_of_ones_own(api: Api, traded: Stack) -> None:
    problem(api("GET", "events"), 400, "invalid_field")
    foreign, random = traded.pair.b.account_ids[0], 987654
    answers = [api("GET", f"{path}") for path in (f"events?account={foreign}", f"events?account={random}")]
    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize("path", ["accounts/{}", "accounts/{}/balances", "positions?account={}", "fills?account={}"])
def test_foreign_accounts_are_answered_like_random_ones(api: Api, traded: Stack, path: str) -> None:
    numbers = (traded.pair.b.account_ids[0], traded.pair.a.account_ids[1], 987654)
    bodies = []
    for number in numbers:
        body = problem(api("GET", path.format(number)), 404, "account_not_found")
        bodies.append({name: value for name, value in body.items() if name != "instance"})
    assert bodies[0] == bodies[1] == bodies[2]


def test_an_officer_sees_every_account_of_his_broker_and_no_other(traded: Stack) -> None:
    officer = Api({})
    officer.client = traded.pair.a.http("risk_officer")
    session = officer.client.session
    session.save()
    found = officer("GET", "accounts")
    if found.status_code == 403:
        # In this session the second factor is owed first; the broker's administrator's pages test that road.
        assert found.json()["code"] == "mfa_required"
        return
    assert [account["id"] for account in found.json()["data"]] == sorted(traded.pair.a.account_ids)
    problem(officer("GET", f"accounts/{traded.pair.b.account_ids[0]}"), 404, "account_not_found")
    problem(officer("POST", "orders", order_body(traded.pair.a.account_ids[0])), 403, "right_missing")


def test_frames_of_the_table_equal_what_the_replay_gives_from_any_point(api: Api, traded: Stack, account: int) -> None:
    whole = api("GET", f"events?account={account}").json()["data"]
    for after in range(len(whole)):
        part = api("GET", f"events?account={account}&after_seq={after}").json()["data"]
        assert part == whole[after:], f"after {after}"
