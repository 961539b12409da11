"""The terminal shows the market: depth, quote, candles, trades, watch list, and finds a contract."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenTerminal
from tests.browser.served import Served


def units(text: str) -> int:
    return round(float(text.replace(",", "")) * 100)


def prices(page: Page, side: str) -> list[int]:
    return [units(text) for text in page.locator(f"#{side} .px").all_inner_texts()]


def test_shows_ten_levels_a_side_in_price_order(terminal: OpenTerminal) -> None:
    page = terminal()
    page.locator("#hold").click()
    asks, bids = prices(page, "asks"), prices(page, "bids")
    assert len(asks) == len(bids) == 10
    assert asks == sorted(asks, reverse=True)
    assert bids == sorted(bids, reverse=True)
    assert asks[-1] > bids[0]


def test_the_head_shows_the_days_figures(terminal: OpenTerminal) -> None:
    page = terminal()
    day = page.locator("#day")
    shown = {}
    for pair in day.locator("div").all():
        shown[pair.locator("dt").inner_text()] = pair.locator("dd")
    assert len(shown) == 12
    expect(shown["Turnover (100 m)"]).to_have_text("1,382.50")
    expect(shown["OI change"]).to_have_text("−1,204")
    previous = units(shown["Prev settle"].inner_text())
    assert units(shown["Settle"].inner_text()) == previous + 40
    assert units(shown["Avg"].inner_text()) in (previous + 37, previous + 38)
    assert units(shown["Lower limit"].inner_text()) < previous < units(shown["Upper limit"].inner_text())
    # Nothing is cut off, however narrow the page.
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert day.evaluate("strip => strip.scrollWidth <= strip.clientWidth")


def test_shows_own_lots_at_their_price(terminal: OpenTerminal, double: Served) -> None:
    page = terminal()
    best = double.control()["last"]["SHFE.au2612"]
    wanted = f"{(best - 8) / 100:.2f}"
    page.locator("#price").fill(wanted)
    page.locator("#qty").fill("3")
    page.locator("#buy").click()
    row = page.locator("#bids tr", has=page.locator(".mine", has_text="3"))
    expect(row).to_have_count(1)
    assert units(row.locator(".px").inner_text()) == units(wanted)


def test_takes_a_snapshot_when_a_depth_frame_is_lost(terminal: OpenTerminal, double: Served) -> None:
    page = terminal()
    page.evaluate("import('/static/portal/js/terminal/state.js').then((m) => { window.testState = m.state; })")
    double.control(drop_next_book=True)
    page.wait_for_timeout(1500)
    double.control(updates_per_s=0)
    page.wait_for_timeout(800)
    assert page.evaluate("window.testState.book.bids.size") == 20
    assert page.evaluate("window.testState.book.bestBid") == double.control()["last"]["SHFE.au2612"]


def test_hold_stops_the_depth_and_says_so(terminal: OpenTerminal) -> None:
    page = terminal()
    page.keyboard.press("h")
    expect(page.locator("#hold")).to_have_attribute("aria-pressed", "true")
    held = page.locator("#bids").inner_text()
    page.wait_for_timeout(1200)
    assert page.locator("#bids").inner_text() == held
    page.keyboard.press("h")
    expect(page.locator("#bids")).not_to_have_text(held, use_inner_text=True)


def test_opens_a_contract_everywhere_from_the_finder(terminal: OpenTerminal) -> None:
    page = terminal()
    page.keyboard.press("/")
    page.locator("#find-text").fill("2704")
    page.keyboard.press("Enter")
    expect(page.locator("#symbol")).to_have_text("au2704")
    expect(page.locator("#watch tr[aria-selected=true]")).to_contain_text("au2704")
    expect(page.locator("#facts-h")).to_contain_text("au2704")
    expect(page.locator("#bids .px").first).not_to_have_text("–")
    assert abs(prices(page, "bids")[0] - 101_624) < 400


def test_remembers_the_contract_and_the_period(terminal: OpenTerminal) -> None:
    page = terminal()
    page.locator("#watch button", has_text="au2702").click()
    page.locator("#periods label", has_text="15m").click()
    expect(page.locator("#symbol")).to_have_text("au2702")
    page.reload()
    expect(page.locator("#symbol")).to_have_text("au2702")
    expect(page.locator("[name=period][value='15m']")).to_be_checked()


def test_turns_every_colour_with_one_switch(terminal: OpenTerminal) -> None:
    page = terminal()
    colour = "getComputedStyle(document.querySelector('#bids .px')).color"
    before = page.evaluate(colour)
    page.locator("button[name=updown]").first.click()
    assert page.evaluate("document.documentElement.dataset.updown") == "green-up"
    assert page.evaluate(colour) != before


def test_draws_the_chart_in_all_its_area(terminal: OpenTerminal) -> None:
    page = terminal()
    expect(page.locator("#chart-note")).to_be_hidden()
    size = page.locator("#chart canvas").first.bounding_box()
    assert size is not None
    assert size["width"] > 400
    assert page.locator(".line-label.position").count() == 1
    assert page.locator(".line-label.position").inner_text().startswith("Long 6")


def test_marks_own_fills_on_the_chart(terminal: OpenTerminal) -> None:
    page = terminal()
    page.locator("[name=effect][value=open]").check(force=True)
    page.locator("#buy").click()
    expect(page.locator("#chart")).to_have_attribute("data-fills", "buy 1")


def test_an_order_line_on_the_chart_cancels_its_order(terminal: OpenTerminal, double: Served) -> None:
    page = terminal()
    label = page.locator(".line-label.buy", has_text="Buy open 2")
    expect(label).to_have_count(1)
    label.get_by_role("button").click()
    expect(label).to_have_count(0)
    assert [order["limit_price"] for order in double.control()["orders"]] == ["1007.80"]


def test_loads_the_candles_of_each_period(terminal: OpenTerminal) -> None:
    page = terminal()
    count = "import('/static/portal/js/terminal/bars.js').then((m) => [m.bars.key, m.bars.items.length])"
    for period in ("5m", "15m", "1h", "1d", "1m"):
        page.locator(f"[name=period][value='{period}']").check(force=True)
        page.wait_for_timeout(700)
        key, items = page.evaluate(count)
        assert key == f"SHFE.au2612:{period}"
        assert items >= 240


def facts(page: Page) -> dict[str, str]:
    labels = page.locator("#facts dt").all_inner_texts()
    return dict(zip(labels, page.locator("#facts dd").all_inner_texts(), strict=True))


def test_shows_the_terms_in_force_for_the_account_and_those_to_come(terminal: OpenTerminal) -> None:
    page = terminal()
    expect(page.locator("#facts-h")).to_have_text("au2612, terms of account 7001")
    shown = facts(page)
    # What the preview charges by, not the contract's own 16 % and 10 a lot.
    assert shown["Margin rate"] == "18 % / 18.5 %"
    assert shown["Fee open / close"] == "15 / 0.005 %"
    assert shown["Fee close today"] == "2.50 + 0.01 %"
    assert shown["Fee an order"] == "1"
    assert "Fee a cancel" not in shown
    assert shown["Margin of the larger side"] == "of the product"
    assert (shown["Lots an order, at most"], shown["Lots a direction, at most"]) == ("300", "120")
    assert shown["Price limit"] == "±14 %"
    assert shown["exchange, SHFE.au"] == "since 2026-11-20: SHFE 2026-77"
    assert shown["From 2026-12-01"] == "exchange, SHFE.au: SHFE 2026-81"
    # The smaller of the account's 2,700 and the terms' 120.
    expect(page.locator("#room")).to_contain_text("/ 120")
    page.locator("#watch button", has_text="au2702").click()
    expect(page.locator("#facts-h")).to_have_text("au2702, terms of account 7001")


def test_who_only_looks_asks_for_no_preview(terminal: OpenTerminal, double: Served) -> None:
    page = terminal(looking="1")
    expect(page.locator("#facts-h")).to_contain_text("terms of account")
    page.locator("#qty").fill("3")
    page.wait_for_timeout(600)
    assert double.control()["previews"] == 0
    expect(page.locator("#preview td").first).to_have_text("–")
    expect(page.locator("#buy")).to_be_disabled()
    # Nor is there a button that could only be refused.
    expect(page.locator("#b-pos tr")).to_have_count(2)
    assert page.locator("#b-pos button, #b-work button").count() == 0
    expect(page.locator("#cancel-all")).to_be_disabled()
