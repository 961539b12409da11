"""The statements page and the proof page in a real browser: both languages, both themes, 390 px, keyboard, files."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, LOOKS
from tests.browser.signed_in import SignedIn
from tests.browser.test_terminal_looks import CONTRAST_IN, check

if TYPE_CHECKING:  # the settings are configured after conftest files are read
    from tests.plugins.processes import Processes
    from tests.world import Pair

OpenPage = Callable[..., Page]


@pytest.fixture
def settled(tenant_pair: Pair, db_core: psycopg.Connection[Any]) -> Pair:
    """Two days of trading between both tenants, settled; the first one was put right on the second."""
    from tests.trading.feed import Feed, follow, write_journal
    from trading.engine import commands as cmd
    from trading.marketdata.follower import MarketDataFollower
    from trading.projections.follower import ProjectionFollower
    from trading.services.statement_making import statements_make

    feed = Feed()
    owners = {
        account_id: house.tenant.pk for house in (tenant_pair.a, tenant_pair.b) for account_id in house.account_ids
    }
    feed.open_market(accounts=owners)
    feed.noise(120, seed=4)
    feed.roll(20261124, gold_ticks=40_003, silver_ticks=7_999)
    tenant_id, account_id = tenant_pair.a.tenant.pk, tenant_pair.a.account_ids[0]
    feed.do(cmd.CorrectStatement(tenant_id, account_id, 20261123, 700, "手续费多收", "k1", "u2", "u3"))
    feed.do(cmd.SetTenantRules(tenant_id, False, 800_000, 100_000, "u2", "u3"))
    feed.noise(60, seed=5)
    feed.roll(20261125, gold_ticks=40_001, silver_ticks=8_001)
    batches = feed.batches()
    write_journal(db_core, batches)
    follow(ProjectionFollower(), batches, db_core)
    follow(MarketDataFollower(), batches, db_core)
    assert sum(statements_make(db_core)) == 9
    return tenant_pair


@pytest.fixture
def portal_url(committed: None, processes: Processes) -> str:
    """A web server that knows this test's signatures, so that sessions made here are valid there."""
    from django.conf import settings

    processes.environment["AURUM_SECRET_KEY"] = settings.SECRET_KEY
    return processes.web()


@pytest.fixture
def enter(settled: Pair, portal_url: str, open_page: OpenPage) -> OpenPage:
    """Open a page as the person of a role, signed in."""
    people = SignedIn(house=settled.a, url=portal_url, open_page=open_page)

    def open_as(role: str, path: str, *, language: str = "zh-hans", theme: str = "light", viewport: Any = DESK) -> Page:
        return people.open(role, path, language=language, theme=theme, viewport=viewport)

    return open_as


def test_days_bases_and_versions_by_keyboard(settled: Pair, enter: OpenPage) -> None:
    page = enter("investor", "/statements/", viewport=DESK)
    account = settled.a.account_ids[0]
    expect(page.locator("#sheet-h")).to_have_text("交易结算单(盯市)")
    expect(page.locator(".days li")).to_have_count(2)
    page.get_by_role("link", name="逐笔对冲").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#sheet-h")).to_have_text("交易结算单(逐笔对冲)")
    page.locator(".days a", has_text="2026-11-23").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{page.url.split('/statements/')[0]}/statements/{account}/20261123/?basis=trade")
    expect(page.locator("#s-corrections")).to_have_text("更正")
    expect(page.locator("section", has=page.locator("#s-corrections"))).to_contain_text("手续费多收")
    page.get_by_role("link", name="1", exact=True).click()
    expect(page.locator(".note.warn")).to_contain_text("旧版本")
    expect(page.locator("#s-corrections")).to_have_count(0)
    with page.expect_download() as given:
        page.get_by_role("link", name="PDF").click()
    assert given.value.suggested_filename == f"{account}-20261123-v1-trade.pdf"
    page.locator(".money summary").press("Enter")
    expect(page.locator(".money")).to_contain_text("基本准备金")
    expect(page.locator(".money")).to_contain_text("1,000.00")


def test_every_look_is_accessible_and_fits(enter: OpenPage) -> None:
    """One portal for all looks: making its days and starting it takes longer than looking."""
    pages = (("investor", "/statements/", "#sheet-h"), ("back_office_checker", "/proof/", ".note.ok"))
    for language, theme, widths in LOOKS:
        for role, path, ready in pages:
            page = enter(role, path, language=language, theme=theme, viewport=widths[0])
            expect(page.locator(ready)).to_be_visible()
            for viewport in widths:
                page.set_viewport_size(viewport)
                check(page, width=viewport["width"], contrast=language == CONTRAST_IN)
                keep(page, f"{path.strip('/')}-{language}-{theme}-{viewport['width']}")
            page.close()


def keep(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at it."""
    folder = os.environ.get("AURUM_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
