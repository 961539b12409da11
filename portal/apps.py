"""Registers the site itself as an app, for its commands, static files and start-up checks."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The roof over the apps."""

    name = "portal"
    label = "portal"

    def ready(self) -> None:
        from portal import checks  # noqa: F401  (importing registers the checks)
