"""The admin's menu: pages grouped by the work they belong to, and the way back to the portal's own pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import nav

# Title of the group; then its pages in order, each with its picture. A page that stands nowhere fails
# tests/portal/test_admin_home.py.
GROUPS: Final[tuple[tuple[Any, tuple[tuple[str, str], ...]], ...]] = (
    (
        gettext_lazy("Decisions"),
        (
            ("trading.Proposal", "fact_check"),
            ("trading.OperatorProposal", "fact_check"),
            ("vmhosting.MachineRequest", "dns"),
        ),
    ),
    (
        gettext_lazy("Clients and money"),
        (
            ("accounts.Client", "badge"),
            ("trading.MoneyAccount", "account_balance_wallet"),
            ("accounts.AccountHolder", "group"),
            ("trading.Statement", "description"),
            ("trading.PostingListed", "receipt_long"),
        ),
    ),
    (
        gettext_lazy("Orders and positions"),
        (
            ("trading.Order", "list_alt"),
            ("trading.Fill", "swap_horiz"),
            ("trading.PositionListed", "stacked_bar_chart"),
        ),
    ),
    (
        gettext_lazy("Contracts and parameters"),
        (
            ("trading.Instrument", "sell"),
            ("trading.TradingDay", "calendar_month"),
            ("trading.ExchangeParameters", "tune"),
            ("trading.TenantParameters", "tune"),
            ("trading.ClientParameters", "tune"),
            ("trading.RatesListed", "percent"),
            ("trading.TenantRules", "rule"),
        ),
    ),
    (
        gettext_lazy("Risk"),
        (
            ("riskdesk.Alert", "notifications"),
            ("riskdesk.AlertNote", "edit_note"),
            ("riskdesk.RiskLines", "speed"),
            ("riskdesk.RiskNotice", "mail"),
            ("riskdesk.LiquidationProposal", "gavel"),
        ),
    ),
    (
        gettext_lazy("People and access"),
        (
            ("accounts.Tenant", "apartment"),
            ("accounts.User", "person"),
            ("accounts.Membership", "group"),
            ("accounts.ApiKey", "key"),
            ("accounts.LoginAttempt", "login"),
            ("accounts.OperatorEntry", "meeting_room"),
            ("accounts.AuditEntry", "history"),
        ),
    ),
    (
        gettext_lazy("Machines"),
        (
            ("vmhosting.Machine", "computer"),
            ("vmhosting.Operation", "pending_actions"),
            ("vmhosting.Host", "dns"),
            ("vmhosting.Plan", "inventory_2"),
            ("vmhosting.Quota", "data_usage"),
            ("vmhosting.Segment", "lan"),
            ("vmhosting.Address", "pin"),
        ),
    ),
)
_PORTAL_ICONS: Final = {
    "trade": "candlestick_chart",
    "risk": "monitoring",
    "statements": "description",
    "proof": "verified",
    "servers": "dns",
    "network": "lan",
}


def groups(app_list: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the groups with those of their pages that stand in `app_list`; the site fills it by the actor's rights."""
    open_pages = {page["model"]._meta.label: page for app in app_list for page in app["models"]}
    found = []
    for title, wanted in GROUPS:
        items = [
            {"title": open_pages[label]["name"], "link": open_pages[label]["admin_url"], "icon": icon}
            for label, icon in wanted
            if label in open_pages
        ]
        if items:
            found.append({"title": str(title), "items": items})
    return found


def sidebar(*, path: str, actor: Any, app_list: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the menu at the side as Unfold draws it: home, the groups, then the portal's pages."""
    home = reverse("admin:index")
    first = {"title": _("Waiting and first steps"), "link": home, "icon": "home"}
    portal = [
        {"title": str(item.label), "link": item.url, "icon": _PORTAL_ICONS.get(item.slug, "open_in_new")}
        for item in nav.items_for(actor)
        if item.url != home
    ]
    menu = [{"title": "", "items": [first]}, *groups(app_list)]
    if portal:
        menu.append({"title": _("Pages of the portal"), "items": portal})
    for item in (item for group in menu for item in group["items"]):
        here = path == home if item["link"] == home else path.startswith(item["link"])
        item |= {"active": here, "has_permission": True}
    return menu
