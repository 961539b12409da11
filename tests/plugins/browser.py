"""A real Chromium for tests marked `browser`: the machine's own, never one a package downloads."""

from __future__ import annotations

import os
import shutil

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ABSENT = "Chromium not found: apt-get install chromium fonts-noto-cjk, or set PORTAL_CHROMIUM"
_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium_path() -> str | None:
    """Return the browser to use, or None."""
    configured = os.environ.get("PORTAL_CHROMIUM")
    if configured:
        return configured if os.path.exists(configured) else None
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def chromium_flags() -> list[str]:
    """Return the start flags; the sandbox is given up only where Chromium refuses to start with it, as root."""
    return [*_FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(_FLAGS)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """pytest-playwright's launch arguments, pointed at the machine's browser."""
    path = chromium_path()
    if path is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(_ABSENT, pytrace=False)
        pytest.skip(_ABSENT)
    return browser_type_launch_args | {"executable_path": path, "args": chromium_flags(), "headless": True}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark everything under tests/browser, and skip it before any fixture starts a portal nobody will look at."""
    absent = chromium_path() is None and os.environ.get("REQUIRE_BROWSER") != "1"
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)
        if absent and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=_ABSENT))
