"""Statements over REST: list, one in all forms, confirmation before opening; made by the followers by themselves."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
from typing import Any

import pytest
from django.core.management import call_command

from tests.api.test_orders import problem
from tests.services.people import acting
from tests.stack import DAY, Api, Stack, order_body
from trading.engine import commands as cmd

pytestmark = pytest.mark.xdist_group("api-statements")
NEXT_DAY, LAST_DAY = "2026-11-24", "2026-11-25"


def wait_for_statements(api: Api, account: int, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 40
    while True:
        found = api("GET", f"statements?account={account}").json()["data"]
        if len(found) >= count or time.monotonic() > deadline:
            assert len(found) == count
            return found
        time.sleep(0.3)


@pytest.fixture(scope="module")
def ended(stack: Stack) -> Stack:
    """A day of one trade has ended, under a rule that statements be confirmed, which a maker and a checker made."""
    first, second = stack.pair.a.account_ids
    buyer, seller = Api(stack.pair.a.bearer(0)), Api(stack.pair.a.bearer(1))
    buyer("POST", "orders", order_body(first, qty=2, limit_price="800.00"))
    seller("POST", "orders", order_body(second, side="sell", qty=2, limit_price="800.00"))
    from trading.services.proposals import proposal_approve
    from trading.services.statements import rules_propose

    house = stack.pair.a
    with acting(house, "back_office_maker") as maker:
        number = rules_propose(actor=maker, confirms=True, withdraw_ppm=500_000, reserve_fen=1_000_00).pk
    with acting(house, "back_office_checker") as checker:
        assert proposal_approve(actor=checker, proposal_id=number).state == "applied"
    stack.call(cmd.RollDay(0, 20261124, [(1, 40_010)], "system"))
    stack.caught_up()
    wait_for_statements(buyer, first, 1)
    return stack


def test_lists_what_the_followers_made(api: Api, ended: Stack, account: int) -> None:
    (found,) = api("GET", f"statements?account={account}").json()["data"]
    # 2 lots from 800.00 to 800.20: 400.00 by date and by trade; fees 20.00; margin 16 % of 2 x 800,200.00.
    assert found.pop("sha256")
    assert found.pop("seq") > 0
    assert found == {
        "account": account,
        "trading_day": DAY,
        "version": 1,
        "confirmed_version": None,
        "equity": "50000380.00",
        "balance_by_trade": "49999980.00",
        "floating_profit": "400.00",
        "margin": "256064.00",
        "margin_call": "0.00",
    }


def test_gives_the_bytes_that_were_hashed(api: Api, ended: Stack, account: int) -> None:
    (row,) = api("GET", f"statements?account={account}").json()["data"]
    answer = api("GET", f"statements/{account}/{DAY}")
    assert answer["Content-Type"] == "application/json"
    assert hashlib.sha256(answer.content).hexdigest() == row["sha256"] == answer["X-Statement-SHA256"]
    body = json.loads(answer.content)
    assert body["paper"]["tenant_name"] == "CNRY-A-tenant"
    assert body["by_date"]["equity_fen"] == 50_000_380_00
    assert answer.content == api("GET", f"statements/{account}/{DAY}/json").content


@pytest.mark.parametrize(("basis", "balance"), [("date", "50000380.00"), ("trade", "49999980.00")])
def test_gives_csv_on_both_bases(api: Api, ended: Stack, account: int, basis: str, balance: str) -> None:
    answer = api("GET", f"statements/{account}/{DAY}/csv?basis={basis}")
    assert answer["Content-Disposition"] == f'attachment; filename="{account}-20261123-v1-{basis}.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    figures = {row[0].split()[0]: row[1] for row in rows if len(row) == 2}
    assert figures["期末结存"] == balance
    assert figures["客户权益"] == "50000380.00"


def test_gives_a_pdf_whatever_is_accepted(api: Api, ended: Stack, account: int) -> None:
    answer = api("GET", f"statements/{account}/{DAY}/pdf", Accept="application/pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert answer.content == api("GET", f"statements/{account}/{DAY}/pdf").content


@pytest.mark.parametrize("path", ["2026-11-22", "20261123", "2026-13-01", "x", f"{DAY}/xls", f"{DAY}/exe"])
def test_what_does_not_exist_is_not_found(api: Api, ended: Stack, account: int, path: str) -> None:
    assert api("GET", f"statements/{account}/{path}").status_code == 404


def test_bad_questions_are_refused(api: Api, ended: Stack, account: int) -> None:
    problem(api("GET", "statements"), 400, "invalid_field")
    problem(api("GET", f"statements/{account}/{DAY}/csv?basis=x"), 400, "invalid_field")
    problem(api("GET", f"statements/{account}/{DAY}?version=2"), 404, "statement_not_found")
    foreign = ended.pair.b.account_ids[0]
    assert problem(api("GET", f"statements?account={foreign}"), 404, "account_not_found")
    assert problem(api("GET", f"statements/{foreign}/{DAY}"), 404, "account_not_found")
    assert problem(api("POST", f"statements/{foreign}/{DAY}/confirm", {"version": 1}), 404, "account_not_found")


def test_the_money_shows_the_rule(api: Api, ended: Stack, account: int) -> None:
    found = api("GET", f"accounts/{account}/balances").json()
    # Half of the equity 50,000,380.00, less 1,000.00 that stay; available would be more.
    assert found["withdrawable"] == "24999190.00"
    assert found["withdraw_rule"] == {
        "available": "49744316.00",
        "floating_gains": "0.00",
        "part": "0.5",
        "part_amount": "25000190.00",
        "reserve": "1000.00",
    }
    from trading.core import client

    view = client.query("account", tenant_id=ended.pair.a.tenant.pk, account_id=account)
    assert view.withdrawable_fen == 24_999_190_00


def test_opening_waits_for_the_confirmation(api: Api, ended: Stack, account: int) -> None:
    body = order_body(account, trading_day=NEXT_DAY, limit_price="799.00")
    order = api("POST", "orders", body).json()
    assert (order["status"], order["reject_code"]) == ("rejected", "settlement_not_confirmed")
    assert order["figures"] == {"statement_trading_day": DAY, "version": 1}
    preview = api("POST", "orders/preview", {k: v for k, v in body.items() if k != "client_order_id"}).json()
    assert (preview["ok"], preview["code"]) == (False, "settlement_not_confirmed")
    assert preview["detail"] == f"Confirm the statement of {DAY} (version 1) before you open positions."
    problem(api("POST", f"statements/{account}/{NEXT_DAY}/confirm", {"version": 1}), 404, "statement_not_found")
    problem(api("POST", f"statements/{account}/{DAY}/confirm", {"version": 2}), 409, "statement_version")
    problem(api("POST", f"statements/{account}/{DAY}/confirm", {"version": True}), 422, "invalid_field")
    done = api("POST", f"statements/{account}/{DAY}/confirm", {"version": 1})
    assert done.status_code == 200
    ended.caught_up()
    found = api("GET", f"statements?account={account}&seq={done.json()['seq']}").json()["data"]
    assert found[0]["confirmed_version"] == 1
    later = order_body(account, trading_day=NEXT_DAY, limit_price="799.00")
    assert api("POST", "orders", later).status_code == 201
    problem(api("POST", f"statements/{account}/{DAY}/confirm", {"version": 1}), 409, "statement_version")


def test_a_correction_goes_through_two_people(api: Api, ended: Stack, account: int) -> None:
    from portal.lib.errors import Refused
    from trading.services.proposals import proposal_approve
    from trading.services.statements import correction_propose

    house = ended.pair.a
    before = api("GET", f"accounts/{account}/balances").json()["cash"]
    with acting(house, "back_office_maker") as maker:
        with pytest.raises(Refused, match="statement"):
            correction_propose(actor=maker, account_id=account, trading_day=20261122, amount_fen=1, reason="x")
        with pytest.raises(Refused):
            correction_propose(actor=maker, account_id=account, trading_day=20261123, amount_fen=1, reason=" ")
        number = correction_propose(
            actor=maker, account_id=account, trading_day=20261123, amount_fen=-550, reason="手续费少收"
        ).pk
    with acting(house, "back_office_checker") as checker:
        proposal = proposal_approve(actor=checker, proposal_id=number)
    assert proposal.state == "applied"
    now = api("GET", f"accounts/{account}/balances?seq={proposal.journal_seq}").json()
    assert float(before) - float(now["cash"]) == pytest.approx(5.5)
    assert now["corrections"] == "-5.50"
    deadline = time.monotonic() + 40
    while api("GET", f"statements/{account}/{DAY}?version=2").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.3)
    newest = json.loads(api("GET", f"statements/{account}/{DAY}").content)
    assert [(row["amount_fen"], row["reason"]) for row in newest["corrections"]] == [(-550, "手续费少收")]
    old = json.loads(api("GET", f"statements/{account}/{DAY}?version=1").content)
    assert (old["version"], old["corrections"]) == (1, [])
    assert old["by_date"] == newest["by_date"]
    frames = api("GET", f"events?account={account}&limit=1000").json()["data"]
    told = [frame["data"] for frame in frames if frame["data"]["event"] == "statement_corrected"]
    assert [(item["amount"], item["statement"]) for item in told] == [("-5.50", {"trading_day": DAY, "version": 2})]


def test_an_officer_confirms_for_nobody(ended: Stack, account: int) -> None:
    browser = ended.pair.a.http("risk_officer")
    answer = browser.post(
        f"/api/v1/statements/{account}/{DAY}/confirm", json.dumps({"version": 1}), content_type="application/json"
    )
    assert answer.status_code == 403


def test_the_page_confirms_the_day_after(ended: Stack, account: int) -> None:
    call_command("settle_day", "SHFE.au2612=800.20", "--statements", "60", stdout=io.StringIO())
    ended.caught_up()
    wait_for_statements(Api(ended.pair.a.bearer()), account, 2)
    browser = ended.pair.a.http("investor")
    page = browser.get("/statements/")
    assert page.status_code == 200
    text = page.content.decode()
    assert f'action="/statements/{account}/20261124/confirm/"' in text
    assert "CNRY-B" not in text
    terminal = browser.get("/trade/").content.decode()
    assert 'id="ticket-statement"><span' in terminal
    done = browser.post(f"/statements/{account}/20261124/confirm/", {"version": "1"})
    assert (done.status_code, done["Location"]) == (303, f"/statements/?account={account}")
    assert "/confirm/" not in browser.get("/statements/").content.decode()
    assert 'id="ticket-statement" hidden' in browser.get("/trade/").content.decode()
    again = browser.post(f"/statements/{account}/20261124/confirm/", {"version": "x"}, follow=True)
    assert "note refused" in again.content.decode()
    file = browser.get(f"/statements/{account}/20261124/pdf/?basis=trade")
    assert (file.status_code, file["Content-Type"]) == (200, "application/pdf")
    assert browser.get(f"/statements/{ended.pair.b.account_ids[0]}/20261124/").status_code == 404
    assert browser.get(f"/statements/{account}/20261124/exe/").status_code == 404
