"""The app's entry in the menu."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.permissions import Right
from portal.nav import NavItem, register


def enter() -> None:
    """Put the terminal, the statements and the proof page into the menus of those who may look at them."""
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
    register(
        NavItem(
            slug="statements",
            label=_("Statements"),
            url_name="statements",
            icon="file",
            rights=frozenset({Right.ACCOUNT_VIEW}),
            order=30,
        )
    )
    register(
        NavItem(
            slug="proof",
            label=_("Proof"),
            url_name="proof",
            icon="check",
            rights=frozenset({Right.CASH_PROPOSE, Right.CASH_APPROVE, Right.RISK_VIEW}),
            order=35,
        )
    )
