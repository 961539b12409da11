"""The risk officer's page on a running core: an alert appears by itself, is acknowledged, and the account stopped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, LOOKS
from tests.browser.signed_in import SignedIn
from tests.browser.test_terminal_looks import CONTRAST_IN, check

if TYPE_CHECKING:  # the settings are configured after conftest files are read
    from tests.stack import Stack

pytestmark = pytest.mark.xdist_group("risk-desk-page")
OpenPage = Callable[..., Page]
TOO_MANY_LOTS = 450


@pytest.fixture(scope="module")
def stack(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stack]:
    """Core, followers and web server for the whole module."""
    from tests.stack import running_stack

    with django_db_blocker.unblock(), running_stack(web=True) as running:
        yield running


@pytest.fixture
def desk(stack: Stack, open_page: OpenPage) -> OpenPage:
    """Open the desk as the officer of tenant A and wait until it is live."""
    people = SignedIn(house=stack.pair.a, url=stack.url, open_page=open_page)

    def open_desk(*, language: str = "en", theme: str = "dark", viewport: dict[str, int] = DESK) -> Page:
        page = people.open("risk_officer", "/risk/", language=language, theme=theme, viewport=viewport)
        expect(page.locator("#live")).to_have_text(re.compile("^(Live|实时)$"), timeout=20_000)
        return page

    return open_desk


def order(stack: Stack, *, name: str, qty: int, price_ticks: int = 39_000) -> Any:
    """Enter an opening order of the first investor of tenant A; returns the core's first event."""
    from tests.engine.support import DAY_1, GOLD
    from trading.engine import types as t
    from trading.engine.commands import PlaceOrder

    house = stack.pair.a
    terms = (GOLD, t.BUY, t.OPEN, t.LIMIT, t.DAY, qty, price_ticks)
    return stack.call(PlaceOrder(house.tenant.pk, house.account_ids[0], name, DAY_1, *terms, "u1")).event


def intervene(page: Page, *, rung: str, reason: str, account: int) -> None:
    """Fill the dialog of a rung of the ladder and send it."""
    page.locator(f"{rung} button").click()
    page.fill("#act-reason", reason)
    page.fill("#act-word", str(account))
    page.click("#act-send")


def test_refusals_appear_on_one_row_and_are_acknowledged_with_the_keyboard(stack: Stack, desk: OpenPage) -> None:
    page = desk()
    assert order(stack, name="rd-1", qty=TOO_MANY_LOTS).code == "insufficient_margin"
    row = page.locator("#alerts article").first
    expect(row).to_be_visible(timeout=15_000)
    order(stack, name="rd-2", qty=TOO_MANY_LOTS)
    expect(row.locator(".badge").first).to_have_text("×2", timeout=15_000)
    expect(page.locator("#alerts article")).to_have_count(1)
    expect(row).to_contain_text("SHFE.au2612 · needed 57,604,500.00 · available 50,000,000.00 · lots 450")
    page.locator("[name=show][value=held]").check(force=True)
    expect(page.locator("#alerts-hidden")).to_contain_text("None like this")
    expect(page.locator("#alerts-empty")).to_be_hidden()
    page.locator("[name=show][value=all]").check(force=True)
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.keyboard.type("called the client")
    page.click("#ack-send")
    # A refusal that somebody has seen is over: only a condition that lasts stays on the wall.
    expect(page.locator("#alerts article")).to_have_count(0)
    expect(page.locator("#timeline")).to_contain_text("called the client")
    expect(page.locator("#timeline li", has_text="called the client")).not_to_contain_text("effective at journal")
    expect(page.locator("#det-title")).to_be_focused()


def test_an_intervention_needs_the_number_typed_and_works_at_once(stack: Stack, desk: OpenPage) -> None:
    page, account = desk(), stack.pair.a.account_ids[0]
    page.locator("#rank button", has_text=str(account)).first.click()
    page.locator("#rung-1 button").click()
    page.fill("#act-reason", "margin to be checked")
    page.fill("#act-word", "1")
    page.click("#act-send")
    expect(page.locator("#act-error")).to_contain_text(str(account))
    page.fill("#act-word", str(account))
    page.click("#act-send")
    told = page.locator("#act-result")
    expect(told).to_contain_text("effective at journal number")
    refused = order(stack, name="rd-3", qty=1)
    assert refused.code == "close_only"
    intervene(page, rung="#rung-0", reason="checked", account=account)
    expect(told).to_contain_text("Release")
    from trading.engine.events import OrderAccepted

    assert isinstance(order(stack, name="rd-4", qty=1), OrderAccepted)


def test_the_page_says_how_old_it_is_when_the_server_is_gone(stack: Stack, desk: OpenPage) -> None:
    page = desk()
    page.context.set_offline(True)
    expect(page.locator("#stale")).to_be_visible(timeout=30_000)
    expect(page.locator("body")).to_have_class(re.compile("stale"))
    page.context.set_offline(False)
    expect(page.locator("#stale")).to_be_hidden(timeout=30_000)


def test_every_look_is_accessible_and_fits(stack: Stack, desk: OpenPage) -> None:
    order(stack, name="rd-look", qty=TOO_MANY_LOTS)
    for language, theme, widths in LOOKS:
        page = desk(language=language, theme=theme, viewport=widths[0])
        expect(page.locator("#alerts article").first).to_be_visible(timeout=15_000)
        page.locator("#alerts article").first.click()
        for viewport in widths:
            page.set_viewport_size(viewport)
            page.wait_for_timeout(300)
            check(page, width=viewport["width"], contrast=language == CONTRAST_IN)
        page.close()
