"""App registration."""

from django.apps import AppConfig


class RiskdeskConfig(AppConfig):
    """The app."""

    name = "riskdesk"
    label = "riskdesk"
