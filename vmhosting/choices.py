"""The states of `vmhosting.states` as Django choices with their words, and the few lists that only the tables know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vmhosting.states import (
    Agent,
    Life,
    OperationKind,
    OperationState,
    Power,
    RequestState,
)

LIFE_WORDS = {
    Life.REQUESTED: _("Waiting for approval"),
    Life.REFUSED: _("Refused"),
    Life.WITHDRAWN: _("Withdrawn"),
    Life.APPROVED: _("Approved, looking for a host"),
    Life.PLACED: _("Placed"),
    Life.PROVISIONING: _("Being set up"),
    Life.ACTIVE: pgettext_lazy("machine", "Running"),
    Life.STOPPED: pgettext_lazy("machine", "Stopped"),
    Life.LOST: _("No answer"),
    Life.ERROR: _("Failed"),
    Life.DELETING: _("Being deleted"),
    Life.DELETED: _("Deleted"),
}
POWER_WORDS = {
    Power.RUNNING: pgettext_lazy("power", "running"),
    Power.STOPPED: pgettext_lazy("power", "stopped"),
    Power.DELETED: pgettext_lazy("power", "deleted"),
    Power.CRASHED: pgettext_lazy("power", "ended on its own"),
    Power.ABSENT: pgettext_lazy("power", "not on the host"),
    Power.UNKNOWN: pgettext_lazy("power", "not seen yet"),
}
AGENT_WORDS = {
    Agent.NEVER: _("not heard yet"),
    Agent.FRESH: _("answers"),
    Agent.STALE: _("late"),
    Agent.LOST: _("silent"),
}
OPERATION_WORDS = {
    OperationKind.CREATE: _("Set up"),
    OperationKind.START: _("Start"),
    OperationKind.STOP: _("Stop"),
    OperationKind.RESTART: _("Restart"),
    OperationKind.RESIZE: _("Resize"),
    OperationKind.DELETE: _("Delete"),
}
OPERATION_STATE_WORDS = {
    OperationState.QUEUED: _("in progress"),
    OperationState.WAITING: _("waiting to try again"),
    OperationState.ROLLING_BACK: _("being undone"),
    OperationState.DONE: _("done"),
    OperationState.FAILED: _("failed"),
    OperationState.CANCELED: _("canceled"),
}
REQUEST_WORDS = {
    RequestState.PENDING: _("Waiting"),
    RequestState.APPROVED: _("Approved"),
    RequestState.REFUSED: _("Refused"),
    RequestState.WITHDRAWN: _("Withdrawn"),
}


def choices(words: Mapping[Any, object]) -> list[tuple[str, object]]:
    """Return Django choices of a table of words."""
    return [(str(member.value), word) for member, word in words.items()]


class RequestKind(models.TextChoices):
    """What is asked for."""

    NEW = "new", _("New machine")
    RESIZE = "resize", _("Another size")


class EventKind(models.TextChoices):
    """What a numbered row tells."""

    LOG = "log", _("Log line")
    MACHINE = "machine", _("Machine changed")
    OPERATION = "operation", _("Operation moved on")
    REQUEST = "request", _("Request changed")


class LogLevel(models.TextChoices):
    """How loud a log line is; orders and fills have their own look on the page."""

    INFO = "info", _("Info")
    WARNING = "warning", _("Warning")
    ERROR = "error", _("Error")
    ORDER = "order", _("Order")
    FILL = "fill", _("Fill")


class SegmentPurpose(models.TextChoices):
    """What the addresses of a segment are for."""

    MACHINES = "machines", _("Machines")
    VPN = "vpn", _("VPN clients")
