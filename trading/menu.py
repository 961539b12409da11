"""The app's entry in the menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Right
from portal.nav import NavItem, register


def enter() -> None:
    """Put the terminal into the menu of everybody who may look at trading."""
    register(
        NavItem(
            slug="trade",
            label=_("Trade"),
            url_name="trade",
            icon="chart",
            rights=frozenset({Right.TRADE_VIEW}),
            order=10,
        )
    )
