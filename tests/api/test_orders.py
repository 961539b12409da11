"""Orders over REST: entered once, repeated safely, changed, canceled; refusals with figures."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stack import DAY, Api, Stack, order_body

pytestmark = pytest.mark.xdist_group("api-orders")


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Assert that an answer is this problem and return its body."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["code"] == code, body
    assert body["status"] == status
    assert body["type"] == f"/api/docs/#problem-{code}"
    return body


def test_enters_an_order(api: Api, account: int) -> None:
    answer = api("POST", "orders", order_body(account, client_order_id="enter-1"))
    assert answer.status_code == 201
    order = answer.json()
    assert (order["client_order_id"], order["account"], order["status"]) == ("enter-1", account, "new")
    assert (order["qty"], order["leaves_qty"], order["limit_price"]) == (2, 2, "799.00")
    assert order["trading_day"] == DAY
    assert order["seq"] > 0


def test_a_read_that_follows_a_write_shows_it(api: Api, account: int) -> None:
    order = api("POST", "orders", order_body(account)).json()
    answer = api("GET", f"orders/{order['id']}?seq={order['seq']}")
    assert answer.status_code == 200
    assert "X-Aurum-Catching-Up" not in answer
    same = ("id", "client_order_id", "account", "symbol", "side", "qty", "limit_price", "status", "seq", "trading_day")
    assert {name: answer.json()[name] for name in same} == {name: order[name] for name in same}


def test_a_number_from_the_future_is_marked_as_catching_up(api: Api, stack: Stack) -> None:
    seq = stack.caught_up()
    answer = api("GET", f"orders?limit=1&seq={seq + 1000}")
    assert (answer.status_code, answer["X-Aurum-Catching-Up"]) == (200, "true")
    assert int(answer["X-Aurum-Through-Seq"]) >= seq


def test_a_repeat_gets_the_first_answer_with_200(api: Api, account: int, stack: Stack) -> None:
    body = order_body(account)
    first = api("POST", "orders", body)
    seq = stack.caught_up()
    again = api("POST", "orders", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    receipt = ("received_ns", "acked_ns")
    told = [{name: value for name, value in said.json().items() if name not in receipt} for said in (first, again)]
    assert told[0] == told[1]
    assert stack.caught_up() == seq


def test_a_repeat_of_an_ended_order_shows_it_as_it_ended(api: Api, account: int) -> None:
    body = order_body(account)
    order = api("POST", "orders", body).json()
    assert api("DELETE", f"orders/{order['id']}?account={account}").status_code == 200
    again = api("POST", "orders", body)
    assert again.status_code == 200
    assert (again.json()["id"], again.json()["status"], again.json()["cancel_reason"]) == (
        order["id"],
        "canceled",
        "client",
    )


def test_a_repeat_of_an_ended_order_never_shows_what_it_was_before(
    api: Api, account: int, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The projection has the order, but not yet its end."""
    from trading.api import orders
    from trading.engine import types as t

    body = order_body(account)
    order = api("POST", "orders", body).json()
    assert api("DELETE", f"orders/{order['id']}?account={account}").status_code == 200
    stack.caught_up()
    found = orders.order_by_client_id

    def behind(**asked: Any) -> Any:
        row = found(**asked)
        row.status = t.NEW
        return row

    monkeypatch.setattr(orders, "order_by_client_id", behind)
    again = api("POST", "orders", body)
    assert (again.status_code, again.json()["code"]) == (503, "catching_up")


def test_a_repeat_of_a_refused_order_is_refused_the_same_way(api: Api, account: int) -> None:
    body = order_body(account, qty=499, limit_price="800.00")
    first, again = api("POST", "orders", body), api("POST", "orders", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["status"] == again.json()["status"] == "rejected"
    assert first.json()["figures"] == again.json()["figures"]


def test_other_fields_under_a_used_id_conflict(api: Api, account: int) -> None:
    body = order_body(account)
    order = api("POST", "orders", body).json()
    found = problem(api("POST", "orders", body | {"qty": 3}), 409, "duplicate_client_order_id")
    assert found["figures"] == {"order_id": order["id"]}
    assert found["errors"][0]["pointer"] == "/client_order_id"
    assert found["ctp_error_id"] == 22


def test_a_refused_order_is_an_order_and_not_an_error(api: Api, account: int) -> None:
    answer = api("POST", "orders", order_body(account, qty=499, limit_price="800.00"))
    assert answer.status_code == 201
    order = answer.json()
    assert (order["status"], order["reject_code"], order["leaves_qty"]) == ("rejected", "insufficient_margin", 0)
    assert order["figures"]["needed"] == "63876990.00"


def test_another_trading_day_is_refused(api: Api, account: int) -> None:
    found = problem(api("POST", "orders", order_body(account, trading_day="2026-11-20")), 409, "trading_day")
    assert found["figures"] == {"trading_day": DAY}


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"qty": 0}, "/qty"),
        ({"qty": "2"}, "/qty"),
        ({"qty": 1.5}, "/qty"),
        ({"qty": True}, "/qty"),
        ({"qty": 10**30}, "/qty"),
        ({"account": "7001"}, "/account"),
        ({"account": 0}, "/account"),
        ({"side": "hold"}, "/side"),
        ({"side": 1}, "/side"),
        ({"type": "pegged"}, "/type"),
        ({"time_in_force": "opg"}, "/time_in_force"),
        ({"position_effect": "flip"}, "/position_effect"),
        ({"client_order_id": "a b"}, "/client_order_id"),
        ({"client_order_id": "ä"}, "/client_order_id"),
        ({"client_order_id": "x" * 65}, "/client_order_id"),
        ({"client_order_id": None}, "/client_order_id"),
        ({"trading_day": None}, "/trading_day"),
        ({"trading_day": "tomorrow!!"}, "/trading_day"),
        ({"trading_day": "2026-02-30"}, "/trading_day"),
        ({"symbol": 5}, "/symbol"),
        ({"limit_price": "8e2"}, "/limit_price"),
        ({"limit_price": "-800.00"}, "/limit_price"),
        ({"stop_prices": "1"}, "/stop_prices"),
    ],
)
def test_names_the_faulty_field_and_changes_nothing(
    api: Api, account: int, stack: Stack, changes: dict[str, Any], pointer: str
) -> None:
    seq = stack.caught_up()
    found = problem(api("POST", "orders", order_body(account, **changes)), 422, "invalid_field")
    assert {error["pointer"] for error in found["errors"]} == {pointer}
    assert stack.caught_up() == seq


def test_names_all_faulty_fields_together(api: Api, account: int) -> None:
    found = problem(api("POST", "orders", order_body(account, qty=0, side="x", foo=1)), 422, "invalid_field")
    assert sorted(error["pointer"] for error in found["errors"]) == ["/foo", "/qty", "/side"]


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"limit_price": "799.01"}, "price_tick", "/limit_price"),
        ({"limit_price": None}, "invalid_field", "/limit_price"),
        ({"type": "market"}, "invalid_field", "/limit_price"),
        ({"symbol": "SHFE.au9999"}, "instrument_not_found", "/symbol"),
        ({"symbol": "nonsense"}, "instrument_not_found", "/symbol"),
    ],
)
def test_refuses_what_fits_no_contract(
    api: Api, account: int, changes: dict[str, Any], code: str, pointer: str
) -> None:
    found = problem(api("POST", "orders", order_body(account, **changes)), 422, code)
    assert found["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("body", [b"{", b"[" * 50_000, b'{"qty": NaN}', b"\xff", b'{"a":1}x', b'"\\ud800"'])
def test_a_malformed_body_is_a_problem(api: Api, body: bytes) -> None:
    problem(api("POST", "orders", body), 400, "malformed_body")


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"null", b'"text"', b'[{"qty":1}]'])
def test_a_body_that_is_no_object_is_a_problem(api: Api, body: bytes) -> None:
    problem(api("POST", "orders", body), 422, "invalid_field")


def test_a_huge_body_is_not_read(api: Api) -> None:
    problem(api("POST", "orders", b" " * 70_000), 413, "request_too_large")


def test_a_form_is_not_taken_for_json(api: Api) -> None:
    answer = api.client.post("/api/v1/orders", {"qty": 1})
    problem(answer, 415, "unsupported_media_type")


def test_changes_an_order(api: Api, account: int, stack: Stack) -> None:
    order = api("POST", "orders", order_body(account)).json()
    answer = api("PATCH", f"orders/{order['id']}", {"qty": 3, "limit_price": "798.00"})
    assert answer.status_code == 200, answer.content
    assert (answer.json()["qty"], answer.json()["limit_price"]) == (3, "798.00")
    stack.caught_up()
    assert api("GET", f"orders/{order['id']}").json()["limit_price"] == "798.00"


def test_cancels_an_order_at_once_after_entering_it(api: Api, account: int) -> None:
    order = api("POST", "orders", order_body(account)).json()
    answer = api("DELETE", f"orders/{order['id']}")
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    problem(api("DELETE", f"orders/{order['id']}"), 409, "too_late_to_cancel")


def test_cancel_all_leaves_nothing_working(api: Api, account: int, stack: Stack) -> None:
    api("POST", "orders", order_body(account))
    answer = api("POST", "orders/cancel-all", {"account": account})
    assert answer.status_code == 200
    stack.caught_up()
    assert api("GET", f"orders?account={account}&status=working").json()["data"] == []
    assert api("POST", "orders/cancel-all", {"account": account}).status_code == 200


def test_an_idempotency_key_gives_the_first_answer_again(api: Api, account: int) -> None:
    first = api("POST", "orders/cancel-all", {"account": account}, Idempotency_Key="k-1")
    again = api("POST", "orders/cancel-all", {"account": account}, Idempotency_Key="k-1")
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    other = api("POST", "orders/cancel-all", {"account": account, "symbol": "AU2612"}, Idempotency_Key="k-1")
    problem(other, 422, "idempotency_key_reused")
    problem(api("POST", "orders/cancel-all", {"account": account}, Idempotency_Key="a b"), 400, "invalid_field")


def test_an_idempotency_key_belongs_to_its_caller(api: Api, account: int, stack: Stack) -> None:
    api("POST", "orders/cancel-all", {"account": account}, Idempotency_Key="shared")
    other = Api(stack.pair.b.bearer())
    answer = other("POST", "orders/cancel-all", {"account": stack.pair.b.account_ids[0]}, Idempotency_Key="shared")
    assert (answer.status_code, answer.json()["account"]) == (200, stack.pair.b.account_ids[0])


def test_previews_without_keeping_anything(api: Api, account: int, stack: Stack) -> None:
    seq = stack.caught_up()
    body = order_body(account, client_order_id=None)
    found = api("POST", "orders/preview", body).json()
    assert (found["ok"], found["code"], found["position_effect"]) == (True, None, "open")
    assert (found["margin"], found["fee"]) == ("256000.00", "20.00")
    assert found["max_qty"] > 0
    refused = api("POST", "orders/preview", body | {"qty": 499}).json()
    assert (refused["ok"], refused["code"]) == (False, "insufficient_margin")
    assert refused["detail"].startswith("Needs ")
    assert stack.caught_up() == seq


def test_finds_an_order_by_the_clients_number(api: Api, account: int) -> None:
    api("POST", "orders", order_body(account, client_order_id="mine/1:x"))
    answer = api("GET", f"orders/by-client-id/mine/1:x?account={account}")
    assert (answer.status_code, answer.json()["client_order_id"]) == (200, "mine/1:x")
    problem(api("GET", f"orders/by-client-id/other?account={account}"), 404, "order_not_found")
    problem(api("GET", f"orders/by-client-id/a%00b?account={account}"), 404, "order_not_found")
    problem(api("GET", "orders/by-client-id/mine"), 400, "invalid_field")


def test_pages_through_orders_newest_first(api: Api, account: int, stack: Stack) -> None:
    made = [api("POST", "orders", order_body(account)).json()["id"] for _ in range(5)]
    stack.caught_up()
    seen: list[str] = []
    cursor = ""
    for _ in range(3):
        page = api("GET", f"orders?account={account}&limit=2{cursor}").json()
        seen += [order["id"] for order in page["data"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert seen[:5] == made[::-1]
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=x",
        "limit=100000",
        "cursor=%2e",
        "status=odd",
        "trading_day=2026-13-01",
        "seq=-1",
        "account=1e3",
    ],
)
def test_refuses_a_malformed_query(api: Api, query: str) -> None:
    problem(api("GET", f"orders?{query}"), 400, "invalid_field")


def test_foreign_ids_are_answered_like_random_ones(api: Api, stack: Stack) -> None:
    other = Api(stack.pair.b.bearer())
    foreign = stack.pair.b.account_ids[0]
    order = other("POST", "orders", order_body(foreign)).json()
    stack.caught_up()
    seq = stack.caught_up()
    pairs = [
        ("GET", f"orders/{order['id']}", "orders/999999999", None),
        ("DELETE", f"orders/{order['id']}", "orders/999999999", None),
        ("DELETE", f"orders/{order['id']}?account={foreign}", "orders/999999999?account=987654", None),
        ("PATCH", f"orders/{order['id']}", "orders/999999999", {"qty": 1, "limit_price": "799.00"}),
        ("GET", f"orders?account={foreign}", "orders?account=987654", None),
        ("GET", f"orders/by-client-id/x?account={foreign}", "orders/by-client-id/x?account=987654", None),
        ("POST", "orders", "orders", None),
        ("POST", "orders/cancel-all", "orders/cancel-all", None),
    ]
    for method, theirs, random, body in pairs:
        bodies = (body, body)
        if theirs == random:
            bodies = (order_body(foreign, client_order_id="f"), order_body(987654, client_order_id="f"))
            if theirs.endswith("cancel-all"):
                bodies = ({"account": foreign}, {"account": 987654})
        answers = [api(method, path, given) for path, given in zip((theirs, random), bodies, strict=True)]
        bare = [{name: value for name, value in answer.json().items() if name != "instance"} for answer in answers]
        assert answers[0].status_code == answers[1].status_code == 404, (method, theirs, answers[0].content)
        assert bare[0] == bare[1]
    assert stack.caught_up() == seq


def test_a_read_only_key_enters_nothing(stack: Stack, account: int) -> None:
    from accounts.services.api_keys import apikey_create
    from accounts.tenancy.context import tenant_scope
    from tests.world import MAKER

    house = stack.pair.a
    with tenant_scope(tenant_id=house.tenant.pk):
        key = apikey_create(actor=MAKER, user_id=house.investor.pk, label="reader", scopes=["read"])
    reader = Api({"Authorization": f"Bearer {key.bearer}"})
    problem(reader("POST", "orders", order_body(account)), 403, "right_missing")
    assert reader("GET", "orders").status_code == 200


def test_without_a_key_or_session_nothing_opens(stack: Stack) -> None:
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer ak_1_" + "a" * 20 + ".b"}):
        stranger = Api(headers)
        for path in ("orders", "accounts", "instruments", "status", "fills", "positions", "events?account=1"):
            problem(stranger("GET", path), 401, "not_signed_in")


def test_unknown_addresses_and_methods_are_problems(api: Api) -> None:
    problem(api("GET", "nowhere"), 404, "not_found")
    problem(api("GET", "orders/0"), 404, "not_found")
    problem(api("GET", "orders/99999999999999999999999"), 404, "not_found")
    problem(api("PUT", "orders"), 405, "method_not_allowed")


def test_answers_carry_the_request_id_and_the_rate(api: Api) -> None:
    answer = api("GET", "orders", X_Request_Id="abc-1")
    assert answer["X-Request-Id"] == "abc-1"
    assert answer["RateLimit-Policy"].startswith('"queries";q=300')
    assert int(answer["X-RateLimit-Remaining"]) == 299
    assert api("GET", "orders", X_Request_Id="bad id")["X-Request-Id"] != "bad id"
    assert api("GET", "orders/999999").json()["instance"].startswith("urn:request:")


def test_orders_over_the_rate_wait_and_cancels_do_not(api: Api, account: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from trading.api import throttle
    from trading.sockets.limits import Rate

    monkeypatch.setitem(throttle._RATES, throttle.ORDERS, Rate(per_s=1, burst=2))
    late = [api("POST", "orders", b"{}") for _ in range(5)][-1]
    found = problem(late, 429, "rate_limited")
    assert found["figures"]["retry_after_ms"] > 0
    assert late["Retry-After"] == "1"
    assert api("POST", "orders/cancel-all", {"account": account}).status_code == 200
    assert api("GET", "orders").status_code == 200


def test_a_browser_needs_the_csrf_token(stack: Stack, account: int) -> None:
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(stack.pair.a.investor, backend="django.contrib.auth.backends.ModelBackend")
    answer = browser.post("/api/v1/orders", order_body(account), content_type="application/json")
    assert answer.status_code == 403
