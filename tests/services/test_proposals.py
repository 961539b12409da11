"""Maker and checker: money, limits, rates and releases move only by four eyes, and every step leaves its trace."""

from __future__ import annotations

from typing import Any

import pytest

from portal.lib.errors import Refused
from tests.services.people import acting
from tests.stack import CASH_FEN, Stack

pytestmark = pytest.mark.xdist_group("services-proposals")


def cash_of(stack: Stack, index: int = 0) -> int:
    """Return an account's cash as the core has it."""
    from trading.core import client

    house = stack.pair.a
    view = client.query("account", tenant_id=house.tenant.pk, account_id=house.account_ids[index])
    return int(view.funds.cash_fen)


def propose_cash(stack: Stack, reference: str, *, amount_fen: int = 5_000, kind: str = "deposit") -> int:
    """Let the maker propose a movement for the first account."""
    from trading.services.proposals import cash_propose

    house = stack.pair.a
    with acting(house, "back_office_maker") as maker:
        proposal = cash_propose(
            actor=maker, account_id=house.account_ids[0], kind=kind, amount_fen=amount_fen, reference=reference
        )
    return int(proposal.pk)


def decide(stack: Stack, proposal_id: int, *, role: str = "back_office_checker", house: Any = None) -> Any:
    """Let somebody approve."""
    from trading.services.proposals import proposal_approve

    with acting(house or stack.pair.a, role) as checker:
        return proposal_approve(actor=checker, proposal_id=proposal_id)


def audit_rows(stack: Stack, target: str) -> list[Any]:
    """Return the audit entries about something."""
    from accounts.models import AuditEntry
    from accounts.tenancy.context import tenant_scope

    with tenant_scope(tenant_id=stack.pair.a.tenant.pk):
        return list(AuditEntry.objects.filter(target=target).order_by("number"))


def test_a_deposit_moves_only_after_the_second_person(stack: Stack) -> None:
    before = cash_of(stack)
    number = propose_cash(stack, "bank-1")
    assert cash_of(stack) == before
    proposal = decide(stack, number)
    assert (proposal.state, proposal.result) == ("applied", {"seq": proposal.journal_seq})
    assert cash_of(stack) == before + 5_000
    steps = [(row.action, row.journal_seq) for row in audit_rows(stack, f"proposal {number}")]
    assert steps == [("cash.propose", None), ("cash.applied", proposal.journal_seq)]


def test_whoever_proposed_cannot_approve(stack: Stack) -> None:
    from accounts.choices import RoleName
    from accounts.models import Membership
    from accounts.tenancy.context import tenant_scope
    from trading.services import proposals

    before = cash_of(stack)
    number = propose_cash(stack, "bank-2")
    with pytest.raises(Refused) as refused:
        decide(stack, number, role="back_office_maker")
    assert refused.value.code == "right_missing"
    house = stack.pair.a
    with tenant_scope(tenant_id=house.tenant.pk):
        # Past the roles' own rule, as if somebody had both: the service itself must refuse.
        Membership.objects.create(user=house.people["back_office_maker"], role=RoleName.BACK_OFFICE_CHECKER)
    try:
        with acting(house, "back_office_maker") as both, pytest.raises(Refused) as again:
            proposals.proposal_approve(actor=both, proposal_id=number)
        assert again.value.code == "maker_is_checker"
    finally:
        with tenant_scope(tenant_id=house.tenant.pk):
            row = Membership.objects.get(user=house.people["back_office_maker"], role=RoleName.BACK_OFFICE_CHECKER)
            row.status = "ended"
            row.save()
    assert cash_of(stack) == before


def test_the_core_refuses_maker_as_checker_too(stack: Stack) -> None:
    from trading.engine import commands as cmd
    from trading.engine import types as t

    house, before = stack.pair.a, cash_of(stack)
    answer = stack.call(cmd.MoveCash(house.tenant.pk, house.account_ids[0], t.DEPOSIT, 100, "self-1", "u5", "u5"))
    assert answer.event.code == "maker_is_checker"
    assert cash_of(stack) == before


def test_a_refused_movement_is_told_with_figures_and_changes_nothing(stack: Stack) -> None:
    before = cash_of(stack)
    number = propose_cash(stack, "bank-3", amount_fen=CASH_FEN * 10, kind="withdraw")
    proposal = decide(stack, number)
    assert proposal.state == "refused"
    assert proposal.result["code"] == "over_withdrawable"
    assert proposal.result["figures"]["amount"] == "500000000.00"
    assert cash_of(stack) == before


def test_a_reference_is_used_once(stack: Stack) -> None:
    decide(stack, propose_cash(stack, "bank-4"))
    with pytest.raises(Refused) as refused:
        propose_cash(stack, "bank-4")
    assert (refused.value.code, refused.value.pointer) == ("reference_used", "/reference")


def test_a_decided_proposal_cannot_be_decided_again(stack: Stack) -> None:
    before = cash_of(stack)
    number = propose_cash(stack, "bank-5")
    decide(stack, number)
    with pytest.raises(Refused) as refused:
        decide(stack, number)
    assert (refused.value.code, refused.value.status) == ("wrong_state", 409)
    assert cash_of(stack) == before + 5_000


def test_an_approval_lost_after_the_core_acted_is_found_done(stack: Stack) -> None:
    from django.db import transaction

    before = cash_of(stack)
    number = propose_cash(stack, "bank-6")
    with transaction.atomic():
        decide(stack, number)
        transaction.set_rollback(True)
    assert cash_of(stack) == before + 5_000
    stack.caught_up()
    proposal = decide(stack, number)
    assert proposal.state == "applied"
    assert cash_of(stack) == before + 5_000


def test_another_brokers_checker_sees_nothing(stack: Stack) -> None:
    number = propose_cash(stack, "bank-7")
    with pytest.raises(Refused) as foreign:
        decide(stack, number, house=stack.pair.b)
    with pytest.raises(Refused) as random:
        decide(stack, 987_654, house=stack.pair.b)
    assert (foreign.value.code, foreign.value.status) == (random.value.code, random.value.status) == ("not_found", 404)


def test_a_maker_withdraws_his_own_proposal_and_a_checker_rejects(stack: Stack) -> None:
    from trading.services.proposals import proposal_reject

    mine, theirs = propose_cash(stack, "bank-8"), propose_cash(stack, "bank-9")
    with acting(stack.pair.a, "back_office_maker") as maker:
        assert proposal_reject(actor=maker, proposal_id=mine).state == "withdrawn"
    with acting(stack.pair.a, "back_office_checker") as checker:
        assert proposal_reject(actor=checker, proposal_id=theirs, reason="not ours").state == "refused"
    assert propose_cash(stack, "bank-8") > mine


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"kind": "gift"}, "/kind"),
        ({"amount_fen": 0}, "/amount"),
        ({"amount_fen": 10**17}, "/amount"),
        ({"reference": " "}, "/reference"),
        ({"reference": "x" * 65}, "/reference"),
        ({"reason": "x" * 501}, "/reason"),
    ],
)
def test_refuses_a_malformed_movement(stack: Stack, changes: dict[str, Any], pointer: str) -> None:
    from trading.services.proposals import cash_propose

    house = stack.pair.a
    fields = {"account_id": house.account_ids[0], "kind": "deposit", "amount_fen": 1, "reference": "r"} | changes
    with acting(house, "back_office_maker") as maker, pytest.raises(Refused) as refused:
        cash_propose(actor=maker, **fields)
    assert refused.value.pointer == pointer


def test_limits_take_effect_by_four_eyes(stack: Stack) -> None:
    from tests.stack import Api, order_body
    from trading.services.proposals import limits_propose

    house = stack.pair.a
    with acting(house, "back_office_maker") as maker:
        proposal = limits_propose(actor=maker, account_id=house.account_ids[1], limits={"max_order_qty": 3})
    assert decide(stack, proposal.pk).state == "applied"
    answer = Api(house.bearer(1))("POST", "orders", order_body(house.account_ids[1], qty=4)).json()
    assert (answer["reject_code"], answer["figures"]) == ("order_quantity_limit", {"qty": 4, "limit": 3})
    stack.caught_up()
    account = Api(house.bearer(1))("GET", f"accounts/{house.account_ids[1]}").json()
    assert account["limits"]["max_order_qty"] == 3
    with acting(house, "back_office_maker") as maker, pytest.raises(Refused) as refused:
        limits_propose(actor=maker, account_id=house.account_ids[1], limits={"max_fun": 3})
    assert refused.value.pointer == "/max_fun"


def test_rates_take_effect_by_four_eyes(stack: Stack) -> None:
    from tests.stack import Api, order_body
    from trading.services.proposals import rates_propose

    house = stack.pair.a
    with acting(house, "back_office_maker") as maker:
        proposal = rates_propose(
            actor=maker,
            symbol="AU2612",
            long_margin_ppm=200_000,
            short_margin_ppm=200_000,
            fees={"open_fen": 1_500},
        )
    assert proposal.account_id is None
    assert decide(stack, proposal.pk).state == "applied"
    body = order_body(house.account_ids[0], qty=1, client_order_id=None)
    found = Api(house.bearer())("POST", "orders/preview", body).json()
    assert (found["margin"], found["fee"]) == ("160000.00", "15.00")
    other = Api(stack.pair.b.bearer())
    theirs = other("POST", "orders/preview", body | {"account": stack.pair.b.account_ids[0]}).json()
    assert theirs["margin"] == "128000.00"


def test_a_release_needs_a_second_officer(stack: Stack) -> None:
    from trading.services.interventions import account_close_only
    from trading.services.proposals import proposal_approve, release_propose

    house = stack.pair.a
    with acting(house, "risk_officer") as officer:
        account_close_only(actor=officer, account_id=house.account_ids[1], reason="risk")
        proposal = release_propose(actor=officer, account_id=house.account_ids[1], reason="paid in")
        with pytest.raises(Refused) as refused:
            proposal_approve(actor=officer, proposal_id=proposal.pk)
        assert refused.value.code == "maker_is_checker"
    with acting(house, "risk_officer_2") as second:
        assert proposal_approve(actor=second, proposal_id=proposal.pk).state == "applied"
