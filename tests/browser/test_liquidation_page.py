"""Forced liquidation on a running core: proposed on the page, approved by another, driven by the followers, told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from tests.browser.conftest import DESK, LOOKS, PHONE
from tests.browser.signed_in import SignedIn
from tests.browser.test_terminal_looks import CONTRAST_IN, check

if TYPE_CHECKING:  # the settings are configured after conftest files are read
    from tests.stack import Stack

pytestmark = pytest.mark.xdist_group("liquidation-page")
OpenPage = Callable[..., Page]
LOTS = 380  # at 800.00 and 16 %: 48,640,000.00 of margin on 50,000,000.00


@pytest.fixture(scope="module")
def stack(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stack]:
    """Core, followers and web; the first client of A is long, and the price has fallen by ten yuan."""
    from tests.engine.support import DAY_1, GOLD
    from tests.stack import running_stack
    from trading.engine import types as t
    from trading.engine.commands import PutDelivery
    from trading.engine.ladders import Delivery, DeliveryStep

    with django_db_blocker.unblock(), running_stack(web=True) as running:
        a, b = running.pair.a, running.pair.b
        for _ in range(3):
            running.deposit(b, 0)
        trade(running, b, t.SELL, LOTS, 40_000)
        trade(running, a, t.BUY, LOTS, 40_000)
        trade(running, b, t.SELL, 1, 39_500)
        trade(running, a, t.BUY, 1, 39_500, index=1)
        # A stage of the road to delivery allows ten lots fewer than he holds.
        running.call(PutDelivery(0, GOLD, Delivery([DeliveryStep(DAY_1, 0, 1, LOTS - 10)]), "u2", "u3"))
        running.caught_up()
        yield running


def trade(stack: Stack, house: Any, side: int, qty: int, price: int, *, index: int = 0) -> None:
    """Enter an opening order of one of a house's accounts."""
    from tests.engine.support import DAY_1, GOLD
    from trading.engine import types as t
    from trading.engine.commands import PlaceOrder

    stack.references += 1
    terms = (GOLD, side, t.OPEN, t.LIMIT, t.DAY, qty, price)
    name = f"lq-{stack.references}"
    stack.call(PlaceOrder(house.tenant.pk, house.account_ids[index], name, DAY_1, *terms, "u1"))


@pytest.fixture
def as_person(stack: Stack, open_page: OpenPage) -> OpenPage:
    """Open a page of the portal as somebody of tenant A."""
    people = SignedIn(house=stack.pair.a, url=stack.url, open_page=open_page)

    def open_as(role: str, path: str, *, language: str = "en", theme: str = "dark", viewport: Any = DESK) -> Page:
        return people.open(role, path, language=language, theme=theme, viewport=viewport)

    return open_as


def shot(page: Page, name: str) -> None:
    """Keep a picture where AURUM_SHOTS says, to be looked at."""
    folder = os.environ.get("AURUM_SHOTS")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_from_the_plan_on_the_page_to_the_end_of_it(stack: Stack, as_person: OpenPage) -> None:
    from riskdesk.models import LiquidationProposal
    from riskdesk.services.liquidations import liquidation_approve
    from tests.services.people import acting
    from trading.engine import types as t

    house = stack.pair.a
    account = house.account_ids[0]
    page = as_person("risk_officer", "/risk/liquidations/")
    row = page.locator("tr", has_text=str(account)).filter(has_text="%")
    expect(row).to_contain_text("105.3 %", timeout=15_000)  # the board is written twice a second; nothing is reloaded
    duty = page.locator("section", has=page.get_by_role("heading", name="Delivery duties")).locator("tbody tr")
    expect(duty).to_have_count(1)
    expect(duty).to_contain_text("above the position limit of the stage")
    assert duty.locator("td.num").all_inner_texts() == ["380", "10"]
    row.locator("a").click()
    expect(page.locator("tbody tr").first).to_contain_text("today's lots")
    expect(page.locator("dd").first).to_have_text("105.3 %")
    page.fill("#note", "called, no answer")
    shot(page, "plan")
    page.get_by_role("button", name="Propose").click()
    waiting = page.locator("section", has_text="Waiting for a second officer")
    expect(waiting).to_contain_text("Another officer has to approve it.")
    expect(waiting).to_contain_text("called, no answer")
    with acting(house, "risk_officer") as officer:
        proposal = LiquidationProposal.objects.get(account_id=account)
        from portal.lib.errors import Refused

        with pytest.raises(Refused, match="maker"):
            liquidation_approve(actor=officer, proposal_id=proposal.pk)
        second = replace(officer, user_id=house.people["back_office_checker"].pk)
        approved = liquidation_approve(actor=second, proposal_id=proposal.pk)
    assert (approved.state, approved.number) == ("opened", 1)
    stack.caught_up()
    page.goto(f"{stack.url}/risk/liquidations/")
    expect(page.locator("article.liq").first).to_contain_text("0 of 380 lots closed")
    expect(page.locator("#liq-state")).to_contain_text("Live")
    shot(page, "open")
    reason = page.locator("article.liq input[name=reason]").first
    reason.fill("half a sentence")  # what is being typed is not taken away
    trade(stack, stack.pair.b, t.BUY, 300, 39_490)
    page.wait_for_timeout(7_000)
    expect(reason).to_have_value("half a sentence")
    reason.fill("")
    page.locator("h1").click()
    expect(page.locator("article.liq").first).to_contain_text("Restored", timeout=20_000)
    shot(page, "ended")


def test_the_client_reads_his_notices_and_confirms(stack: Stack, as_person: OpenPage) -> None:
    page = as_person("investor", "/notices/")
    card = page.locator("article.liq", has_text="Margin call").first
    expect(card).to_contain_text("Read")
    shot(page, "notices")
    card.get_by_role("button").click()
    expect(page.locator("article.liq", has_text="Confirmed by the client").first).to_be_visible()


def test_a_notice_comes_to_the_clients_trade_page_by_itself(stack: Stack, as_person: OpenPage) -> None:
    from trading.engine import types as t
    from trading.engine.commands import CancelAll

    a, b = stack.pair.a, stack.pair.b
    page = as_person("investor", "/trade/")
    banner = page.locator("#risk-notice .banner")
    expect(banner).to_be_visible(timeout=15_000)
    shot(page, "banner")
    for _ in range(12):
        if not banner.count():
            break
        with suppress(TimeoutError):  # what was counted may be gone before it is pressed
            banner.get_by_role("button", name="I have taken note").click(timeout=2_000)
        page.wait_for_timeout(700)
    expect(banner).to_have_count(0)
    stack.call(CancelAll(b.tenant.pk, b.account_ids[0], 0, "", "u1"))
    trade(stack, b, t.SELL, 1, 38_000, index=1)
    trade(stack, a, t.BUY, 1, 38_000, index=1)
    expect(banner).to_contain_text("yuan missing", timeout=15_000)
    expect(banner).to_contain_text(str(a.account_ids[0]))
    for viewport in (DESK, PHONE):
        page.set_viewport_size(viewport)
        shot(page, f"banner-{viewport['width']}")
        check(page, width=viewport["width"])


def test_every_look_is_accessible_and_fits(stack: Stack, as_person: OpenPage) -> None:
    account = stack.pair.a.account_ids[0]
    for language, theme, widths in LOOKS:
        for role, path in (
            ("risk_officer", "/risk/liquidations/"),
            ("risk_officer", f"/risk/accounts/{account}/plan/"),
            ("investor", "/notices/"),
        ):
            page = as_person(role, path, language=language, theme=theme, viewport=widths[0])
            for viewport in widths:
                page.set_viewport_size(viewport)
                shot(page, f"look-{role}-{path.strip('/').replace('/', '-')}-{language}-{theme}-{viewport['width']}")
                check(page, width=viewport["width"], contrast=language == CONTRAST_IN)
            page.close()
