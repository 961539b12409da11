"""A margin call with a deadline on a running core: told to client and officer, missed, a plan by rule, approved."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, LOOKS, PHONE
from tests.browser.test_liquidation_page import LOTS, OpenPage, as_person, shot, trade
from tests.browser.test_terminal_looks import CONTRAST_IN, check
from tests.services.people import acting

if TYPE_CHECKING:  # the settings are configured after conftest files are read
    from tests.stack import Stack

__all__ = ["as_person"]
pytestmark = pytest.mark.xdist_group("margin-call-page")
NINE = 9 * 60


@pytest.fixture(scope="module")
def stack(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stack]:
    """Core, followers and web; the first client of A is called at 105.3 % and has until nine the next trading day."""
    from riskdesk.liquidation.ladder import Lines
    from riskdesk.services.lines import lines_approve, lines_propose
    from tests.stack import running_stack
    from trading.engine import types as t

    with django_db_blocker.unblock(), running_stack(web=True) as running:
        a, b = running.pair.a, running.pair.b
        with acting(a, "risk_officer") as officer:
            lines = Lines(t.BASIS_COMPANY, 800_000, 1_000_000, 1_000_000, 1_500_000, 900_000, False, NINE)
            row = lines_propose(actor=officer, lines=lines, reason="by nine")
            lines_approve(actor=replace(officer, user_id=a.people["back_office_checker"].pk), lines_id=row.pk)
        for _ in range(3):
            running.deposit(b, 0)
        trade(running, b, t.SELL, LOTS, 40_000)
        trade(running, a, t.BUY, LOTS, 40_000)
        trade(running, b, t.SELL, 1, 39_500)
        trade(running, a, t.BUY, 1, 39_500, index=1)
        running.caught_up()
        yield running


def call_of(stack: Stack) -> Any:
    from riskdesk.models import RiskNotice

    with acting(stack.pair.a, "risk_officer"):
        return RiskNotice.objects.filter(kind=2, basis=1).order_by("id").first()


def next_weekday(moment: datetime.datetime) -> datetime.date:
    date = moment.astimezone(datetime.timezone(datetime.timedelta(hours=8))).date() + datetime.timedelta(days=1)
    while date.weekday() > 4:
        date += datetime.timedelta(days=1)
    return date


def test_client_and_officer_see_until_when(stack: Stack, as_person: OpenPage) -> None:
    page = as_person("risk_officer", "/risk/liquidations/")
    section = page.locator("section", has=page.get_by_role("heading", name="Margin calls with a deadline"))
    row = section.locator("tbody tr", has_text=str(stack.pair.a.account_ids[0]))
    expect(row).to_contain_text("105.3 %", timeout=20_000)
    call = call_of(stack)
    due = next_weekday(call.sent_at)  # always open: no calendar names a trading day
    cells = row.locator("td").all_inner_texts()
    assert cells[1] == f"{due:%m-%d} 09:00"
    assert re.fullmatch(r"(\d d )?\d+ h( \d+ min)?|\d+ min", cells[2])
    # 48,640,000.00 of margin on 50,000,000.00 less 3,800.00 of fees and 3,800,000.00 of loss.
    assert cells[4] == "2,443,800.00"
    expect(page.get_by_role("row", name="Company margin 80").locator("td").last).to_have_text("next trading day 09:00")
    client = as_person("investor", "/notices/")
    card = client.locator("article.liq", has_text="Margin call").filter(has_text="Company margin")
    expect(card.locator(".liq-due")).to_contain_text(
        f"Bring the risk degree down to 100.0 % by {due:%Y-%m-%d} 09:00 (venue time): pay 2,443,800.00 yuan"
    )
    client = as_person("investor", "/trade/")
    banner = client.locator("#risk-notice .banner")
    expect(banner).to_contain_text(f"Pay 2,443,800.00 yuan by {due:%m-%d} 09:00 (venue time).", timeout=40_000)
    for viewport in (DESK, PHONE):
        client.set_viewport_size(viewport)
        shot(client, f"call-banner-{viewport['width']}")
        check(client, width=viewport["width"])
    looks(as_person, "running")


def looks(as_person: OpenPage, name: str) -> None:
    """Officer's and client's page: accessible, no wider than the screen."""
    for role, path in (("risk_officer", "/risk/liquidations/"), ("investor", "/notices/")):
        for language, theme, widths in (LOOKS[0], LOOKS[2]):
            page = as_person(role, path, language=language, theme=theme, viewport=widths[0])
            for viewport in widths:
                page.set_viewport_size(viewport)
                shot(page, f"call-{name}-{role}-{language}-{viewport['width']}")
                check(page, width=viewport["width"], contrast=language == CONTRAST_IN)
            page.close()


def test_a_missed_deadline_comes_to_the_officers_and_one_of_them_approves(stack: Stack, as_person: OpenPage) -> None:
    from riskdesk.models import LiquidationProposal, RiskNotice
    from trading.core import client as core

    house = stack.pair.a
    account = house.account_ids[0]
    page = as_person("risk_officer", "/risk/liquidations/")
    call = call_of(stack)
    with acting(house, "risk_officer"):
        RiskNotice.objects.filter(pk=call.pk).update(due_at=call.sent_at)
    waiting = page.locator("section", has=page.get_by_role("heading", name="Waiting for a second officer"))
    expect(waiting).to_contain_text("proposed by rule: the deadline of a margin call was missed", timeout=30_000)
    calls = page.locator("section", has=page.get_by_role("heading", name="Margin calls with a deadline"))
    expect(calls.locator("tbody tr", has_text=str(account))).to_contain_text("Missed")
    looks(as_person, "missed")
    client = as_person("investor", "/notices/")
    expect(client.locator(".liq-due").first).to_contain_text("has passed without the call being met")
    told = house.http("investor").get("/api/v1/risk/notices").json()["items"]
    assert [item["deadline"] for item in told if item["due_at"]] == ["missed"]
    page = as_person("risk_officer", "/risk/liquidations/")
    page.get_by_role("button", name=f"Approve {account}").click()
    expect(page.locator("article.liq").first).to_contain_text("lots closed", timeout=20_000)
    (item,) = core.query("liquidations", tenant_id=house.tenant.pk)
    with acting(house, "risk_officer"):
        (row,) = LiquidationProposal.objects.filter(account_id=account)
    assert (row.state, row.number, row.maker_id, row.notice_id) == ("opened", item.number, None, call.pk)
    stack.caught_up()
    page.goto(f"{stack.url}/risk/liquidations/")
    expect(page.locator("article.liq").first).to_contain_text(f"maker rule:margin_call:{call.pk}")
    shot(page, "call-approved")


def test_the_form_takes_a_time_of_day(stack: Stack) -> None:
    from riskdesk.models import RiskLines

    browser = stack.pair.a.http("risk_officer")
    form = {
        "basis": "2", "warn": "70", "call": "85", "close_only": "90", "liquidate": "100", "target": "80",
        "reason": "as the company's", "pay_by": "08:55",
    }  # fmt: skip
    for wrong in ("24:00", "nine"):
        answer = browser.post("/admin/riskdesk/risklines/add/", form | {"pay_by": wrong})
        assert answer.status_code == 200
    answer = browser.post("/admin/riskdesk/risklines/add/", form)
    assert answer.status_code == 302
    with acting(stack.pair.a, "risk_officer"):
        (row,) = RiskLines.objects.filter(basis=2)
    assert (row.pay_by_min, row.state) == (535, "proposed")
    assert "08:55" in browser.get("/admin/riskdesk/risklines/").content.decode()
