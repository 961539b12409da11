"""The app's entries in the menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Right
from portal.nav import NavItem, register


def enter() -> None:
    """Put the back office and, for the platform's operators, the way into a broker into the menu."""
    register(
        NavItem(
            slug="admin",
            label=_("Back office"),
            url_name="admin:index",
            icon="list",
            order=80,
            rights=frozenset({Right.ADMIN_ENTER}),
        )
    )
    register(
        NavItem(
            slug="operator",
            label=_("Enter a broker"),
            url_name="operator-enter",
            icon="shield",
            order=90,
            rights=frozenset({Right.TENANT_EDIT}),
        )
    )
