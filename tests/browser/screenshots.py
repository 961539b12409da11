"""Takes the pictures of the README from a running demo: `python -m tests.browser.screenshots [--out FOLDER]`.

Signs in with the demo's own logins (var/demo-credentials.json), trades a little so that there is something to see, and
photographs each page at the width, theme and language in its file name.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from portal.lib.paths import REPOSITORY, var_dir
from tests.plugins.browser import chromium_flags, chromium_path

OUT = REPOSITORY / "portal" / "docs" / "screens"
SETTLE_MS = 6000
HEIGHTS = {1440: 900, 390: 844}
TENANT = "goldbridge"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: whose page, which page, how it looks."""

    name: str
    role: str
    path: str
    width: int
    theme: str
    language: str
    ready: str
    trades: bool = False
    press: str = ""

    @property
    def file_name(self) -> str:
        """The name in the README."""
        return f"{self.name}-{self.width}-{self.theme}-{'en' if self.language == 'en' else 'zh'}.png"


PICTURES = (
    Picture("terminal", "investor", "/trade/", 1440, "dark", "zh-hans", "#chart canvas", trades=True),
    Picture("terminal", "investor", "/trade/", 390, "dark", "zh-hans", "#chart canvas"),
    Picture("terminal", "investor", "/trade/", 1440, "light", "en", "#chart canvas"),
    Picture("risk", "risk_officer", "/risk/", 1440, "dark", "zh-hans", "#main", press=".alert"),
    Picture("machines", "investor", "/machines/", 1440, "light", "en", "#main"),
    Picture("servers", "server_admin", "/servers/", 390, "light", "en", "#main"),
    Picture("network", "network_admin", "/network/", 390, "dark", "zh-hans", "#main"),
)


def sign_in(page: Page, *, url: str, user: dict[str, Any]) -> None:
    """Sign in as a demo person."""
    page.goto(url + "/accounts/login/")
    page.locator("[name=login]").fill(user["username"])
    page.locator("[name=password]").fill(user["password"])
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda address: "/login" not in address)


def prefer(page: Page, *, url: str, picture: Picture) -> None:
    """Choose language and theme as the person would, through the saved preferences."""
    token = next(cookie["value"] for cookie in page.context.cookies() if "csrf" in str(cookie.get("name")))
    wishes = {"language": picture.language, "theme": picture.theme, "updown": "red-up", "csrfmiddlewaretoken": token}
    page.request.post(url + "/preferences/", form=wishes, headers={"Referer": url + "/"})


def trade_a_little(page: Page) -> None:
    """Open a position, be refused once (the desk shows that), and leave orders on both sides of the market."""
    page.locator("[name=effect][value=open]").check(force=True)
    for lots in ("400", "3"):
        page.locator("#qty").fill(lots)
        page.wait_for_timeout(600)
        page.locator("#buy").click()
        page.wait_for_timeout(1500)
    for side, level in (("bids", 4), ("asks", 4)):
        page.locator(f"#{side} tr").nth(level).locator("button").click()
        page.locator("#qty").fill("2")
        page.locator("#buy" if side == "bids" else "#sell").click()
        page.wait_for_timeout(800)
    page.locator("[data-follow=opposite]").click()


def take(browser: Browser, *, url: str, user: dict[str, Any], picture: Picture, out: Path) -> Path:
    """Take one picture."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": HEIGHTS[picture.width]},
        device_scale_factor=2 if picture.width < 500 else 1,
    )
    page = context.new_page()
    sign_in(page, url=url, user=user)
    prefer(page, url=url, picture=picture)
    page.goto(url + picture.path)
    page.wait_for_selector(picture.ready)
    page.wait_for_timeout(SETTLE_MS)
    if picture.trades:
        trade_a_little(page)
        page.wait_for_timeout(SETTLE_MS)
    if picture.press and page.locator(picture.press).count():
        page.locator(picture.press).first.click()
        page.wait_for_timeout(SETTLE_MS)
    file = out / picture.file_name
    page.screenshot(path=file)
    # What the picture needed must not stay on the demo's people.
    prefer(page, url=url, picture=replace(picture, theme="dark", language="zh-hans"))
    context.close()
    return file


def main() -> int:
    """Take all pictures of the demo that runs now."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--only", default="", help="take pictures whose file name contains this")
    options = parser.parse_args()
    credentials = json.loads((var_dir() / "demo-credentials.json").read_text("utf-8"))
    users = {item["role"]: item for item in reversed(credentials["users"]) if item["tenant"] == TENANT}
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=chromium_flags())
        for picture in PICTURES:
            if options.only not in picture.file_name:
                continue
            file = take(
                browser,
                url=credentials["url"].rstrip("/"),
                user=users[picture.role],
                picture=picture,
                out=options.out,
            )
            sys.stdout.write(f"{file}\n")
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
