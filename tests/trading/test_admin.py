"""The admin shows contracts, accounts, orders and trades of the own tenant, read-only, and sends acts to services."""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from accounts.models import AccountHolder
from accounts.tenancy.context import tenant_scope
from tests.trading.feed import Feed, follow
from tests.world import Pair
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.engine.instrument import Fees, Rates
from trading.models import Fill, MoneyAccount, Order, Position, Posting, Proposal, TenantRates
from trading.projections.follower import ProjectionFollower

LISTS = ["instrument", "moneyaccount", "order", "fill", "positionlisted", "rateslisted", "postinglisted"]


@pytest.fixture
def twins(tenant_pair: Pair, db_core: psycopg.Connection[Any]) -> Pair:
    """Both tenants trade with each other."""
    feed = Feed()
    owners = {
        account_id: house.tenant.pk for house in (tenant_pair.a, tenant_pair.b) for account_id in house.account_ids
    }
    feed.open_market(accounts=owners)
    feed.noise(150, seed=4)
    feed.order(tenant_pair.a.account_ids[0], t.BUY, 900, 40_000)
    own = Rates(160_000, 180_000, Fees(open_fen=700, close_ppm=50))
    for house in (tenant_pair.a, tenant_pair.b):
        feed.do(cmd.SetTenantRates(house.tenant.pk, 1, own, "u2", "u3"))
    follow(ProjectionFollower(), feed.batches(), db_core)
    return tenant_pair


@pytest.mark.parametrize("name", LISTS)
def test_lists_open_for_the_broker_admin(twins: Pair, name: str) -> None:
    page = twins.a.http("broker_admin").get(f"/admin/trading/{name}/")
    assert page.status_code == 200
    text = page.content.decode()
    assert not any(str(account_id) in text for account_id in twins.b.account_ids)
    if name == "moneyaccount":
        assert all(str(account_id) in text for account_id in twins.a.account_ids)


def test_own_rows_open_and_foreign_rows_do_not_exist(twins: Pair) -> None:
    browser = twins.a.http("broker_admin")
    for house, status in ((twins.a, 200), (twins.b, 404)):
        with tenant_scope(tenant_id=house.tenant.pk):
            rows: list[tuple[str, Any]] = [
                ("order", Order.objects.order_by("-id").first()),
                ("fill", Fill.objects.order_by("-id").first()),
                ("moneyaccount", MoneyAccount.objects.order_by("id").first()),
            ]
        for name, row in rows:
            answer = browser.get(f"/admin/trading/{name}/{row.pk}/change/")
            assert answer.status_code == status, (house.letter, name)


def test_positions_rates_and_postings_open_by_their_keys(twins: Pair, db_core: psycopg.Connection[Any]) -> None:
    browser = twins.a.http("broker_admin")
    tables = (("positionlisted", Position), ("rateslisted", TenantRates), ("postinglisted", Posting))
    for house, status in ((twins.a, 200), (twins.b, 404)):
        with tenant_scope(tenant_id=house.tenant.pk):
            found = [(name, model.objects.order_by("-seq" if name != "postinglisted" else "-journal_seq").first())
                     for name, model in tables]  # fmt: skip
        for name, row in found:
            assert row is not None, name
            key = {
                "positionlisted": lambda r: f"{r.account_id}-{r.instrument_id}-{r.side}",
                "rateslisted": lambda r: f"{r.tenant_id}-{r.instrument_id}",
                "postinglisted": lambda r: f"{r.account_id}-{r.journal_seq}-{r.n}",
            }[name](row)
            answer = browser.get(f"/admin/trading/{name}/{key}/change/")
            assert answer.status_code == status, (house.letter, name)
            if status == 200:
                text = browser.get(f"/admin/trading/{name}/").content.decode()
                assert f"/admin/trading/{name}/{key}/change/" in text
    for name, key in (("positionlisted", "x"), ("positionlisted", "7001-1"), ("postinglisted", "7001-1-1'--")):
        assert browser.get(f"/admin/trading/{name}/{key}/change/").status_code == 404


def test_postings_are_found_by_account_and_show_their_money(twins: Pair) -> None:
    browser = twins.a.http("back_office_maker")
    account_id, other_id = twins.a.account_ids
    text = browser.get(f"/admin/trading/postinglisted/?q={account_id}").content.decode()
    assert f"client:{account_id}" in text
    assert f"client:{other_id}" not in text
    assert "bank:" in text or "fee:" in text
    assert browser.get("/admin/trading/postinglisted/?q=nobody").status_code == 200
    rates = browser.get("/admin/trading/rateslisted/").content.decode()
    assert "16 % / 18 %" in rates
    assert "7.00" in rates


def test_engine_tables_offer_no_form(twins: Pair) -> None:
    browser = twins.a.http("broker_admin")
    for name in ("order", "fill", "positionlisted", "rateslisted", "postinglisted"):
        assert browser.get(f"/admin/trading/{name}/add/").status_code == 404
        assert "/act/" not in browser.get(f"/admin/trading/{name}/").content.decode()


def test_search_reaches_an_account_or_an_order(twins: Pair) -> None:
    browser = twins.a.http("broker_admin")
    account_id, other_id = twins.a.account_ids
    with tenant_scope(tenant_id=twins.a.tenant.pk):
        number = Order.objects.filter(account_id=account_id).order_by("id").values_list("id", flat=True)[0]
    text = browser.get(f"/admin/trading/order/?q={account_id}").content.decode()
    assert f"/admin/trading/order/{number}/change/" in text
    assert str(other_id) not in text
    assert f"/{number}/change/" in browser.get(f"/admin/trading/order/?q={number}").content.decode()
    assert browser.get("/admin/trading/order/?q=nobody").status_code == 200


def test_refused_order_shows_its_code_and_figures(twins: Pair) -> None:
    with tenant_scope(tenant_id=twins.a.tenant.pk):
        order = Order.objects.filter(reject_code="order_quantity_limit").order_by("-id")[0]
    text = twins.a.http("risk_officer").get(f"/admin/trading/order/{order.pk}/change/").content.decode()
    assert "order_quantity_limit" in text
    assert "900" in text


def test_account_page_shows_money_and_positions(twins: Pair) -> None:
    with tenant_scope(tenant_id=twins.a.tenant.pk):
        account = MoneyAccount.objects.order_by("id")[0]
    text = twins.a.http("back_office_maker").get(f"/admin/trading/moneyaccount/{account.pk}/change/").content.decode()
    assert "SHFE.au2612" in text
    assert "/act/deposit/" in text
    assert "/act/block/" not in text
    text = twins.a.http("risk_officer").get(f"/admin/trading/moneyaccount/{account.pk}/change/").content.decode()
    assert "/act/block/" in text
    assert "/act/release/" not in text
    assert "/act/deposit/" not in text


def test_proposed_deposit_waits_for_a_checker(twins: Pair) -> None:
    account_id = twins.a.account_ids[0]
    answer = twins.a.http("back_office_maker").post(
        f"/admin/trading/moneyaccount/{account_id}/act/deposit/",
        {"amount": "1234.56", "reference": "bank-1", "reason": "r"},
    )
    assert answer.status_code == 302
    with tenant_scope(tenant_id=twins.a.tenant.pk):
        proposal = Proposal.objects.get()
    assert (proposal.kind, proposal.account_id, proposal.state) == ("cash", account_id, "proposed")
    assert proposal.payload == {"kind": "deposit", "amount_fen": 123_456, "reference": "bank-1"}
    page = f"/admin/trading/proposal/{proposal.pk}/change/"
    approve = f"/admin/trading/proposal/{proposal.pk}/act/approve-cash/"
    assert approve in twins.a.http("back_office_checker").get(page).content.decode()
    asked = twins.a.http("back_office_checker").get(approve).content.decode()
    # Who confirms reads what: the act, and the money it moves.
    title, what = re.search(r'<h1 class="aurum-act">(.*?)</h1>\s*<p class="aurum-what">(.*?)</p>', asked).groups()  # type: ignore[union-attr]
    assert title.endswith(f": {proposal}")
    assert f"{account_id}" in what
    assert "1,234.56" in what
    maker_sees = twins.a.http("back_office_maker").get(page).content.decode()
    assert "/act/approve-cash/" not in maker_sees
    assert "/act/withdraw-cash/" in maker_sees
    assert twins.b.http("back_office_checker").get(page).status_code == 404


def test_refused_proposal_keeps_its_reason(twins: Pair) -> None:
    account_id = twins.a.account_ids[0]
    limits = f"/admin/trading/moneyaccount/{account_id}/act/limits/"
    twins.a.http("back_office_maker").post(limits, {"max_order_qty": "5", "reason": "r"})
    with tenant_scope(tenant_id=twins.a.tenant.pk):
        proposal = Proposal.objects.get()
    refuse = f"/admin/trading/proposal/{proposal.pk}/act/refuse-limits/"
    assert twins.a.http("back_office_checker").post(refuse, {"reason": "too low"}).status_code == 302
    with tenant_scope(tenant_id=twins.a.tenant.pk):
        proposal.refresh_from_db()
    assert (proposal.state, proposal.result) == ("refused", {"reason": "too low"})


def test_act_without_a_core_says_so_and_changes_nothing(twins: Pair) -> None:
    account_id = twins.a.account_ids[0]
    answer = twins.a.http("risk_officer").post(
        f"/admin/trading/moneyaccount/{account_id}/act/block/", {"reason": "test"}
    )
    assert answer.status_code == 200
    assert "trading_unavailable" in answer.content.decode()


def test_contract_parameters_are_the_operators(twins: Pair) -> None:
    assert "/act/" not in twins.a.http("broker_admin").get("/admin/trading/instrument/1/change/").content.decode()
    maker_sees = twins.a.http("back_office_maker").get("/admin/trading/instrument/1/change/").content.decode()
    assert "/act/rates/" in maker_sees
    assert "/act/parameters/" not in maker_sees


def test_a_row_links_only_to_pages_that_open_to_its_reader(tenant_pair: Pair) -> None:
    house, browser = tenant_pair.a, tenant_pair.a.http("broker_admin")
    client, person = house.clients[0], house.investor
    client_page, person_page = (
        f"/admin/accounts/client/{client.pk}/change/",
        f"/admin/accounts/user/{person.pk}/change/",
    )
    with tenant_scope(tenant_id=house.tenant.pk):
        row = AccountHolder.objects.get(client=client)
    holder = browser.get(f"/admin/accounts/accountholder/{row.pk}/change/").content.decode()
    assert f'<a href="{client_page}"' in holder
    shown = browser.get(client_page).content.decode()
    assert person.username in shown
    assert person_page not in shown
    assert browser.get(person_page).status_code == 403
