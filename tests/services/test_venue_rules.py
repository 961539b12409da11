"""Venue rules by maker and checker among operators, out through the core and back in REST; duties near delivery."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

from portal.lib.errors import Refused
from tests.services.people import acting
from tests.stack import Api, Stack, order_body

pytestmark = pytest.mark.xdist_group("services-venue-rules")

STEPS = [(30_000, 20_000, False), (50_000, 20_000, False), (50_000, 20_000, True)]
# The stack's day is 2026-11-23 and gold's last 2026-12-15: the month before has begun, its limit is small here.
ROAD = {
    "steps": [
        {"anchor": "month_before", "margin_ppm": 100_000, "position_limit": 9},
        {"anchor": "before_last", "n": 16, "lot_multiple": 3},
    ],
    "natural_open": {"anchor": "month_before"},
    "natural_zero": {"anchor": "before_last", "n": 3},
}


@cache
def second_operator() -> Any:
    from tests.world import operator_make

    return operator_make("second-operator")


@contextmanager
def operating(user: Any) -> Iterator[Any]:
    """Act as a platform operator outside every tenant."""
    from accounts.auth.identify import Door, actor_of_user
    from accounts.tenancy.context import user_scope

    with user_scope(user_id=user.pk):
        actor = actor_of_user(user, door=Door(ip="127.0.0.1"))
        assert actor is not None
        yield actor


def approve(number: int, user: Any) -> Any:
    from trading.services.operator_proposals import operator_proposal_approve

    with operating(user) as checker:
        return operator_proposal_approve(actor=checker, proposal_id=number)


def test_a_ladder_counts_only_after_the_second_operator(stack: Stack) -> None:
    from trading.models import LimitLadder
    from trading.services.venue_rules import ladder_propose

    with operating(stack.pair.operator) as maker:
        number = ladder_propose(actor=maker, venue="SHFE", product="", steps=STEPS, reason="notice 12", window_s=600).pk
        with pytest.raises(Refused) as own:
            approve(number, stack.pair.operator)
    assert own.value.code == "maker_is_checker"
    stack.caught_up()
    assert not LimitLadder.objects.exists()
    decided = approve(number, second_operator())
    assert (decided.state, decided.result) == ("applied", {"seq": decided.journal_seq})
    stack.caught_up()
    row = LimitLadder.objects.get()
    assert (row.venue, row.product, row.steps) == ("SHFE", "", [list(step) for step in STEPS])
    assert row.window_s == 600
    assert (row.maker, row.checker) == (f"u{stack.pair.operator.pk}", f"u{second_operator().pk}")
    with pytest.raises(Refused) as again:
        approve(number, second_operator())
    assert again.value.code == "wrong_state"


def test_nobody_in_a_tenant_proposes_or_decides(stack: Stack) -> None:
    from trading.services.operator_proposals import operator_proposal_approve
    from trading.services.venue_rules import delivery_propose, ladder_propose

    with acting(stack.pair.a, "broker_admin") as admin:
        for act in (
            lambda: ladder_propose(actor=admin, venue="SHFE", product="", steps=STEPS),
            lambda: delivery_propose(actor=admin, venue="SHFE", product="au", rule=ROAD),
            lambda: operator_proposal_approve(actor=admin, proposal_id=1),
        ):
            with pytest.raises(Refused) as refused:
                act()
            assert refused.value.code == "right_missing"


def test_bad_tables_are_refused_before_anybody_approves_them(stack: Stack) -> None:
    from trading.models import OperatorProposal
    from trading.services.venue_rules import delivery_propose, ladder_propose

    with operating(stack.pair.operator) as maker:
        count = OperatorProposal.objects.count()
        for act in (
            lambda: ladder_propose(actor=maker, venue="", product="", steps=STEPS),
            lambda: ladder_propose(actor=maker, venue="SHFE", product="", steps=[(-1, 0, False)]),
            lambda: ladder_propose(actor=maker, venue="SHFE", product="", steps=STEPS, window_s=0),
            lambda: ladder_propose(actor=maker, venue="SHFE", product="", steps=STEPS, window_s=14_401),
            lambda: delivery_propose(actor=maker, venue="SHFE", product="au", rule={"steps": []}),
            lambda: delivery_propose(actor=maker, venue="SHFE", product="au", rule={"steps": [{"anchor": "moon"}]}),
            lambda: delivery_propose(
                actor=maker, venue="SHFE", product="au", rule={"steps": [{"anchor": "before_last", "n": 900}]}
            ),
            lambda: delivery_propose(actor=maker, venue="SHFE", product="xx", rule=ROAD),
        ):
            with pytest.raises(Refused):
                act()
        assert OperatorProposal.objects.count() == count


def test_a_road_reaches_every_month_and_shows_in_rest(stack: Stack) -> None:
    from trading.services.venue_rules import delivery_propose

    house = stack.pair.a
    api, other = Api(house.bearer(0)), Api(stack.pair.b.bearer(0))
    api("POST", "orders", order_body(house.account_ids[0], qty=12))
    other("POST", "orders", order_body(stack.pair.b.account_ids[0], side="sell", qty=12))
    before = api("GET", "instruments/AU2612").json()
    assert (before["lot_multiple"], before["position_limit"], before["expired"]) == (1, None, False)
    with operating(stack.pair.operator) as maker:
        number = delivery_propose(actor=maker, venue="SHFE", product="au", rule=ROAD).pk
    decided = approve(number, second_operator())
    assert decided.state == "applied"
    stack.caught_up()
    found = api("GET", "instruments/AU2612").json()
    assert {key: found[key] for key in ("lot_multiple", "position_limit", "ladder_step", "one_sided", "expired")} == {
        "lot_multiple": 3, "position_limit": 9, "ladder_step": 0, "one_sided": None, "expired": False
    }  # fmt: skip
    assert found["closed_to_natural_persons"] is True
    assert found["natural_persons_out_by"] == "2026-12-10"
    assert found["margin_floor"] == "0.1"
    refused = api("POST", "orders", order_body(house.account_ids[0], qty=2)).json()
    assert (refused["reject_code"], refused["figures"]) == ("lot_multiple", {"qty": 2, "multiple": 3})


def test_officers_see_what_must_be_closed_and_nobody_elses(stack: Stack) -> None:
    from trading.selectors.delivery import delivery_duties_list

    seen = {}
    for house in (stack.pair.a, stack.pair.b):
        with acting(house, "risk_officer") as officer:
            seen[house.letter] = delivery_duties_list(actor=officer)
    mine = stack.pair.a.account_ids[0]
    by = seen["A"][0]["by"]
    assert seen["A"] == [
        {"account_id": mine, "symbol": "SHFE.au2612", "side": "long", "held": 12, "qty": 3, "by": by,
         "reason": "position_limit"}
    ]  # fmt: skip
    assert [(row["side"], row["qty"]) for row in seen["B"]] == [("short", 3)]
    assert {row["account_id"] for row in seen["A"]} & {row["account_id"] for row in seen["B"]} == set()


def test_the_counter_learns_what_the_papers_say_of_a_holder(stack: Stack) -> None:
    from accounts.choices import ClientKind
    from accounts.models import Client
    from trading.models import MoneyAccount
    from trading.services.accounts import holder_kind_set, money_account_open

    house = stack.pair.b
    with acting(house, "back_office_maker") as maker:
        client = Client(number="C-900", name="Somebody", kind=ClientKind.NATURAL)
        client.save()
        account_id = money_account_open(actor=maker, client_id=client.pk, name="own").pk
    stack.caught_up()
    with acting(house, "back_office_maker") as maker:
        assert MoneyAccount.objects.get(id=account_id).natural is True
        client.kind = next(kind for kind in ClientKind if kind != ClientKind.NATURAL)
        client.save()
        holder_kind_set(actor=maker, account_id=account_id)
        with pytest.raises(Refused) as foreign:
            holder_kind_set(actor=maker, account_id=stack.pair.a.account_ids[0])
        assert foreign.value.status == 404
    stack.caught_up()
    with acting(house, "back_office_maker"):
        assert MoneyAccount.objects.get(id=account_id).natural is False
    with acting(house, "risk_officer") as officer, pytest.raises(Refused) as refused:
        holder_kind_set(actor=officer, account_id=account_id)
    assert refused.value.code == "right_missing"


def test_without_a_calendar_the_next_day_is_the_next_weekday(monkeypatch: pytest.MonkeyPatch) -> None:
    from trading.services import instruments

    answers = {
        "untimed": {"calendar": {"timed": False}},
        "holiday": {"calendar": {"timed": True, "next_trading_day": 20261008}},
        "its end": {"calendar": {"timed": True, "next_trading_day": 0}},
    }
    for name, wanted in (("untimed", 20261001), ("holiday", 20261008)):
        monkeypatch.setattr(instruments, "core_query", lambda _query, name=name: answers[name])
        assert instruments.day_next(20260930) == wanted
    monkeypatch.setattr(instruments, "core_query", lambda _query: answers["its end"])
    with pytest.raises(Refused) as refused:
        instruments.day_next(20260930)
    assert refused.value.code == "invalid_field"
