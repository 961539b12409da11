"""App registration."""

from django.apps import AppConfig


class VmhostingConfig(AppConfig):
    """The app."""

    name = "vmhosting"
    label = "vmhosting"
