"""Pages of somebody who is signed in, in the language and theme of their preferences."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page

from tests.browser.conftest import DESK

if TYPE_CHECKING:  # the settings are configured after conftest files are read
    from tests.world import House


class SignedIn:
    """Opens pages as people of one house. Each signs in once; their pages share a window, and so what it has loaded."""

    def __init__(self, *, house: House, url: str, open_page: Callable[..., Page]) -> None:
        self._house = house
        self._url = url
        self._open_page = open_page
        self._windows: dict[str, BrowserContext] = {}

    def open(self, role: str, path: str, *, language: str, theme: str, viewport: dict[str, int] = DESK) -> Page:
        """Open a page as the person of a role."""
        person = self._house.people[role]
        type(person).objects.filter(pk=person.pk).update(language=language, theme=theme)
        window = self._windows.get(role)
        cookie = None if window else self._sign_in(role)
        page = self._open_page(f"{self._url}{path}", viewport=viewport, within=window, cookie=cookie)
        self._windows[role] = page.context
        return page

    def _sign_in(self, role: str) -> dict[str, Any]:
        from allauth.usersessions.models import UserSession
        from django.conf import settings

        browser = self._house.http(role)
        UserSession.objects.create(
            user=self._house.people[role],
            session_key=browser.session.session_key,
            ip="127.0.0.1",
            user_agent="test",
        )
        name = settings.SESSION_COOKIE_NAME
        return {
            "name": name,
            "value": browser.cookies[name].value,
            "domain": urlsplit(self._url).hostname,
            "path": "/",
        }
