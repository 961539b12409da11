"""The machine pages in a real browser: live without a reload, accessible, no sideways scroll, in every look."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.browser.conftest import DESK, LOOKS, PHONE
from tests.browser.signed_in import SignedIn
from tests.browser.test_terminal_looks import CONTRAST_IN, check

if TYPE_CHECKING:  # the settings are configured after conftest files are read
    from tests.plugins.processes import Processes
    from tests.vmhosting.hosting import Hosting
    from tests.world import Pair

OpenPage = Callable[..., Page]


@pytest.fixture
def hosting(tenant_pair: Pair) -> Hosting:
    """Tenant A with a host in memory; the test itself plays the reconciler."""
    from tests.vmhosting.hosting import Hosting

    found = Hosting(house=tenant_pair.a)
    found.set_up()
    return found


@pytest.fixture
def portal_url(committed: None, processes: Processes) -> str:
    """A web server that knows this test's signatures, so that sessions made here are valid there."""
    from django.conf import settings

    processes.environment["AURUM_SECRET_KEY"] = settings.SECRET_KEY
    return processes.web()


@pytest.fixture
def enter(hosting: Hosting, portal_url: str, open_page: OpenPage) -> OpenPage:
    """Open a page as the person of a role, signed in."""
    people = SignedIn(house=hosting.house, url=portal_url, open_page=open_page)

    def open_as(role: str, path: str, *, language: str = "zh-hans", theme: str = "dark", viewport: Any = DESK) -> Page:
        return people.open(role, path, language=language, theme=theme, viewport=viewport)

    return open_as


def test_a_request_reaches_the_phone_and_its_approval_comes_back(hosting: Hosting, enter: OpenPage) -> None:
    investor = enter("investor", "/machines/", viewport=DESK)
    phone = enter("server_admin", "/servers/", viewport=PHONE)
    expect(phone.locator("#live")).to_have_text("实时")
    investor.fill("#ask-purpose", "趋势")
    for _ in range(3):
        investor.click("#ask-next")
    investor.click("#ask-send")
    expect(phone.locator("#q1")).to_contain_text("申请主机")
    expect(phone.locator("#q1 ~ .big")).to_contain_text("内存")
    expect(investor.locator(".messages .note.ok")).to_be_visible()
    expect(phone.locator("#waiting")).to_have_text("1")
    phone.locator(".acts2 .primary").click()
    hosting.work()
    expect(investor.locator(".detail [data-part] header .state")).to_have_text("正在创建")
    expect(investor.locator(".messages .note.ok")).to_have_count(0)
    with hosting.scope():
        from vmhosting.models import Machine

        machine = Machine.objects.get()
    hosting.beat(machine, strategy={"state": "trading", "summary": {"position": 1, "last": "1000.02"}, "fills": 3})
    hosting.work()
    expect(investor.locator(".detail [data-part] header .state")).to_have_text("运行中")
    expect(investor.locator("[data-own]")).to_have_text("1")
    hosting.beat(machine, strategy={"state": "trading", "summary": {"position": -1, "last": "1000.04"}, "fills": 4})
    expect(investor.locator("[data-own]")).to_have_text("-1")
    expect(investor.locator("[data-fills]")).to_have_text("4")


def test_a_late_fragment_takes_no_heartbeat_back(hosting: Hosting, enter: OpenPage) -> None:
    machine = hosting.running(purpose="trend")
    page = enter("investor", "/machines/")
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/machines/part/**", lambda route: held.append((route, route.fetch())))
    hosting.beat(machine, strategy={"state": "trading", "summary": {"position": 1}, "fills": 3})
    expect(page.locator("[data-fills]")).to_have_text("3")
    hosting.ask(purpose="second")
    parts = page.locator("[data-part]")
    for _ in range(100):
        if len(held) == parts.count():
            break
        page.wait_for_timeout(100)
    parts.evaluate_all("all => all.forEach((part) => part.firstElementChild.classList.add('old'))")
    hosting.beat(machine, strategy={"state": "trading", "summary": {"position": -1}, "fills": 4})
    expect(page.locator("[data-fills]")).to_have_text("4")
    for route, answer in list(held):
        route.fulfill(response=answer)
    expect(page.locator("[data-part] > .old")).to_have_count(0)
    expect(page.locator("[data-fills]")).to_have_text("4", timeout=1)


def test_a_fragment_keeps_what_it_knows_beyond_an_earlier_heartbeat(hosting: Hosting, enter: OpenPage) -> None:
    machine = hosting.running(purpose="trend")
    page = enter("investor", "/machines/")
    hosting.beat(machine, strategy={"state": "trading", "summary": {"position": 1}, "fills": 3})
    expect(page.locator("[data-fills]")).to_have_text("3")
    newer = f'<p data-machine="{machine.uuid}"><b data-fills>9</b></p>'
    page.route("**/machines/part/**", lambda route: route.fulfill(body=newer, content_type="text/html"))
    hosting.ask(purpose="second")
    expect(page.locator("[data-part=detail] [data-fills]")).to_have_text("9")


def test_log_lines_appear_as_they_are_written(hosting: Hosting, enter: OpenPage) -> None:
    from tests.vmhosting.test_live import write_lines

    machine = hosting.running()
    page = enter("investor", "/machines/")
    expect(page.locator("#log-empty")).to_be_visible()
    write_lines(hosting, machine, "first <b>line</b>", "second")
    expect(page.locator("#log p")).to_have_count(2)
    expect(page.locator("#log p").first).to_contain_text("first <b>line</b>")


def test_deleting_waits_for_the_name(hosting: Hosting, enter: OpenPage) -> None:
    machine = hosting.running()
    page = enter("investor", "/machines/")
    page.click("[data-dialog=delete]")
    expect(page.locator("#d-go")).to_be_disabled()
    page.fill("#d-word", "another")
    page.press("#d-word", "Tab")
    expect(page.locator("#d-wrong")).to_contain_text(f"与 {machine.name} 不符，未删除")
    page.fill("#d-word", machine.name)
    expect(page.locator("#d-wrong")).to_be_hidden()
    page.click("#d-go")
    expect(page.locator(".mach .state").first).to_contain_text("正在删除")
    expect(page.locator(".log-body")).to_be_visible()
    hosting.work()
    hosting.work()
    expect(page.locator(".log-body")).to_be_hidden()


def test_every_look_is_accessible_and_fits(hosting: Hosting, enter: OpenPage) -> None:
    """One portal for all looks: starting it takes longer than looking."""
    hosting.running(purpose="trend")
    hosting.ask()
    pages = (("investor", "/machines/"), ("server_admin", "/servers/"), ("network_admin", "/network/"))
    for language, theme, widths in LOOKS:
        for role, path in pages:
            page = enter(role, path, language=language, theme=theme, viewport=widths[0])
            for viewport in widths:
                page.set_viewport_size(viewport)
                page.wait_for_timeout(200)
                check(page, width=viewport["width"], contrast=language == CONTRAST_IN)
            page.close()
