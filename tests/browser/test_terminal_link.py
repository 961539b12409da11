"""What the terminal says and does when the stream stops, breaks, loses numbers, or trading ends."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import OpenTerminal
from tests.browser.served import Served

ORDER = {
    "symbol": "SHFE.au2612",
    "side": "buy",
    "position_effect": "open",
    "type": "limit",
    "time_in_force": "day",
    "qty": 2,
    "limit_price": "990.00",
    "client_order_id": "machine-1",
}


def test_silence_greys_prices_and_holds_new_orders_back(terminal: OpenTerminal, double: Served) -> None:
    page = terminal()
    double.control(silent=True)
    expect(page.locator(".banner.warn")).to_contain_text("new orders are held back", timeout=15_000)
    expect(page.locator("#book-tile")).to_have_class("panel book stale")
    expect(page.locator("#buy")).to_be_disabled()
    expect(page.locator("#conn-word")).to_contain_text("Stale")
    double.control(silent=False)
    expect(page.locator("#conn-word")).to_have_text("Live", timeout=20_000)
    expect(page.locator(".banner")).to_have_count(0)
    expect(page.locator("#buy")).to_be_enabled()


def test_a_quiet_market_is_not_stale(terminal: OpenTerminal, double: Served) -> None:
    page = terminal()
    double.control(updates_per_s=0)
    page.wait_for_timeout(9000)
    expect(page.locator("#conn-word")).to_have_text("Live")


def test_cancels_work_while_the_socket_is_down(terminal: OpenTerminal, double: Served) -> None:
    page = terminal()
    page.locator("#t-work").click()
    double.control(refuse_sockets=True, close_sockets=4503)
    expect(page.locator("#buy")).to_be_disabled()
    page.locator("#b-work tr", has_text="1,004.20").get_by_role("button", name="Cancel").click()
    page.wait_for_timeout(500)
    assert [order["limit_price"] for order in double.control()["orders"]] == ["1007.80"]


def test_comes_back_by_itself_with_what_it_missed(terminal: OpenTerminal, double: Served) -> None:
    page = terminal()
    double.control(refuse_sockets=True, close_sockets=4503)
    expect(page.locator("#conn-word")).to_have_text("Connecting again")
    double.control(place=ORDER)
    double.control(refuse_sockets=False)
    expect(page.locator("#conn-word")).to_have_text("Live", timeout=20_000)
    expect(page.locator("#n-work")).to_have_text("3")
    page.locator("#t-log").click()
    expect(page.locator("#b-log")).to_contain_text("1 account events were caught up")


def test_fetches_numbers_that_never_arrived(terminal: OpenTerminal, double: Served) -> None:
    page = terminal()
    double.control(lose_events=ORDER)
    expect(page.locator("#n-work")).to_have_text("2")
    double.control(place=ORDER | {"client_order_id": "machine-2", "limit_price": "991.00"})
    expect(page.locator("#n-work")).to_have_text("4")


def test_says_that_trading_is_unavailable(terminal: OpenTerminal, double: Served) -> None:
    page = terminal()
    double.control(trading=False)
    expect(page.locator(".banner.critical")).to_contain_text("Trading unavailable since")
    expect(page.locator(".banner.critical")).to_contain_text("working orders stay at the exchange")
    expect(page.locator("#sell")).to_be_disabled()
    double.control(trading=True)
    expect(page.locator(".banner")).to_have_count(0)
    expect(page.locator("#sell")).to_be_enabled()


def test_says_who_can_release_a_restricted_account(terminal: OpenTerminal, double: Served) -> None:
    page = terminal()
    double.control(account_status="blocked")
    expect(page.locator(".banner.critical")).to_contain_text("blocked by the risk officer")
    expect(page.locator("#buy")).to_be_disabled()


def test_an_ended_sign_in_asks_to_sign_in_again(terminal: OpenTerminal, double: Served) -> None:
    page = terminal()
    double.control(close_sockets=4401)
    expect(page.locator(".banner.critical a")).to_have_attribute("href", "/accounts/login/?next=%2Ftrade%2F")
