"""Trading by hand: the ticket, working orders, positions, keys, one-click."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenTerminal
from tests.browser.fake_market import TRADING_DAY
from tests.browser.served import Served


@pytest.fixture
def still(double: Served) -> Served:
    """A market that stands, so that prices in assertions are exact."""
    double.control(updates_per_s=0)
    return double


def fill_ticket(page: Page, *, price: str, qty: int, effect: str = "auto") -> None:
    page.locator(f"[name=effect][value={effect}]").check(force=True)
    page.locator("#price").fill(price)
    page.locator("#qty").fill(str(qty))


def rows(page: Page, body: str) -> list[str]:
    return page.locator(f"#{body} tr").all_inner_texts()


def test_a_level_fills_the_ticket_and_sends_nothing(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    orders = len(still.control()["orders"])
    level = page.locator("#bids tr").nth(2)
    wanted = level.locator(".px").inner_text()
    level.locator("button").click()
    expect(page.locator("#price")).to_have_value(wanted)
    assert len(still.control()["orders"]) == orders


def test_buttons_say_exactly_what_they_send(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    fill_ticket(page, price="1,000.00", qty=2, effect="open")
    expect(page.locator("#buy")).to_contain_text("Buy to open")
    expect(page.locator("#buy")).to_contain_text("1,000.00 × 2")
    fill_ticket(page, price="1,004.40", qty=2, effect="close_today")
    expect(page.locator("#sell")).to_contain_text("Sell to close today")
    expect(page.locator("#buy")).to_be_disabled()
    expect(page.locator("#preview")).to_contain_text("No short of today")


def test_previews_both_sides_before_sending(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    fill_ticket(page, price="1000.00", qty=2, effect="open")
    body = page.locator("#preview")
    expect(body).to_contain_text("320,000")
    expect(body).to_contain_text("20.00")
    expect(body).to_contain_text("5 lots")


def test_an_order_waits_is_changed_and_cancelled(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    fill_ticket(page, price="1000.00", qty=2, effect="open")
    page.locator("#buy").click()
    expect(page.locator("#outcome")).to_contain_text("Sent: au2612 buy open 2 lots @1,000.00")
    page.locator("#t-work").click()
    row = page.locator("#b-work tr", has_text="1,000.00")
    row.get_by_role("button", name="Change").click()
    page.locator("#change-price").fill("1,000.01")
    page.locator("#change-yes").click()
    expect(page.locator("#change-error")).to_contain_text("nearest are 1,000.00 and 1,000.02")
    page.locator("#change-price").fill("1,000.02")
    page.locator("#change-qty").fill("1")
    page.locator("#change-yes").click()
    changed = page.locator("#b-work tr", has_text="1,000.02")
    expect(changed).to_have_count(1)
    changed.get_by_role("button", name="Cancel").click()
    expect(changed).to_have_count(0)
    assert not [order for order in still.control()["orders"] if order["limit_price"] == "1000.02"]


def test_a_stop_waits_for_its_trigger_and_is_moved(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    page.locator("[name=kind][value=stop]").check(force=True)
    expect(page.locator("#price")).to_be_disabled()
    expect(page.locator("#buy")).to_be_disabled()
    page.locator("#stop").fill("1,020.01")
    expect(page.locator("#stop-error")).to_contain_text("nearest are 1,020.00 and 1,020.02")
    page.locator("#stop").fill("1,020.00")
    expect(page.locator("#buy")).to_contain_text("from 1,020.00 × 1")
    page.locator("#buy").click()
    expect(page.locator("#outcome")).to_contain_text("@market from 1,020.00")
    (order,) = [order for order in still.control()["orders"] if order.get("stop_price")]
    assert (order["type"], order["stop_price"], order["limit_price"]) == ("stop", "1020.00", None)
    page.locator("#t-work").click()
    row = page.locator("#b-work tr", has_text="from 1,020.00")
    expect(row).to_contain_text("Waiting for trigger")
    row.get_by_role("button", name="Change").click()
    expect(page.locator("#change-price-label")).to_have_text("New trigger price")
    page.locator("#change-price").fill("1,030.00")
    page.locator("#change-yes").click()
    expect(page.locator("#b-work tr", has_text="from 1,030.00")).to_have_count(1)


def test_protection_opens_and_travels_with_the_order(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    fill_ticket(page, price="1000.00", qty=1)
    page.locator("#more-terms summary").click()
    page.locator("#gain").fill("1,050.01")
    expect(page.locator("#guard-error")).to_contain_text("nearest are 1,050.00 and 1,050.02")
    page.locator("#gain").fill("1,050.00")
    page.locator("#loss").fill("950")
    expect(page.locator("#more-said")).to_contain_text("take profit · stop loss")
    expect(page.locator("#buy")).to_contain_text("Buy to open")
    page.locator("#buy").click()
    expect(page.locator("#outcome")).to_contain_text("Sent: au2612 buy open 1 lots @1,000.00")
    (order,) = [order for order in still.control()["orders"] if order.get("terms")]
    assert order["terms"] == {"take_profit_price": "1050.00", "stop_loss_price": "950.00"}


def test_a_refusal_says_needed_available_and_the_next_step(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    before = still.control()
    fill_ticket(page, price="1000.00", qty=8, effect="open")
    expect(page.locator("#preview .no").first).to_be_visible()
    page.locator("#buy").click()
    note = page.locator("#outcome .refused")
    expect(note).to_contain_text("Refused: not enough funds")
    for words in ("Needed", "1,280,080.00", "Available", "854,594.40", "Most you can send", "5", "Send fewer lots"):
        expect(note).to_contain_text(words)
    after = still.control()
    assert after["orders"] == before["orders"]
    assert after["fills"] == before["fills"]


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("price", "1,004.37", "nearest are 1,004.36 and 1,004.38"),
        ("price", "1,200.00", "from 857.86 to 1,137.16"),
        ("price", "gold", "must be a number such as"),
        ("qty", "0", "whole numbers from 1"),
        ("qty", "501", "At most 500 lots"),
    ],
)
def test_a_wrong_field_keeps_what_was_typed(terminal: OpenTerminal, field: str, text: str, words: str) -> None:
    page = terminal()
    page.locator(f"#{field}").fill(text)
    expect(page.locator(f"#{field}-error")).to_contain_text(words)
    expect(page.locator(f"#{field}")).to_have_value(text)
    expect(page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#buy")).to_be_disabled()


def test_a_position_is_closed_after_a_question(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    page.locator("#b-pos tr", has_text="au2612").get_by_role("button", name="Close").click()
    expect(page.locator("#confirm")).to_contain_text("Close 6 lots of au2612?")
    page.locator("#confirm-no").click()
    assert still.control()["fills"] == []
    page.locator("#b-pos tr", has_text="au2612").get_by_role("button", name="Close").click()
    page.locator("#confirm-yes").click()
    expect(page.locator("#b-pos tr", has_text="au2612")).to_have_count(0)
    fills = still.control()["fills"]
    assert [(fill["side"], fill["qty"]) for fill in fills] == [("sell", 6)]


def test_a_position_is_reversed_in_two_orders(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    page.locator("#b-pos tr", has_text="au2702").get_by_role("button", name="Reverse").click()
    page.locator("#confirm-yes").click()
    expect(page.locator("#b-pos tr", has_text="au2702")).to_contain_text("Long")
    fills = still.control()["fills"]
    assert [(fill["side"], fill["position_effect"], fill["qty"]) for fill in fills] == [
        ("buy", "close", 2),
        ("buy", "open", 2),
    ]


def test_cancel_all_asks_and_leaves_nothing_working(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    page.keyboard.press("Shift+X")
    expect(page.locator("#confirm")).to_contain_text("Cancel all 2 working orders?")
    page.locator("#confirm-yes").click()
    expect(page.locator("#n-work")).to_have_text("0")
    assert still.control()["orders"] == []


def test_keys_buy_with_a_question(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    page.keyboard.press("b")
    assert page.evaluate("document.activeElement.id") == "price"
    page.keyboard.type("1000.00")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#price")).to_have_value("1,000.02")
    page.keyboard.press("Enter")
    expect(page.locator("#confirm")).to_contain_text("Buy to open 1 lots @1,000.02?")
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_contain_text("Sent: au2612 buy open 1 lots @1,000.02")
    page.locator("#price").focus()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_single_keys_can_be_switched_off_and_never_act_in_a_field(terminal: OpenTerminal) -> None:
    page = terminal()
    page.locator("#qty").focus()
    page.keyboard.press("h")
    expect(page.locator("#hold")).to_have_attribute("aria-pressed", "false")
    page.locator("#qty").blur()
    page.keyboard.press("?")
    page.locator("#keys-on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    expect(page.locator("#hold")).to_have_attribute("aria-pressed", "false")


def test_one_click_is_confirmed_shown_and_then_sends_from_the_depth(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    page.locator("#one-click").click()
    expect(page.locator("#confirm-yes")).to_be_disabled()
    page.locator("#confirm-check").check()
    page.locator("#confirm-yes").click()
    expect(page.locator("#one-click")).to_have_attribute("aria-pressed", "true")
    page.locator("#asks tr").last.locator("button").click()
    expect(page.locator("#n-fill")).to_have_text("1")
    fill = still.control()["fills"][0]
    assert (fill["side"], fill["qty"]) == ("buy", 1)


def test_market_orders_have_no_price(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    page.locator("[name=kind][value=market]").check(force=True)
    expect(page.locator("#price")).to_be_disabled()
    page.locator("[name=effect][value=open]").check(force=True)
    page.locator("#buy").click()
    expect(page.locator("#n-fill")).to_have_text("1")


def test_thumb_buttons_on_a_phone_ask_with_the_whole_order(terminal: OpenTerminal, still: Served) -> None:
    page = terminal(viewport=PHONE)
    page.locator("#thumb-buy").click()
    expect(page.locator("#confirm")).to_contain_text("Buy to open 1 lots")
    page.locator("#confirm-yes").click()
    expect(page.locator("#n-fill")).to_have_text("1")


def test_an_order_till_a_day_names_the_day(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    fill_ticket(page, price="1000.00", qty=1, effect="open")
    expect(page.locator("#till-field")).to_be_hidden()
    page.locator("[name=tif][value=gtd]").check(force=True)
    expect(page.locator("#till-error")).to_contain_text(f"Choose a day from {TRADING_DAY} on.")
    expect(page.locator("#buy")).to_be_disabled()
    page.locator("#till").fill("2099-12-31")
    page.locator("#buy").click()
    expect(page.locator("#outcome")).to_contain_text("Sent: au2612 buy open 1 lots @1,000.00")
    (order,) = [order for order in still.control()["orders"] if order.get("terms")]
    assert (order["time_in_force"], order["terms"]) == ("gtd", {"good_till": "2099-12-31"})
    page.locator("#t-work").click()
    expect(page.locator("#b-work tr", has_text="2099-12-31")).to_have_count(1)


def test_a_trailing_stop_asks_for_a_distance(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    page.locator("[name=kind][value=stop]").check(force=True)
    page.locator("#trailing").check()
    expect(page.locator("#stop-label")).to_have_text("Distance")
    expect(page.locator("#stop-limit")).to_be_disabled()
    page.locator("#stop").fill("0.01")
    expect(page.locator("#stop-error")).to_contain_text("The distance must be a multiple of 0.02.")
    page.locator("#stop").fill("4.00")
    expect(page.locator("#sell")).to_contain_text("trailing 4.00")
    page.locator("#sell").click()
    expect(page.locator("#outcome")).to_contain_text("trailing 4.00")
    (order,) = [order for order in still.control()["orders"] if order["type"] == "trailing_stop"]
    assert (order["stop_price"], order["terms"]) == (None, {"trail_price": "4.00"})


def test_a_stop_is_paired_with_a_working_order(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    fill_ticket(page, price="1,090.00", qty=1, effect="close_today")
    page.locator("#sell").click()
    expect(page.locator("#outcome")).to_contain_text("Sent: au2612 sell close today 1 lots @1,090.00")
    page.locator("[name=effect][value=auto]").check(force=True)
    page.locator("[name=kind][value=stop]").check(force=True)
    page.locator("#stop").fill("950.00")
    expect(page.locator("#leg-field")).to_be_visible()
    page.locator("#other-leg").select_option(label="au2612 sell close today 1 lots @1,090.00")
    expect(page.locator("#buy")).to_be_disabled()
    page.locator("#sell").click()
    expect(page.locator("#outcome")).to_contain_text("@market from 950.00")
    orders = still.control()["orders"]
    first = next(order for order in orders if order["limit_price"] == "1090.00")
    (pair,) = [order for order in orders if (order.get("terms") or {}).get("other_leg")]
    assert pair["terms"]["other_leg"] == first["client_order_id"]
    assert pair["position_effect"] == "close_today"


def test_the_answer_is_seen_although_the_details_are_open(terminal: OpenTerminal, still: Served) -> None:
    page = terminal()
    page.locator("#more-terms summary").click()
    fill_ticket(page, price="1000.00", qty=8, effect="open")
    expect(page.locator("#preview .no").first).to_be_visible()
    page.locator("#buy").click()
    expect(page.locator("#outcome .refused")).to_be_in_viewport(ratio=0.9)
