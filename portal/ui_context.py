"""What every layout needs to know: language, theme, colours, menu, who is signed in and at which broker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal import nav

THEMES: Final = ("dark", "light", "auto")
UPDOWNS: Final = ("red-up", "green-up")
COOKIE_THEME: Final = "aurum_theme"
COOKIE_UPDOWN: Final = "aurum_updown"

ROLE_WORDS: Final[dict[str, Any]] = {
    "investor": _("Investor"),
    "risk_officer": _("Risk officer"),
    "back_office_maker": _("Back office, maker"),
    "back_office_checker": _("Back office, checker"),
    "server_admin": _("Server administrator"),
    "network_admin": _("Network administrator"),
    "broker_admin": _("Broker administrator"),
    "platform_operator": _("Platform operator"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """One line of the menu as a template shows it."""

    url: str
    label: str
    icon: str
    current: bool
    count: int = 0


class Ui:
    """The `ui` of the templates. Everything is worked out on first use, so a fragment pays for nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def html_lang(self) -> str:
        """The value of <html lang>: BCP 47, not Django's code."""
        return "en" if (get_language() or "").startswith("en") else "zh-Hans"

    @cached_property
    def theme(self) -> str:
        """The saved theme, or nothing: then each layout has its own default."""
        return self._saved(field="theme", cookie=COOKIE_THEME, allowed=THEMES)

    @cached_property
    def updown(self) -> str:
        """Which colour rises; red unless somebody chose otherwise."""
        return self._saved(field="updown", cookie=COOKIE_UPDOWN, allowed=UPDOWNS) or "red-up"

    @cached_property
    def practice(self) -> bool:
        """Whether orders meet a simulated exchange; the badge must never be missing then."""
        return bool(getattr(settings, "PRACTICE_MARKET", True))

    @cached_property
    def nav(self) -> list[MenuEntry]:
        """The menu of this person, with the present page marked."""
        items = nav.items_for(getattr(self.request, "actor", None))
        here = max((item.url for item in items if self.request.path.startswith(item.url)), key=len, default="")
        return [
            MenuEntry(url=item.url, label=str(item.label), icon=item.icon or "list", current=item.url == here)
            for item in items
        ]

    @cached_property
    def user_name(self) -> str:
        """What the signed-in person is called; empty when nobody is signed in."""
        user = getattr(self.request, "user", None)
        if user is None or not user.is_authenticated:
            return ""
        return str(user.get_full_name() or user.get_username())

    @cached_property
    def tenant_name(self) -> str:
        """The broker of the signed-in person in the language of the page; empty before sign-in."""
        actor = getattr(self.request, "actor", None)
        if actor is None or actor.tenant_id is None:
            return ""
        from accounts.models import Tenant  # models load after the settings that name this module

        tenant = Tenant.objects.filter(pk=actor.tenant_id).only("name", "name_en").first()
        if tenant is None:
            return ""
        return str((self.html_lang == "en" and tenant.name_en) or tenant.name)

    @cached_property
    def role_words(self) -> str:
        """The person's roles in words, joined for one line."""
        actor = getattr(self.request, "actor", None)
        roles = sorted(actor.roles) if actor else []
        return " · ".join(str(ROLE_WORDS.get(role, role)) for role in roles)

    def _saved(self, *, field: str, cookie: str, allowed: tuple[str, ...]) -> str:
        user = getattr(self.request, "user", None)
        value = getattr(user, field, "") if user is not None and user.is_authenticated else ""
        value = value or self.request.COOKIES.get(cookie, "")
        return value if value in allowed else ""


def context(request: HttpRequest) -> dict[str, Any]:
    """Context processor: one object named `ui`."""
    return {"ui": Ui(request)}
