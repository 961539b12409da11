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
