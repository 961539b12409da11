"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RiskdeskConfig(AppConfig):
    """The risk officer's desk: monitors, alerts, interventions."""

    name = "riskdesk"
    label = "riskdesk"
    verbose_name = _("Risk desk")

    def ready(self) -> None:
        """Enter the desk into the menu and its monitors among the followers."""
        from accounts.permissions import Right
        from portal.nav import NavItem, register
        from riskdesk.follower import MonitorFollower
        from trading.core import followers

        followers.register(MonitorFollower.name, MonitorFollower)
        register(
            NavItem(
                slug="risk",
                label=_("Risk desk"),
                url_name="risk-desk",
                icon="bell",
                rights=frozenset({Right.RISK_VIEW}),
                order=20,
                phone=True,
            )
        )
        register(
            NavItem(
                slug="liquidations",
                label=_("Forced liquidation"),
                url_name="risk-liquidations-page",
                icon="list",
                rights=frozenset({Right.RISK_VIEW}),
                order=21,
            )
        )
        register(
            NavItem(
                slug="notices",
                label=_("Risk notices"),
                url_name="risk-notices-page",
                icon="bell",
                rights=frozenset({Right.TRADE_PLACE}),
                order=15,
            )
        )
