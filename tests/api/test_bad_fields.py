"""Wrong kinds of values: refused by name, in the reader's language, and nothing is entered."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.api.test_orders import problem
from tests.stack import Api, Stack, order_body

pytestmark = pytest.mark.xdist_group("api-orders")

STOP = {"type": "stop", "limit_price": None, "stop_price": "860.00"}
TRAIL = {"type": "trailing_stop", "limit_price": None}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"limit_price": 800}, "/limit_price"),
        ({"limit_price": 800.02}, "/limit_price"),
        ({"limit_price": "800.00 "}, "/limit_price"),
        ({"limit_price": "800.00\n"}, "/limit_price"),
        ({"limit_price": "٨٠٠"}, "/limit_price"),
        ({"limit_price": "999999999999.00"}, "/limit_price"),
        (TRAIL | {"trail_price": "999999999999.00"}, "/trail_price"),
        (STOP | {"stop_price": 860}, "/stop_price"),
        ({"client_order_id": 1}, "/client_order_id"),
        ({"client_order_id": "a\n"}, "/client_order_id"),
        ({"client_order_id": " a"}, "/client_order_id"),
        (STOP | {"other_leg": 7}, "/other_leg"),
        ({"post_only": "yes"}, "/post_only"),
        ({"post_only": 1}, "/post_only"),
        ({"time_in_force": "gtd"}, "/good_till"),
        ({"trading_day": "2026-11-23 "}, "/trading_day"),
    ],
)
def test_a_value_of_the_wrong_kind_names_its_field_and_enters_nothing(
    api: Api, account: int, stack: Stack, changes: dict[str, Any], pointer: str
) -> None:
    orders = api("GET", f"orders?account={account}").json()["data"]
    found = problem(api("POST", "orders", order_body(account, **changes)), 422, "invalid_field")
    assert {error["pointer"] for error in found["errors"]} == {pointer}
    stack.caught_up()
    assert api("GET", f"orders?account={account}").json()["data"] == orders


@pytest.mark.parametrize("body", ["null", "[]", "7", '"x"', "true"])
def test_a_body_that_is_no_object_says_so(api: Api, body: str) -> None:
    found = problem(api("POST", "orders", body), 422, "invalid_field")
    assert found["detail"] == "The body must be a JSON object."


# What a reader of Chinese may meet in Latin letters: names of fields and values, words of the trade.
NAMES = re.compile(r"[a-z]+(?:_[a-z]+)+|JSON|ioc|fok|gtd|gtc|[\"'`$@:<>=(){}\[\].,0-9a-z_|-]*\d[\w.-]*")
SENTENCE = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")


@pytest.mark.parametrize(
    ("method", "path", "changes"),
    [
        ("POST", "orders", {"limit_price": "0"}),
        ("POST", "orders", {"limit_price": "800.001"}),
        ("POST", "orders", {"limit_price": "999999999999.00"}),
        ("POST", "orders", {"limit_price": None}),
        ("POST", "orders", {"type": "market"}),
        ("POST", "orders", STOP | {"stop_price": None}),
        ("POST", "orders", TRAIL),
        ("POST", "orders", {"time_in_force": "gtd"}),
        ("POST", "orders", {"good_till": "2026-02-30", "time_in_force": "gtd"}),
        ("POST", "orders", {"trading_day": "2026-13-01"}),
        ("POST", "orders", {"stop_pric": "1"}),
        ("POST", "orders", {"min_qty": 1}),
        ("POST", "orders", {"symbol": "nope"}),
        ("GET", "orders?limit=0", None),
        ("GET", "orders?limit=x", None),
        ("GET", "orders?status=bogus", None),
        ("GET", "orders?cursor=x", None),
        ("GET", "orders?trading_day=x", None),
        ("GET", "events", None),
        ("GET", "statements/7/x", None),
    ],
)
def test_a_reader_of_chinese_is_told_in_chinese(
    api: Api, account: int, method: str, path: str, changes: dict[str, Any] | None
) -> None:
    body = None if changes is None else order_body(account, **changes)
    answer = api(method, path, body, Accept_Language="zh-hans")
    assert answer.status_code in {400, 404, 422}, answer.content
    found = answer.json()
    told = [found["detail"], *(error["detail"] for error in found.get("errors", []))]
    for text in told:
        assert re.search(r"[\u4e00-\u9fff]", text), told
        assert not SENTENCE.search(NAMES.sub("", text)), told


def test_the_bounds_of_a_limit_are_told_as_they_are(api: Api) -> None:
    for wanted in ("0", "1001", "x", "-1"):
        found = problem(api("GET", f"orders?limit={wanted}"), 400, "invalid_field")
        assert found["detail"] == "limit is not a whole number from 1 to 1000", json.dumps(found)
