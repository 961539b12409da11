"""Registers the site itself as an app, for its commands, static files and start-up checks."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class PortalConfig(AppConfig):
    """The roof over the apps."""

    name = "portal"
    label = "portal"

    def ready(self) -> None:
        from portal import checks  # noqa: F401  (importing registers the checks)

        connection_created.connect(_verify_database_role, dispatch_uid="portal.verify_database_role")


def _verify_database_role(*, connection: Any, **_kwargs: Any) -> None:
    """Look at the first connection of each kind this process opens through the ORM."""
    from django.conf import settings

    from portal.lib.role_guard import verify_role

    if connection.alias == "default":
        values = connection.settings_dict
        with connection.connection.cursor() as cursor:
            verify_role(cursor, role=settings.AURUM_ROLE, dsn_key=f"{values['HOST']}/{values['NAME']}/{values['USER']}")
