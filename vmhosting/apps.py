"""App registration."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VmhostingConfig(AppConfig):
    """Machines for investors' strategies."""

    name = "vmhosting"
    label = "vmhosting"
    verbose_name = _("Machines")

    def ready(self) -> None:
        """Enter the three pages into the menu."""
        from accounts.permissions import Right
        from portal.nav import NavItem, register

        register(
            NavItem(
                slug="machines", label=_("Machines"), url_name="machines", icon="server", order=30,
                rights=frozenset({Right.MACHINE_VIEW_OWN}),
            )
        )  # fmt: skip
        register(
            NavItem(
                slug="servers", label=_("Servers"), url_name="servers", icon="server", order=60, phone=True,
                rights=frozenset({Right.MACHINE_APPROVE, Right.HOST_VIEW}),
            )
        )  # fmt: skip
        register(
            NavItem(
                slug="network", label=_("Network"), url_name="network", icon="net", order=70, phone=True,
                rights=frozenset({Right.NETWORK_VIEW}),
            )
        )  # fmt: skip
