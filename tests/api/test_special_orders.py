"""Orders with terms over REST: entered, shown, changed; what does not fit is refused with the field."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.api.test_orders import problem
from tests.stack import DAY, Api, Stack, order_body

pytestmark = pytest.mark.xdist_group("api-orders")


def stop(account: int, **changes: Any) -> dict[str, Any]:
    """A stop to buy well above the market."""
    return order_body(account, **({"type": "stop", "limit_price": None, "stop_price": "860.00"} | changes))


def test_a_stop_waits_and_shows_its_trigger(api: Api, account: int) -> None:
    order = api("POST", "orders", stop(account)).json()
    assert (order["status"], order["type"], order["limit_price"], order["stop_price"], order["terms"]) == (
        "held", "stop", None, "860.00", None,
    )  # fmt: skip
    read = api("GET", f"orders/{order['id']}?seq={order['seq']}").json()
    assert (read["status"], read["stop_price"], read["leaves_qty"]) == ("held", "860.00", 2)
    working = api("GET", f"orders?account={account}&status=working&seq={order['seq']}").json()["data"]
    assert order["id"] in [item["id"] for item in working]


def test_a_held_stop_is_moved_and_canceled(api: Api, account: int) -> None:
    order = api("POST", "orders", stop(account)).json()
    body = {"account": account, "qty": 1, "stop_price": "870.00"}
    moved = api("PATCH", f"orders/{order['id']}", body)
    assert moved.status_code == 200, moved.content
    assert (moved.json()["stop_price"], moved.json()["qty"], moved.json()["status"]) == ("870.00", 1, "held")
    read = api("GET", f"orders/{order['id']}?seq={moved.json()['seq']}").json()
    assert (read["stop_price"], read["qty"], read["status"]) == ("870.00", 1, "held")
    gone = api("DELETE", f"orders/{order['id']}?account={account}").json()
    assert (gone["status"], gone["stop_price"]) == ("canceled", "870.00")


def test_terms_come_back_as_they_were_asked_for(api: Api, account: int) -> None:
    body = order_body(
        account, time_in_force="gtd", good_till=DAY, qty=5, display_qty=2, post_only=True,
        take_profit_price="850.00", stop_loss_price="780.00",
    )  # fmt: skip
    order = api("POST", "orders", body).json()
    terms = {
        "display_qty": 2, "post_only": True, "good_till": DAY,
        "take_profit_price": "850.00", "stop_loss_price": "780.00",
    }  # fmt: skip
    assert (order["status"], order["terms"]) == ("new", terms)
    assert api("GET", f"orders/{order['id']}?seq={order['seq']}").json()["terms"] == terms


def test_a_pair_and_its_end(api: Api, account: int) -> None:
    entry = api("POST", "orders", order_body(account, qty=1)).json()
    leg = api("POST", "orders", stop(account, qty=1, other_leg=entry["client_order_id"])).json()
    assert (leg["status"], leg["terms"]) == ("held", {"other_leg": entry["client_order_id"]})
    api("DELETE", f"orders/{entry['id']}?account={account}")
    ended = api("GET", f"orders/{leg['id']}?seq={entry['seq'] + 2}").json()
    assert (ended["status"], ended["cancel_reason"]) == ("canceled", "other_leg")


def test_a_repeat_with_other_terms_is_refused(api: Api, account: int) -> None:
    body = stop(account)
    assert api("POST", "orders", body).status_code == 201
    assert api("POST", "orders", body).status_code == 200
    problem(api("POST", "orders", body | {"stop_price": "861.00"}), 409, "duplicate_client_order_id")


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"stop_price": "860.001"}, "price_tick", "/stop_price"),
        ({"stop_price": "x"}, "invalid_field", "/stop_price"),
        ({"limit_price": "860.00"}, "invalid_field", "/limit_price"),
        ({"type": "stop_limit"}, "invalid_field", "/limit_price"),
        ({"stop_price": None}, "invalid_field", "/stop_price"),
        ({"min_qty": 0}, "invalid_field", "/min_qty"),
        ({"good_till": "2026-13-01", "time_in_force": "gtd"}, "invalid_field", "/good_till"),
        ({"other_leg": "a b"}, "invalid_field", "/other_leg"),
        ({"post_only": "maybe"}, "invalid_field", "/post_only"),
        ({"min_qty": 1}, "order_terms", "/min_qty"),
        ({"trail_price": "1.00"}, "order_terms", "/trail_price"),
        ({"post_only": True}, "order_terms", "/post_only"),
        ({"take_profit_price": "870.00"}, "order_terms", "/take_profit_price"),
        ({"time_in_force": "ioc"}, "invalid_field", "/time_in_force"),
    ],
)
def test_terms_that_do_not_fit_name_the_field_and_change_nothing(
    api: Api, account: int, stack: Stack, changes: dict[str, Any], code: str, pointer: str
) -> None:
    stack.caught_up()
    orders = api("GET", f"orders?account={account}").json()["data"]
    found = problem(api("POST", "orders", stop(account, **changes)), 422, code)
    assert [error["pointer"] for error in found["errors"]] == [pointer]
    stack.caught_up()
    assert api("GET", f"orders?account={account}").json()["data"] == orders


def test_a_stop_on_the_wrong_side_is_an_order_that_was_refused(api: Api, account: int) -> None:
    order = api("POST", "orders", stop(account, stop_price="700.00")).json()
    assert (order["status"], order["reject_code"]) == ("rejected", "stop_side")
    assert order["figures"]["trigger"] == "700.00"
    order = api("POST", "orders", order_body(account, time_in_force="auction")).json()
    assert (order["reject_code"], order["figures"]) == ("wrong_phase", {"phase": "continuous"})


def test_a_preview_says_the_same(api: Api, account: int) -> None:
    body = {name: value for name, value in stop(account, stop_price="700.00").items() if name != "client_order_id"}
    preview = api("POST", "orders/preview", body).json()
    assert (preview["ok"], preview["code"]) == (False, "stop_side")
    preview = api("POST", "orders/preview", body | {"stop_price": "860.00"}).json()
    assert (preview["ok"], preview["max_qty"] > 0) == (True, True)


def test_the_dead_mans_switch_cancels_what_works_and_says_so(api: Api, account: int) -> None:
    order = api("POST", "orders", order_body(account)).json()
    answer = api("POST", "orders/cancel-after", {"account": account, "seconds": 1})
    assert (answer.status_code, answer.json()["account"]) == (200, account)
    assert answer.json()["cancel_at"] > order["created_at"]
    deadline = time.monotonic() + 8
    while True:
        read = api("GET", f"orders/{order['id']}").json()
        if read["status"] == "canceled" or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    assert (read["status"], read["cancel_reason"]) == ("canceled", "cancel_after")
    off = api("POST", "orders/cancel-after", {"account": account, "seconds": 0}).json()
    assert off["cancel_at"] is None
    for seconds in (-1, 3601, "5", None):
        problem(api("POST", "orders/cancel-after", {"account": account, "seconds": seconds}), 422, "invalid_field")
