"""Codes of the desk and the words for them."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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


class LinesState(models.TextChoices):
    """Life of a broker's lines; one set of each basis is in force."""

    PROPOSED = "proposed", _("Waiting for a checker")
    IN_FORCE = "in_force", _("In force")
    REPLACED = "replaced", _("Replaced")
    REFUSED = "refused", _("Refused")


class NoticeKind(models.IntegerChoices):
    """What a client is told; the first four are the levels of the ladder."""

    WARN = 1, _("Risk warning")
    MARGIN_CALL = 2, _("Margin call")
    CLOSE_ONLY = 3, _("Right to open suspended")
    LIQUIDATE = 4, _("Forced liquidation")


class NoticeState(models.TextChoices):
    """How far a notice has come, as its times say (RiskNotifyStatus)."""

    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    READ = "read", pgettext_lazy("risk notice", "Read")
    CONFIRMED = "confirmed", _("Confirmed by the client")


class DeadlineState(models.TextChoices):
    """What has become of the deadline of a margin call; the last two are final."""

    RUNNING = "running", pgettext_lazy("deadline", "Running")
    MET = "met", pgettext_lazy("deadline", "Met in time")
    MISSED = "missed", pgettext_lazy("deadline", "Missed")


class PlanState(models.TextChoices):
    """Life of a proposed liquidation; all but the first are final."""

    PROPOSED = "proposed", _("Waiting for a checker")
    OPENED = "opened", _("Opened")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
