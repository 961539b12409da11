"""What the terminal tells of an order and an account beyond its row: terms, triggers, reasons, where the focus goes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTerminal
from tests.browser.served import Served
from tests.browser.test_terminal_orders import fill_ticket


@pytest.fixture
def still(double: Served) -> Served:
    """A market that stands, so that prices in assertions are exact."""
    double.control(updates_per_s=0)
    return double


def working(page: Page, price: str, qty: int = 2) -> None:
    fill_ticket(page, price=price, qty=qty, effect="open")
    page.locator("#buy").click()
    page.locator("#t-work").click()
    expect(page.locator("#b-work tr", has_text=price)).to_have_count(1)


def test_enter_sends_a_change_and_tells_what_is_wrong_with_it(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    working(page, "1,000.00")
    page.locator("#b-work tr", has_text="1,000.00").get_by_role("button", name="Change").click()
    page.locator("#change-price").fill("1,200.00")
    page.keyboard.press("Enter")
    expect(page.locator("#change-error")).to_contain_text("from 857.86 to 1,137.16")
    page.locator("#change-price").fill("1,000.04")
    page.keyboard.press("Enter")
    expect(page.locator("#b-work tr", has_text="1,000.04")).to_have_count(1)
    expect(page.locator("#change-order")).to_be_hidden()
    page.locator("#b-work tr", has_text="1,000.04").get_by_role("button", name="Change").click()
    page.locator("#change-price").fill("1,000.06")
    page.locator("#change-order").get_by_role("button", name="Leave it").click()
    expect(page.locator("#change-order")).to_be_hidden()
    expect(page.locator("#b-work tr", has_text="1,000.04")).to_have_count(1)


def test_a_working_row_says_what_more_the_order_wants(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    fill_ticket(page, price="1000.00", qty=5, effect="open")
    page.locator("#more-terms summary").click()
    page.locator("#gain").fill("1,050.00")
    page.locator("#loss").fill("950")
    page.locator("#shown").fill("1")
    page.locator("#buy").click()
    page.locator("#t-work").click()
    row = page.locator("#b-work tr", has_text="1,000.00")
    expect(row).to_contain_text("Day · shows 1 · profit at 1,050.00 · loss at 950.00")
    page.set_viewport_size({"width": 390, "height": 844})  # type: ignore[typeddict-item]
    box = row.get_by_role("button", name="Cancel").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390


def test_a_stop_lies_on_the_chart_at_its_trigger(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    page.locator("[name=kind][value=stop]").check(force=True)
    page.locator("#stop").fill("1,004.60")
    page.locator("#buy").click()
    label = page.locator("#chart-labels .line-label.stop")
    expect(label).to_contain_text("Stop: Buy")
    label.get_by_role("button").click()
    expect(label).to_have_count(0)
    assert not [order for order in still.control()["orders"] if order["status"] == "held"]


def test_protection_on_the_wrong_side_is_told_before_anything_is_asked(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    fill_ticket(page, price="1000.00", qty=1, effect="open")
    page.locator("#more-terms summary").click()
    page.locator("#gain").fill("990.00")
    expect(page.locator("#buy")).to_be_disabled()
    expect(page.locator("#sell")).to_be_enabled()
    expect(page.locator("#more-said")).to_contain_text("take profit · fits a sell only")
    expect(page.locator("#preview tr").first).to_contain_text("Wrong protection")
    page.locator("#loss").fill("980.00")
    expect(page.locator("#guard-error")).to_contain_text("take profit lies above the price and stop loss below it")
    expect(page.locator("#sell")).to_be_disabled()


def test_an_order_that_could_not_fill_says_why_beside_the_ticket(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    page.locator("[name=tif][value=ioc]").check(force=True)
    fill_ticket(page, price="990.00", qty=1, effect="open")
    page.locator("#buy").click()
    note = page.locator("#outcome .note.warn")
    expect(note).to_contain_text("Cancelled: au2612 buy open 1 lots @990.00")
    expect(note).to_contain_text("Rest of a FAK order · nothing was filled")


def test_the_holder_reads_why_the_officer_closed_the_account(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    still.control(account_status="close_only", reason="margin below the line since noon")
    banner = page.locator("#banners .banner.warn")
    expect(banner).to_contain_text("may only close positions")
    expect(banner).to_contain_text("Ask your broker's risk desk")
    expect(banner).to_contain_text("Reason: margin below the line since noon")
    page.locator("#t-log").click()
    said = page.locator("#p-log", has_text="The account is now: may only close")
    expect(said).to_contain_text("Reason: margin below the line since noon")
    still.control(account_status="active", reason="liquidation 12")
    expect(banner).to_have_count(0)
    expect(page.locator("#p-log")).to_contain_text("open for trading Reason: forced liquidation no. 12")


def test_the_focus_goes_to_the_tab_when_its_row_ends_and_to_no_other_order(
    terminal: OpenTerminal, still: Served
) -> None:
    page = terminal()
    working(page, "1,000.00")
    working(page, "1,000.02")
    page.locator("#b-work tr").first.get_by_role("button", name="Cancel").focus()
    orders = page.locator("#b-work tr").count()
    page.keyboard.press("Enter")
    expect(page.locator("#b-work tr")).to_have_count(orders - 1)
    expect(page.locator("#t-work")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#b-work tr")).to_have_count(orders - 1)
    page.locator("#cancel-all").focus()
    page.keyboard.press("Enter")
    page.locator("#confirm-yes").press("Enter")
    expect(page.locator("#b-work tr")).to_have_count(0)
    expect(page.locator("#t-work")).to_be_focused()
