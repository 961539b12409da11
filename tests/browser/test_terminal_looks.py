"""Every look of the terminal: accessible, no sideways scroll, nothing too small to press; languages, themes, widths."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import DESK, LOOKS, PHONE, OpenTerminal
from tests.browser.served import Served

# Contrast is most of what axe computes, and it is the same in every language.
CONTRAST_IN = "zh-hans"
_SMALL = """() => [...document.querySelectorAll('button, a, select, input:not([type=radio]), summary')]
  .filter((e) => {
    const { width, height } = e.getBoundingClientRect();
    return width && height && Math.min(width, height) < 23.5;
  })
  .map((e) => e.outerHTML.slice(0, 90))"""


def violations(page: Page, *, contrast: bool = True) -> list[str]:
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(Axe().axe_script)
    wanted = {"resultTypes": ["violations"], "rules": {"color-contrast": {"enabled": contrast}}}
    found: list[dict[str, Any]] = page.evaluate("wanted => axe.run(wanted)", wanted)["violations"]
    return [f"{item['id']}: {node['html'][:120]}" for item in found for node in item["nodes"]]


def check(page: Page, *, width: int, contrast: bool = True) -> None:
    assert violations(page, contrast=contrast) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = [html for html in page.evaluate(_SMALL) if 'type="checkbox"' not in html]
    assert small == []


@pytest.mark.parametrize(("language", "theme", "widths"), LOOKS)
def test_is_accessible_and_fits(
    terminal: OpenTerminal, language: str, theme: str, widths: tuple[dict[str, int], ...]
) -> None:
    page = terminal(lang=language, theme=theme, viewport=widths[0])
    for viewport in widths:
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.wait_for_timeout(200)
        check(page, width=viewport["width"], contrast=language == CONTRAST_IN)


@pytest.mark.parametrize("viewport", [DESK, PHONE])
def test_is_accessible_when_stale_refused_and_asking(
    terminal: OpenTerminal, double: Served, viewport: dict[str, int]
) -> None:
    page = terminal(viewport=viewport, lang="zh-hans")
    page.locator("[name=effect][value=open]").check(force=True)
    page.locator("#qty").fill("8")
    page.locator("#buy").click()
    page.wait_for_selector("#outcome .refused")
    check(page, width=viewport["width"])
    page.locator("#cancel-all").click()
    check(page, width=viewport["width"])
    page.locator("#confirm-no").click()
    double.control(silent=True)
    page.wait_for_selector(".banner.warn", timeout=15_000)
    check(page, width=viewport["width"])


@pytest.mark.parametrize("tab", ["t-work", "t-fill", "t-log"])
def test_lower_tabs_are_accessible(terminal: OpenTerminal, tab: str) -> None:
    page = terminal()
    page.locator("#sell").click()
    page.wait_for_selector("#n-fill:text('1')")
    page.locator(f"#{tab}").click()
    check(page, width=1440)
