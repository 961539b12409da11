"""Registration of the accounts app with Django."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People, tenants and rights; every other app stands on this one."""

    name = "accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = _("People and tenants")

    def ready(self) -> None:
        """Connect the start-up checks, the table grants and the sign-in signals."""
        from accounts import menu, startup

        startup.connect()
        menu.enter()
