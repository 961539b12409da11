"""Opening accounts, interventions and contracts through the services."""

from __future__ import annotations

from typing import Any

import pytest

from portal.lib.errors import Refused
from tests.services.people import acting
from tests.stack import Api, Stack, order_body

pytestmark = pytest.mark.xdist_group("services-accounts")


def open_account(stack: Stack, name: str = "second") -> Any:
    """Let the back office open another account for the first client."""
    from trading.services.accounts import money_account_open

    house = stack.pair.a
    with acting(house, "back_office_maker") as maker:
        return money_account_open(actor=maker, client_id=house.clients[0].pk, name=name)


def engine_view(stack: Stack, account_id: int) -> Any:
    """Return the account as the core has it."""
    from trading.core import client

    return client.query("account", tenant_id=stack.pair.a.tenant.pk, account_id=account_id)


def test_an_account_is_paper_first_and_then_real(stack: Stack) -> None:
    account = open_account(stack)
    assert (account.state, account.seq) == (0, 0)
    view = engine_view(stack, account.id)
    assert (view.account_id, view.group_id) == (account.id, stack.pair.a.clients[0].pk)
    stack.caught_up()
    numbers = [item["id"] for item in Api(stack.pair.a.bearer())("GET", "accounts").json()["data"]]
    assert account.id in numbers


def test_an_account_that_got_lost_is_opened_by_the_sweep(stack: Stack) -> None:
    from django.utils import timezone

    from accounts.tenancy.context import tenant_scope
    from trading.models import MoneyAccount
    from trading.services.accounts import SWEEP_AFTER

    house = stack.pair.a
    stack.core.kill()
    stack.core.wait()
    try:
        account = open_account(stack, "orphan")
    finally:
        stack.core = stack.processes.core()
    with pytest.raises(Refused):
        engine_view(stack, account.id)
    # The followers' process sweeps every five seconds what is older than three.
    import time

    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        time.sleep(0.5)
        with tenant_scope(tenant_id=house.tenant.pk):
            row = MoneyAccount.objects.get(id=account.id)
        if row.state == 1:
            break
    assert row.state == 1
    assert engine_view(stack, account.id).account_id == account.id
    assert timezone.now() - row.asked_at > SWEEP_AFTER


def test_only_the_back_office_opens_accounts(stack: Stack) -> None:
    from trading.services.accounts import money_account_open

    house = stack.pair.a
    for role in ("investor", "risk_officer", "broker_admin", "back_office_checker"):
        with acting(house, role) as person, pytest.raises(Refused) as refused:
            money_account_open(actor=person, client_id=house.clients[0].pk, name="x")
        assert refused.value.code == "right_missing"
    with acting(house, "back_office_maker") as maker, pytest.raises(Refused) as foreign:
        money_account_open(actor=maker, client_id=stack.pair.b.clients[0].pk, name="x")
    assert foreign.value.code == "not_found"


def test_close_only_refuses_openings_from_its_number_on(stack: Stack) -> None:
    from trading.services import interventions

    house = stack.pair.a
    account_id, api = house.account_ids[0], Api(house.bearer())
    with acting(house, "risk_officer") as officer:
        done = interventions.account_close_only(actor=officer, account_id=account_id, reason="风险过高")
    refused = api("POST", "orders", order_body(account_id)).json()
    assert (refused["status"], refused["reject_code"]) == ("rejected", "close_only")
    assert refused["seq"] > done.seq
    with acting(house, "risk_officer") as officer:
        interventions.account_release(actor=officer, account_id=account_id, reason="ok")
    assert api("POST", "orders", order_body(account_id)).json()["status"] == "new"


def test_blocking_cancels_what_works_and_the_client_is_told(stack: Stack) -> None:
    from trading.services import interventions

    house = stack.pair.a
    account_id, api = house.account_ids[0], Api(house.bearer())
    order = api("POST", "orders", order_body(account_id)).json()
    with acting(house, "risk_officer") as officer:
        done = interventions.account_block(actor=officer, account_id=account_id, reason="调查")
    stack.caught_up()
    ended = api("GET", f"orders/{order['id']}").json()
    assert (ended["status"], ended["cancel_reason"], ended["seq"]) == ("canceled", "officer", done.seq)
    events = api("GET", f"events?account={account_id}").json()["data"]
    told = [frame["data"] for frame in events if frame["data"]["event"] == "status_changed"][-1]
    assert (told["account"]["status"], told["reason"], told["journal_seq"]) == ("blocked", "调查", done.seq)
    assert api("POST", "orders", order_body(account_id)).json()["reject_code"] == "account_frozen"
    with acting(house, "risk_officer") as officer:
        interventions.account_release(actor=officer, account_id=account_id, reason="ok")


def test_cancel_all_by_an_officer_says_so(stack: Stack) -> None:
    from accounts.models import AuditEntry
    from trading.services import interventions

    house = stack.pair.a
    account_id, api = house.account_ids[0], Api(house.bearer())
    order = api("POST", "orders", order_body(account_id)).json()
    with acting(house, "risk_officer") as officer:
        done = interventions.account_cancel_all(actor=officer, account_id=account_id, reason="too many")
        entry = AuditEntry.objects.order_by("-number").first()
    assert (entry.action, entry.reason, entry.journal_seq) == ("account.cancel_all", "too many", done.seq)
    stack.caught_up()
    assert api("GET", f"orders/{order['id']}").json()["cancel_reason"] == "officer"


@pytest.mark.parametrize("role", ["investor", "back_office_maker", "broker_admin"])
def test_interventions_need_the_right(stack: Stack, role: str) -> None:
    from trading.services.interventions import account_block

    house = stack.pair.a
    with acting(house, role) as person, pytest.raises(Refused) as refused:
        account_block(actor=person, account_id=house.account_ids[0], reason="x")
    assert refused.value.code == "right_missing"
    assert engine_view(stack, house.account_ids[0]).status == 0


def test_interventions_need_a_reason_and_an_account_of_the_broker(stack: Stack) -> None:
    from trading.services.interventions import account_block

    house = stack.pair.a
    with acting(house, "risk_officer") as officer:
        for reason in ("", "   ", "x" * 501):
            with pytest.raises(Refused) as refused:
                account_block(actor=officer, account_id=house.account_ids[0], reason=reason)
            assert refused.value.pointer == "/reason"
        for account_id in (stack.pair.b.account_ids[0], 987_654):
            with pytest.raises(Refused) as foreign:
                account_block(actor=officer, account_id=account_id, reason="x")
            assert (foreign.value.code, foreign.value.status) == ("account_not_found", 404)


def test_only_the_operator_rolls_days_and_kills_the_venue(stack: Stack) -> None:
    from trading.services import instruments

    with acting(stack.pair.a, "broker_admin") as admin:
        for act in (
            lambda: instruments.day_roll(actor=admin),
            lambda: instruments.venue_kill(actor=admin, on=True, reason="x"),
        ):
            with pytest.raises(Refused) as refused:
                act()
            assert refused.value.code == "right_missing"


def test_a_kill_switch_refuses_and_is_released(stack: Stack) -> None:
    from accounts.audit import SystemActor
    from trading.services import instruments

    house, system = stack.pair.a, SystemActor(name="test")
    account_id, api = house.account_ids[0], Api(house.bearer())
    instruments.venue_kill(actor=system, on=True, reason="test", scope="tenant", target_id=house.tenant.pk)
    refused = api("POST", "orders", order_body(account_id)).json()
    assert (refused["reject_code"], refused["figures"]) == ("kill_switch", {"scope": "tenant"})
    other = Api(stack.pair.b.bearer())
    assert other("POST", "orders", order_body(stack.pair.b.account_ids[0])).json()["status"] == "new"
    stack.caught_up()
    assert api("GET", "status").json()["kill"]["tenant"] is True
    assert other("GET", "status").json()["kill"]["tenant"] is False
    instruments.venue_kill(actor=system, on=False, reason="over", scope="tenant", target_id=house.tenant.pk)
    assert api("POST", "orders", order_body(account_id)).json()["status"] == "new"


def test_a_number_that_no_message_can_carry_is_refused_and_changes_nothing(stack: Stack) -> None:
    from tests.engine.support import gold
    from trading.core import client
    from trading.engine.commands import PutInstrument
    from trading.services.core_calls import command_send

    before = int(client.query("status")["seq"])
    with pytest.raises(Refused) as refused:
        command_send(PutInstrument(0, gold(max_order_qty=10**400), "u9"))
    assert (refused.value.code, refused.value.status) == ("invalid_field", 422)
    assert int(client.query("status")["seq"]) == before
