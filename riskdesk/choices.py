"""Codes of the desk and the words for them."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _

INFO: Final = 1
WARNING: Final = 2
MAJOR: Final = 3
CRITICAL: Final = 4


class Severity(models.IntegerChoices):
    """How much an alert matters; shape and colour follow it."""

    INFO = INFO, _("Info")
    WARNING = WARNING, _("Warning")
    MAJOR = MAJOR, _("Major")
    CRITICAL = CRITICAL, _("Critical")


class AlertState(models.TextChoices):
    """The life of an alert; `riskdesk.states` holds the table."""

    OPEN = "open", _("Open")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    RESOLVED = "resolved", _("Resolved")


class Intervention(models.TextChoices):
    """What an officer can do to one account."""

    CLOSE_ONLY = "close_only", _("Close-only")
    BLOCK = "block", _("Block")
    CANCEL_ALL = "cancel_all", _("Cancel all working orders")
    RELEASE = "release", _("Release")
