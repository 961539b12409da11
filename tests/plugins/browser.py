"""A real Chromium for tests marked `browser`: the machine's own, never one a package downloads."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Playwright

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


_drivers_loop: list[asyncio.AbstractEventLoop] = []


@contextmanager
def _driver_running() -> Iterator[None]:
    """Let the browser's driver find its loop running.

    Its synchronous form leaves a loop "running" in the thread for the rest of the session, so that every later
    asyncio test of the worker would be refused. Outside of browser tests the thread therefore has none.
    """
    asyncio._set_running_loop(_drivers_loop[-1] if _drivers_loop else None)
    try:
        yield
    finally:
        loop = asyncio._get_running_loop()
        if loop is not None and loop not in _drivers_loop:
            _drivers_loop.append(loop)
        asyncio._set_running_loop(None)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Give a browser test the driver's loop, every other test a thread without one."""
    if item.get_closest_marker("browser") is None:
        return (yield)
    with _driver_running():
        return (yield)


@pytest.fixture(scope="session")
def playwright(playwright: Playwright) -> Iterator[Playwright]:
    """pytest-playwright's driver; it may be stopped after a test that is no browser test."""
    yield playwright
    asyncio._set_running_loop(_drivers_loop[-1] if _drivers_loop else asyncio._get_running_loop())


@pytest.fixture(scope="session")
def browser(browser: Browser) -> Iterator[Browser]:
    """pytest-playwright's browser; it may be closed after a test that is no browser test."""
    yield browser
    asyncio._set_running_loop(_drivers_loop[-1] if _drivers_loop else asyncio._get_running_loop())


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
