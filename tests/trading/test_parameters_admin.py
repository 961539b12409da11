"""The admin's pages of dated rows: who sees which, forms that become proposals, bad input that stays on the form."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.test import Client as Browser

from accounts.tenancy.context import tenant_scope, user_scope
from tests.trading.feed import Feed, follow
from tests.world import Pair, operator_make
from trading.engine import commands as cmd
from trading.engine.parameters import Parameters
from trading.models import ClientParameters, OperatorProposal, Proposal
from trading.projections.follower import ProjectionFollower

NEXT = 20261124


@pytest.fixture
def twins(tenant_pair: Pair, db_core: psycopg.Connection[Any]) -> Pair:
    """Rows of the exchange, of both brokers, and of an account of each; one of the broker's has begun."""
    feed = Feed()
    owners = {
        account_id: house.tenant.pk for house in (tenant_pair.a, tenant_pair.b) for account_id in house.account_ids
    }
    feed.open_market(accounts=owners)
    say = Parameters(long_margin_ppm=170_000, larger_side=1)
    feed.do(cmd.PutParameters(0, 0, 0, "SHFE.au", False, NEXT, say, "exchange notice 142", "u2", "u3"))
    for house in (tenant_pair.a, tenant_pair.b):
        for account_id in (0, house.account_ids[0]):
            for day, fen in ((NEXT, 11), (NEXT + 1, 22)):
                source = f"notice of {house.letter} {account_id} {fen}"
                fields = Parameters(open_fen=fen)
                feed.do(cmd.PutParameters(house.tenant.pk, account_id, 1, "", False, day, fields, source, "u2", "u3"))
    feed.roll(NEXT)
    follow(ProjectionFollower(), feed.batches(), db_core)
    return tenant_pair


def form(**changes: Any) -> dict[str, Any]:
    return {"aim": "shfe.AU", "effective_date": "2099-01-05", "source": "notice 7", "open_fen": "1.25"} | changes


def test_each_level_is_seen_by_its_own(twins: Pair) -> None:
    browser = twins.a.http("back_office_maker")
    text = browser.get("/admin/trading/exchangeparameters/").content.decode()
    assert "exchange notice 142" in text
    for name, account_id in (("tenantparameters", 0), ("clientparameters", twins.a.account_ids[0])):
        text = browser.get(f"/admin/trading/{name}/").content.decode()
        assert f"notice of A {account_id} 11" in text
        assert "notice of B" not in text


def test_a_row_shows_whether_it_holds(twins: Pair) -> None:
    browser = twins.a.http("back_office_maker")
    with tenant_scope(tenant_id=twins.a.tenant.pk):
        now, later = ClientParameters.objects.order_by("id")
    pages = [browser.get(f"/admin/trading/clientparameters/{row.id}/change/") for row in (now, later)]
    texts = [page.content.decode() for page in pages]
    assert ["/act/withdraw/" in text for text in texts] == [False, True]
    assert [("生效中" in text, "待生效" in text) for text in texts] == [(True, False), (False, True)]


def test_a_form_becomes_a_proposal(twins: Pair) -> None:
    account_id = twins.a.account_ids[0]
    sent = form(account_id=account_id, long_margin_ppm="0.03", margin_relative="on", larger_side="2", hedge="on")
    answer = twins.a.http("back_office_maker").post("/admin/trading/clientparameters/add/", sent)
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    with tenant_scope(tenant_id=twins.a.tenant.pk):
        proposal = Proposal.objects.order_by("-id")[0]
    assert (proposal.kind, proposal.account_id, proposal.state) == ("parameters", account_id, "proposed")
    said = {"open_fen": 125, "long_margin_ppm": 30_000, "larger_side": 2, "margin_relative": True}
    assert proposal.payload == {
        "aim": "SHFE.au", "instrument_id": 0, "product": "SHFE.au", "hedge": True, "effective_day": 20990105,
        "said": said, "source": "notice 7",
    }  # fmt: skip
    text = twins.a.http("back_office_checker").get(f"/admin/trading/proposal/{proposal.pk}/change/").content.decode()
    assert "/act/approve-parameters/" in text
    assert "SHFE.au" in text and "+3 %" in text  # noqa: PT018


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"effective_date": "2026-11-24"}, "parameter_past"),
        ({"effective_date": "2026-11-25", "aim": "SHFE.au2612"}, "parameter_overlap"),
        ({"long_margin_ppm": "0.0001"}, "parameter_value"),
        ({"aim": "SHFE.nothing"}, ""),
        ({"open_fen": "-1"}, ""),
        ({"open_fen": "1.234"}, ""),
        ({"source": ""}, ""),
    ],
)
def test_bad_input_stays_on_the_form(twins: Pair, changes: dict[str, Any], told: str) -> None:
    answer = twins.a.http("back_office_maker").post("/admin/trading/tenantparameters/add/", form(**changes))
    assert answer.status_code == 200
    assert told in answer.content.decode()
    with tenant_scope(tenant_id=twins.a.tenant.pk):
        assert not Proposal.objects.exists()


def test_the_price_limit_is_the_exchanges(twins: Pair) -> None:
    text = twins.a.http("back_office_maker").get("/admin/trading/tenantparameters/add/").content.decode()
    assert 'name="limit_ppm"' not in text
    user = operator_make("op-limit")
    operator = Browser()
    operator.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    answer = operator.post("/admin/trading/exchangeparameters/add/", form(limit_ppm="0.17"))
    assert answer.status_code == 302, answer.content.decode()[-2000:]
    with user_scope(user_id=user.pk):
        (proposal,) = OperatorProposal.objects.all()
    assert proposal.payload["said"] == {"open_fen": 125, "limit_ppm": 170_000}
    page = f"/admin/trading/operatorproposal/{proposal.pk}/"
    assert "maker_is_checker" in operator.post(f"{page}act/approve/").content.decode()
    assert twins.a.http("back_office_checker").get(f"{page}change/").status_code in (403, 404)


def test_a_broker_cannot_propose_for_the_exchange_or_a_foreign_account(twins: Pair) -> None:
    maker = twins.a.http("back_office_maker")
    assert maker.get("/admin/trading/exchangeparameters/add/").status_code == 404
    answer = maker.post("/admin/trading/clientparameters/add/", form(account_id=twins.b.account_ids[0]))
    assert "account_not_found" in answer.content.decode()


def test_an_accounts_purpose_is_proposed(twins: Pair) -> None:
    account_id = twins.a.account_ids[0]
    page = f"/admin/trading/moneyaccount/{account_id}/act/hedge/"
    answer = twins.a.http("back_office_maker").post(page, {"reason": "a mine's output"})
    assert answer.status_code == 302
    with tenant_scope(tenant_id=twins.a.tenant.pk):
        proposal = Proposal.objects.get(kind="hedge")
    assert (proposal.account_id, proposal.payload) == (account_id, {"hedge": True})
