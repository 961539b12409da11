"""Fixtures of the page tests: the double of the market, and pages that fail a test on any console error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.served import Served, serve

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# Language, theme, and the widths one after another: a page is opened at the first and turned to the second.
LOOKS: tuple[tuple[str, str, tuple[dict[str, int], ...]], ...] = (
    ("zh-hans", "dark", (DESK, PHONE)),
    ("zh-hans", "light", (PHONE, DESK)),
    ("en", "dark", (PHONE, DESK)),
    ("en", "light", (DESK, PHONE)),
)
# The browser itself reports a request that was refused on purpose; the page shows it to the person.
_EXPECTED = ("Failed to load resource", "WebSocket connection to")

OpenTerminal = Callable[..., Page]


@pytest.fixture(scope="session")
def running_double() -> Iterator[Served]:
    """One process for all tests of a run."""
    served = serve(updates_per_s=5)
    yield served
    served.stop()


@pytest.fixture
def double(running_double: Served) -> Served:
    """The made-up market as it is at the beginning."""
    running_double.control(reset=True)
    return running_double


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address; any script error or blocked resource fails the test that opened it."""
    problems: list[str] = []
    contexts: list[BrowserContext] = []

    def open_it(
        url: str, *, viewport: dict[str, int] = DESK, within: BrowserContext | None = None, cookie: Any = None
    ) -> Page:
        context = within or browser.new_context()
        if within is None:
            contexts.append(context)
        if cookie is not None:
            context.add_cookies([cookie])
        page = context.new_page()
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
        page.goto(url)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert [text for text in problems if not text.startswith(_EXPECTED)] == []


@pytest.fixture
def terminal(double: Served, open_page: Callable[..., Page]) -> OpenTerminal:
    """Open the terminal on the double and wait until it is live."""

    def open_it(*, viewport: dict[str, int] = DESK, **query: str) -> Page:
        page = open_page(f"{double.url}/trade/?{urlencode({'lang': 'en'} | query)}", viewport=viewport)
        expect(page.locator("#conn-word")).to_have_text(re.compile("^(Live|实时)$"), timeout=20_000)
        expect(page.locator("#f-equity")).not_to_have_text("–")
        expect(page.locator("#bids .px").first).not_to_have_text("–")
        return page

    return open_it
