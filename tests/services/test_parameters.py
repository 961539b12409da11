"""Dated rows through maker and checker: a broker's by its back office, the exchange's by two operators."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.auth.actor import Actor
from accounts.auth.identify import Door, actor_of_user
from accounts.tenancy.context import tenant_scope, user_scope
from portal.lib.errors import Refused
from tests.services.people import acting
from tests.stack import DAY, Api, Stack, order_body
from tests.world import operator_make
from trading.services.parameter_rows import Wanted

pytestmark = pytest.mark.xdist_group("services-parameters")

FAR = 2099_01_05


def wanted(day: int = FAR, **said: Any) -> Wanted:
    return Wanted(aim="SHFE.au", effective_day=day, source="SHFE notice 142", said=said or {"open_fen": 123})


def propose(stack: Stack, row: Wanted, *, account_id: int | None = None) -> int:
    from trading.services.parameters import parameters_propose

    with acting(stack.pair.a, "back_office_maker") as maker:
        return int(parameters_propose(actor=maker, wanted=row, account_id=account_id, reason="why").pk)


def approve(stack: Stack, number: int) -> Any:
    from trading.services.proposals import proposal_approve

    with acting(stack.pair.a, "back_office_checker") as checker:
        decided = proposal_approve(actor=checker, proposal_id=number)
    stack.caught_up()
    return decided


def rows(stack: Stack, model: str) -> list[Any]:
    from trading import models

    with tenant_scope(tenant_id=stack.pair.a.tenant.pk):
        return list(getattr(models, model).objects.order_by("id"))


def test_a_row_is_taken_in_by_the_second_person_and_taken_back_the_same_way(stack: Stack) -> None:
    from trading.services.parameters import parameters_withdraw_propose

    number = propose(stack, wanted(FAR, open_fen=77))
    assert rows(stack, "TenantParameters") == []
    decided = approve(stack, number)
    (row,) = rows(stack, "TenantParameters")
    assert (decided.state, row.seq, row.said) == ("applied", decided.journal_seq, {"open_fen": 77})
    assert (row.maker, row.checker) == (f"u{decided.maker_id}", f"u{decided.checker_id}")
    with acting(stack.pair.a, "back_office_maker") as maker:
        back = parameters_withdraw_propose(actor=maker, row_id=row.id, reason="a mistake")
    assert approve(stack, int(back.pk)).state == "applied"
    (row,) = rows(stack, "TenantParameters")
    assert row.withdrawn_seq is not None


def test_an_approval_that_was_lost_after_the_counter_acted_finds_the_row(stack: Stack) -> None:
    from trading.models import Proposal

    number = propose(stack, wanted(FAR + 1, open_fen=78))
    first = approve(stack, number)
    with tenant_scope(tenant_id=stack.pair.a.tenant.pk):
        Proposal.objects.filter(pk=number).update(state="proposed", journal_seq=None, checker=None, result=None)
    again = approve(stack, number)
    assert (again.state, again.journal_seq) == ("applied", first.journal_seq)


@pytest.mark.parametrize(
    ("row", "code", "figures"),
    [
        (wanted(int(DAY.replace("-", ""))), "parameter_past", {"effective_day": DAY, "trading_day": DAY}),
        (wanted(FAR + 2, long_margin_ppm=7), "parameter_value", {"long_margin": "0.000007"}),
        (wanted(FAR + 2, limit_ppm=90_000), "parameter_value", {"limit": "0.09"}),
        (wanted(FAR + 2, nonsense=1), "invalid_field", {"fields": ["nonsense"]}),
    ],
)
def test_what_the_counter_would_refuse_is_not_proposed(
    stack: Stack, row: Wanted, code: str, figures: dict[str, Any]
) -> None:
    with pytest.raises(Refused) as refused:
        propose(stack, row)
    assert refused.value.code == code
    assert {name: refused.value.figures[name] for name in figures} == figures


def test_a_row_in_the_place_of_another_is_refused(stack: Stack) -> None:
    approve(stack, propose(stack, wanted(FAR + 3)))
    (row,) = [one for one in rows(stack, "TenantParameters") if one.effective_day == FAR + 3]
    with pytest.raises(Refused) as refused:
        propose(stack, wanted(FAR + 3, open_fen=9))
    assert (refused.value.code, refused.value.figures["row"]) == ("parameter_overlap", row.id)


def test_a_foreign_account_does_not_exist(stack: Stack) -> None:
    with pytest.raises(Refused) as refused:
        propose(stack, wanted(FAR + 4), account_id=stack.pair.b.account_ids[0])
    assert refused.value.code == "account_not_found"


def test_an_account_takes_up_hedging(stack: Stack) -> None:
    from trading.models import MoneyAccount
    from trading.services.parameters import hedge_propose

    account_id = stack.pair.a.account_ids[1]
    with acting(stack.pair.a, "back_office_maker") as maker:
        number = int(hedge_propose(actor=maker, account_id=account_id, hedge=True, reason="a mine's output").pk)
    assert approve(stack, number).state == "applied"
    with tenant_scope(tenant_id=stack.pair.a.tenant.pk):
        assert MoneyAccount.objects.get(id=account_id).hedge


def operator(name: str) -> Actor:
    found = actor_of_user(operator_make(name), door=Door(ip="127.0.0.1"))
    assert found is not None
    return found


def test_the_exchanges_rows_need_two_operators(stack: Stack) -> None:
    from trading.models import ExchangeParameters, OperatorProposal
    from trading.services.exchange_parameters import exchange_parameters_propose
    from trading.services.operator_proposals import operator_proposal_approve, operator_proposal_reject

    one, two = operator("op-rows-1"), operator("op-rows-2")
    with user_scope(user_id=one.user_id or 0):
        proposal = exchange_parameters_propose(actor=one, wanted=wanted(FAR, limit_ppm=90_000))
        with pytest.raises(Refused) as refused:
            operator_proposal_approve(actor=one, proposal_id=proposal.pk)
        assert refused.value.code == "maker_is_checker"
        other = exchange_parameters_propose(actor=one, wanted=wanted(FAR + 1, limit_ppm=90_000))
        assert operator_proposal_reject(actor=one, proposal_id=other.pk, reason="no").state == "withdrawn"
    with user_scope(user_id=two.user_id or 0):
        decided = operator_proposal_approve(actor=two, proposal_id=proposal.pk)
        assert decided.state == "applied"
        stack.caught_up()
        assert [row.said for row in ExchangeParameters.objects.all()] == [{"limit_ppm": 90_000}]
    with acting(stack.pair.a, "back_office_checker") as stranger:
        with pytest.raises(Refused) as refused:
            operator_proposal_approve(actor=stranger, proposal_id=proposal.pk)
        assert refused.value.code == "right_missing"
        assert OperatorProposal.objects.count() == 0  # the row policy shows them to operators only


def test_the_api_says_what_holds_and_what_is_coming(stack: Stack) -> None:
    house = stack.pair.a
    account_id = house.account_ids[0]
    approve(stack, propose(stack, wanted(FAR + 6, open_fen=250), account_id=account_id))
    api = Api(house.bearer())
    answer = api("GET", f"parameters?account={account_id}&symbol=SHFE.au2612")
    assert answer.status_code == 200, answer.content
    (item,) = answer.json()["data"]
    assert (item["symbol"], item["trading_day"], item["hedge"]) == ("SHFE.au2612", DAY, False)
    assert (item["margin_long"], item["fee_open"], item["larger_side"]) == ("0.16", "10.00", "off")
    assert item["rows"] == []
    own = [row for row in item["coming"] if row["level"] == "account"]
    assert [(row["aim"], row["effective_day"], row["says"]) for row in own] == [
        ("SHFE.au", "2099-01-11", {"open_amount": "2.50"})
    ]
    other = Api(house.bearer(1))
    assert other("GET", f"parameters?account={account_id}").status_code == 404
    (item,) = other("GET", f"parameters?account={house.account_ids[1]}&symbol=au2612").json()["data"]
    assert [row for row in item["coming"] if row["level"] == "account"] == []
    (item,) = Api(stack.pair.b.bearer())("GET", "parameters?symbol=au2612").json()["data"]
    assert {row["level"] for row in item["coming"]} <= {"exchange"}
    body = order_body(account_id, qty=1, limit_price="800.00")
    body.pop("client_order_id", None)
    preview = api("POST", "orders/preview", body)
    assert preview.status_code == 200, preview.content
    assert preview.json()["fee"] == "10.00"
