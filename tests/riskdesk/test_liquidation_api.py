"""The doors of forced liquidation on a running core: plan, proposal, four eyes, stop, and the order that says why."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.services.people import acting

if TYPE_CHECKING:  # the settings are configured after conftest files are read
    from tests.stack import Stack

pytestmark = pytest.mark.xdist_group("liquidation-api")
LOTS = 380  # at 800.00 and 16 %: 48,640,000.00 of margin on 50,000,000.00


@pytest.fixture(scope="module")
def stack(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stack]:
    """Core and followers; the first client of A is long 380 lots, and the price has fallen by ten yuan."""
    from tests.stack import running_stack
    from trading.engine import types as t

    with django_db_blocker.unblock(), running_stack(web=False) as running:
        a, b = running.pair.a, running.pair.b
        for _ in range(3):
            running.deposit(b, 0)
        for house, index, side, qty, price in (
            (b, 0, t.SELL, LOTS, 40_000), (a, 0, t.BUY, LOTS, 40_000),
            (b, 0, t.SELL, 1, 39_500), (a, 1, t.BUY, 1, 39_500),
        ):  # fmt: skip
            trade(running, house, side, qty, price, index=index)
        running.caught_up()
        yield running


def trade(stack: Stack, house: Any, side: int, qty: int, price: int, *, index: int = 0) -> None:
    """Enter an opening order of one of a house's accounts."""
    from tests.engine.support import DAY_1, GOLD
    from trading.engine import types as t
    from trading.engine.commands import PlaceOrder

    stack.references += 1
    terms = (GOLD, side, t.OPEN, t.LIMIT, t.DAY, qty, price)
    name = f"la-{stack.references}"
    stack.call(PlaceOrder(house.tenant.pk, house.account_ids[index], name, DAY_1, *terms, "u1"))


def ask(stack: Stack, role: str, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
    """Send a request as somebody of A; gives status and JSON."""
    browser = stack.pair.a.http(role)
    data = {} if body is None else {"data": json.dumps(body)}
    answer = browser.generic(method, f"/api/v1/risk/{path}", content_type="application/json", **data)
    return answer.status_code, answer.json()


def test_plan_proposal_approval_forced_orders_and_stop(stack: Stack) -> None:
    from riskdesk.services.liquidations import liquidation_approve
    from trading.models import Order

    house = stack.pair.a
    account = house.account_ids[0]
    status, plan = ask(stack, "risk_officer", "GET", f"accounts/{account}/liquidation?basis=exchange")
    assert (status, plan["basis"], plan["margin"]) == (200, "exchange", "48640000.00")
    (row,) = plan["rows"]
    assert (row["symbol"], row["side"], row["position_effect"], row["qty"]) == (
        "SHFE.au2612", "long", "close_today", LOTS,
    )  # fmt: skip
    status, problem = ask(stack, "risk_officer", "GET", f"accounts/{account}/liquidation?basis=other")
    assert (status, problem["code"]) == (422, "invalid_field")
    status, proposal = ask(stack, "risk_officer", "POST", f"accounts/{account}/liquidation", {"basis": "company"})
    assert (status, proposal["state"], proposal["target"]) == (201, "proposed", "0.9")
    status, problem = ask(stack, "risk_officer", "POST", f"accounts/{account}/liquidation", {"basis": "company"})
    assert (status, problem["code"]) == (409, "wrong_state")
    path = f"liquidation-proposals/{proposal['id']}"
    status, problem = ask(stack, "risk_officer", "POST", f"{path}/approve")
    assert (status, problem["code"]) == (403, "maker_is_checker")
    with acting(house, "risk_officer") as officer:
        second = replace(officer, user_id=house.people["back_office_checker"].pk)
        opened = liquidation_approve(actor=second, proposal_id=proposal["id"])
    stack.caught_up()
    status, shown = ask(stack, "risk_officer", "GET", "liquidations")
    (one,) = shown["liquidations"]
    assert (one["number"], one["outcome"], one["reason"]) == (opened.number, None, "lack_of_deposit")
    for _ in range(40):  # the rounds of the followers place the order
        if forced(stack, account):
            break
        time.sleep(0.25)
    (order,) = forced(stack, account)
    assert (order.terms.force_reason, order.price_ticks) == (1, 39_500)
    stack.caught_up()
    with acting(house, "investor"):
        assert Order.objects.get(account_id=account, id=order.order_id).terms == {"force_reason": 1}
    status, told = ask(stack, "risk_officer", "POST", f"accounts/{account}/liquidation/stop", {"reason": "he pays"})
    assert (status, told["number"]) == (200, opened.number)
    assert forced(stack, account) == []
    status, problem = ask(stack, "risk_officer", "POST", f"accounts/{account}/liquidation/stop", {"reason": "again"})
    assert (status, problem["code"]) == (409, "liquidation_not_open")


def forced(stack: Stack, account: int) -> list[Any]:
    """The forced orders that work in an account."""
    from trading.core import client

    view = client.query("account", tenant_id=stack.pair.a.tenant.pk, account_id=account)
    return [order for order in view.orders if order.terms is not None and order.terms.force_reason]


def test_who_needs_nothing_is_not_proposed_and_strangers_see_nothing(stack: Stack) -> None:
    house = stack.pair.a
    status, problem = ask(
        stack, "risk_officer", "POST", f"accounts/{house.account_ids[1]}/liquidation", {"basis": "company"}
    )
    assert (status, problem["code"]) == (409, "liquidation_not_needed")
    foreign = stack.pair.b.account_ids[0]
    assert ask(stack, "risk_officer", "GET", f"accounts/{foreign}/liquidation")[0] == 404
    assert (
        ask(stack, "investor", "POST", f"accounts/{house.account_ids[0]}/liquidation", {"basis": "company"})[0] == 403
    )


def test_the_client_is_told_and_confirms_over_rest(stack: Stack) -> None:
    status, told = ask(stack, "investor", "GET", "notices")
    assert status == 200
    assert {item["kind"] for item in told["items"]} >= {"warn", "margin_call", "close_only"}
    assert {item["state"] for item in told["items"]} == {"delivered"}
    number = told["items"][0]["id"]
    status, confirmed = ask(stack, "investor", "POST", f"notices/{number}/confirm")
    assert (status, confirmed["state"]) == (200, "confirmed")
    assert ask(stack, "risk_officer", "POST", f"notices/{number}/confirm")[0] == 404
