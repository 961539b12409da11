"""Contracts are changed and listed by two operators: nothing happens at once, and nobody acts alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Thread
from typing import Any

import pytest
from msgspec import structs

from portal.lib.errors import Refused
from tests.services.people import acting
from tests.stack import Stack
from trading.engine.instrument import Instrument as Spec

pytestmark = pytest.mark.xdist_group("services-contracts")

GOLD = "SHFE.au2612"


@cache
def second_operator() -> Any:
    from tests.world import operator_make

    return operator_make("second-of-contracts")


@contextmanager
def operating(user: Any) -> Iterator[Any]:
    """Act as a platform operator outside every tenant."""
    from accounts.auth.identify import Door, actor_of_user
    from accounts.tenancy.context import user_scope

    with user_scope(user_id=user.pk):
        actor = actor_of_user(user, door=Door(ip="127.0.0.1"))
        assert actor is not None
        yield actor


def change(stack: Stack, **said: Any) -> Any:
    from trading.services.contract_changes import contract_change_propose

    with operating(stack.pair.operator) as maker:
        return contract_change_propose(actor=maker, symbol=GOLD, said=said, reason="notice 9")


def listing(stack: Stack, **other: Any) -> Any:
    from trading.services.contract_changes import contract_listing_propose

    values = {"like": GOLD, "month": "2708", "last_trading_day": 2027_08_16, "listing_price": "812.34"} | other
    with operating(stack.pair.operator) as maker:
        return contract_listing_propose(actor=maker, reason="notice 10", **values)


def approve(number: int, user: Any) -> Any:
    from trading.services.operator_proposals import operator_proposal_approve

    with operating(user) as checker:
        return operator_proposal_approve(actor=checker, proposal_id=number)


def specs() -> dict[str, Spec]:
    from trading.services.contract_commands import specs_in_force

    return {spec.symbol: spec for spec in specs_in_force().values()}


def proposals() -> int:
    from trading.models import OperatorProposal

    with operating(second_operator()):
        return OperatorProposal.objects.count()


def test_a_change_counts_only_after_the_second_operator(stack: Stack) -> None:
    before = specs()[GOLD]
    proposal = change(stack, limit_ppm=90_000, close_today_fen=7, long_margin_ppm=before.rates.long_margin_ppm)
    # What stands already is no change; the figures before are kept for whoever decides.
    assert proposal.payload["said"] == {"limit_ppm": 90_000, "close_today_fen": 7}
    assert proposal.payload["was"] == {
        "limit_ppm": before.limit_ppm, "close_today_fen": before.rates.fees.close_today_fen
    }  # fmt: skip
    with pytest.raises(Refused) as own:
        approve(proposal.pk, stack.pair.operator)
    assert own.value.code == "maker_is_checker"
    assert specs()[GOLD] == before
    decided = approve(proposal.pk, second_operator())
    assert (decided.state, decided.result) == ("applied", {"seq": decided.journal_seq})
    after = specs()[GOLD]
    assert (after.limit_ppm, after.rates.fees.close_today_fen) == (90_000, 7)
    assert (after.rates.long_margin_ppm, after.max_order_qty) == (before.rates.long_margin_ppm, before.max_order_qty)
    assert after.previous_settlement_ticks == before.previous_settlement_ticks
    stack.caught_up()
    from trading.models import Instrument

    assert Instrument.objects.get(symbol=GOLD).limit_ppm == 90_000


def test_a_change_keeps_what_it_does_not_speak_of(stack: Stack) -> None:
    from trading.services.contract_commands import changed

    shfe = structs.replace(specs()[GOLD], price_rule=1, auction_rule=1)
    assert changed(shfe, {"limit_ppm": 90_000}) == structs.replace(shfe, limit_ppm=90_000)


def test_a_later_change_is_laid_over_what_stands_by_then(stack: Stack) -> None:
    early, late = change(stack, max_order_qty=333), change(stack, open_fen=444)
    approve(late.pk, second_operator())
    approve(early.pk, second_operator())
    after = specs()[GOLD]
    assert (after.max_order_qty, after.rates.fees.open_fen) == (333, 444)


def test_the_journal_names_both(stack: Stack) -> None:
    from portal.lib.db import raw_connection
    from trading.core.reader import batches_between

    seq = approve(change(stack, max_order_qty=222).pk, second_operator()).journal_seq
    with raw_connection("core") as connection:
        (batch,) = batches_between(connection, after_seq=seq - 1, through_seq=seq)
        (event,) = next(record for record in batch.records if record.seq == seq).events
    assert (event.maker, event.actor) == (f"u{stack.pair.operator.pk}", f"u{second_operator().pk}")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"nonsense": 1},
        {"limit_ppm": 0},
        {"limit_ppm": 1_000_000},
        {"long_margin_ppm": 5_000_000},
        {"open_fen": -1},
        {"max_order_qty": 0},
        {"max_order_qty": 10**9},
    ],
)
def test_a_change_without_sense_is_not_proposed(stack: Stack, said: dict[str, Any]) -> None:
    count = proposals()
    with pytest.raises(Refused) as refused:
        change(stack, **said)
    assert (refused.value.code, proposals()) == ("invalid_field", count)


def test_nobody_in_a_tenant_proposes_and_nobody_puts_alone(stack: Stack) -> None:
    from trading.services.contract_changes import contract_change_propose, contract_listing_propose
    from trading.services.instruments import instrument_put

    before, count = specs(), proposals()
    with acting(stack.pair.a, "broker_admin") as admin, operating(stack.pair.operator) as operator:
        for act in (
            lambda: contract_change_propose(actor=admin, symbol=GOLD, said={"max_order_qty": 1}),
            lambda: contract_listing_propose(
                actor=admin, like=GOLD, month="2709", last_trading_day=2027_09_15, listing_price="800.00"
            ),
            lambda: instrument_put(actor=operator, instrument=before[GOLD]),
        ):
            with pytest.raises(Refused) as refused:
                act()
            assert refused.value.code == "right_missing"
    assert (specs(), proposals()) == (before, count)


def test_a_month_is_listed_by_two_and_takes_its_products_road(stack: Stack) -> None:
    from trading.models import ContractRules
    from trading.services.venue_rules import delivery_propose

    road = {"steps": [{"anchor": "before_last", "n": 2, "margin_ppm": 200_000}]}
    with operating(stack.pair.operator) as maker:
        number = delivery_propose(actor=maker, venue="SHFE", product="au", rule=road).pk
    approve(number, second_operator())
    proposal = listing(stack)
    assert "SHFE.au2708" not in specs()
    with pytest.raises(Refused) as twice:
        listing(stack)
    assert (twice.value.status, twice.value.figures) == (409, {"symbol": "SHFE.au2708"})
    decided = approve(proposal.pk, second_operator())
    assert decided.state == "applied", decided.result
    found = specs()["SHFE.au2708"]
    assert (found.previous_settlement_ticks, found.last_trading_day, found.tradable) == (40_617, 2027_08_16, True)
    assert found.rates == specs()[GOLD].rates
    stack.caught_up()
    assert ContractRules.objects.get(instrument_id=found.instrument_id).delivery["steps"][0][1] == 200_000
    with pytest.raises(Refused) as again:
        listing(stack)
    assert again.value.status == 409


def test_an_approval_that_was_lost_after_the_counter_acted_lists_the_same_month(stack: Stack) -> None:
    from trading.models import OperatorProposal

    proposal = listing(stack, month="2710", last_trading_day=2027_10_15)
    approve(proposal.pk, second_operator())
    before = specs()
    with operating(second_operator()):
        OperatorProposal.objects.filter(pk=proposal.pk).update(
            state="proposed", journal_seq=None, checker=None, result=None
        )
    assert approve(proposal.pk, second_operator()).state == "applied"
    assert specs() == before


def test_two_months_approved_at_once_do_not_take_one_number(stack: Stack) -> None:
    from django.db import connections

    from trading.services.operator_proposals import operator_proposal_approve

    first = listing(stack, month="2802", last_trading_day=2028_02_15).pk
    other = listing(stack, month="2804", last_trading_day=2028_04_17).pk
    checker = second_operator()

    def approve_other() -> None:
        try:
            approve(other, checker)
        finally:
            connections.close_all()

    thread = Thread(target=approve_other)
    with operating(checker) as actor:
        operator_proposal_approve(actor=actor, proposal_id=first)
        thread.start()
        thread.join(1.0)
        # The second waits for the first transaction before it counts; the counter has not heard of it.
        assert thread.is_alive()
        assert "SHFE.au2804" not in specs()
    thread.join(20.0)
    found = specs()
    assert found["SHFE.au2804"].instrument_id == found["SHFE.au2802"].instrument_id + 1


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"month": "2713"}, "invalid_field"),
        ({"month": "27x1"}, "invalid_field"),
        ({"last_trading_day": 2027_02_30}, "invalid_field"),
        ({"listing_price": "812.345"}, "price_tick"),
        ({"listing_price": "0"}, "invalid_field"),
        ({"like": "SHFE.xx2612"}, "instrument_not_found"),
    ],
)
def test_a_month_without_sense_is_not_proposed(stack: Stack, other: dict[str, Any], code: str) -> None:
    count = proposals()
    with pytest.raises(Refused) as refused:
        listing(stack, **other)
    assert (refused.value.code, proposals()) == (code, count)


def test_a_maker_takes_his_own_back_and_it_is_over(stack: Stack) -> None:
    from trading.services.operator_proposals import operator_proposal_reject

    before, proposal = specs(), change(stack, max_order_qty=111)
    with operating(stack.pair.operator) as maker:
        assert operator_proposal_reject(actor=maker, proposal_id=proposal.pk, reason="wrong").state == "withdrawn"
    with pytest.raises(Refused) as over:
        approve(proposal.pk, second_operator())
    assert (over.value.code, specs()) == ("wrong_state", before)


def test_the_admins_forms_propose_and_change_nothing(stack: Stack) -> None:
    from django.test import Client as Browser

    from trading.models import OperatorProposal

    before = specs()
    browser = Browser()
    browser.force_login(stack.pair.operator, backend="django.contrib.auth.backends.ModelBackend")
    page = f"/admin/trading/instrument/{before[GOLD].instrument_id}/act/parameters/"
    sent = {"limit": "0.07", "close_fee": "3.21", "tradable": "false", "reason": "notice 11"}
    assert browser.post(page, sent).status_code == 302
    month = {"like": before[GOLD].instrument_id, "month": "2712", "last_trading_date": "2027-12-15", "reason": "12"}
    answer = browser.post("/admin/trading/instrument/add/", month | {"previous_settlement": "800.02"})
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    bad = browser.post(page, {"reason": "nothing is said"})
    assert "invalid_field" in bad.content.decode()
    with operating(second_operator()):
        listed, changed = OperatorProposal.objects.order_by("-id")[:2]
        assert (listed.kind, listed.payload["symbol"]) == ("listing", "SHFE.au2712")
        assert listed.payload["previous_settlement_ticks"] == 40_001
        assert (changed.kind, changed.reason) == ("contract", "notice 11")
        assert changed.payload["said"] == {"limit_ppm": 70_000, "close_fen": 321, "tradable": False}
    assert specs() == before
