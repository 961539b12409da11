"""Machines, the requests for them, what is being done to them, and how they say they are."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import AccountModel, TenantModel
from vmhosting.choices import (
    LIFE_WORDS,
    OPERATION_STATE_WORDS,
    OPERATION_WORDS,
    POWER_WORDS,
    REQUEST_WORDS,
    EventKind,
    LogLevel,
    RequestKind,
    choices,
)
from vmhosting.models.hosts import Host, Plan
from vmhosting.states import LIFE_ENDED, OPERATION_OPEN, Life, OperationState, Power, RequestState

_ENDED = sorted(state.value for state in LIFE_ENDED)
_OPEN = sorted(state.value for state in OPERATION_OPEN)


class Machine(AccountModel):
    """An investor's machine. Wanted, observed and in progress (the open operation) are three different facts."""

    uuid = models.CharField(max_length=32, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=24, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    purpose = models.CharField(_("purpose"), max_length=120, blank=True)
    plan = models.ForeignKey(Plan, null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    life = models.CharField(_("state"), max_length=12, choices=choices(LIFE_WORDS), default=Life.REQUESTED)
    life_since = models.DateTimeField()

    wanted_power = models.CharField(max_length=8, choices=choices(POWER_WORDS), default=Power.RUNNING)
    generation = models.PositiveIntegerField(default=1)
    cpu_milli = models.PositiveIntegerField()
    memory_mib = models.PositiveIntegerField()
    disk_mib = models.PositiveIntegerField()

    observed_power = models.CharField(max_length=8, choices=choices(POWER_WORDS), default=Power.UNKNOWN)
    observed_generation = models.PositiveIntegerField(default=0)
    observed_cpu_milli = models.PositiveIntegerField(default=0)
    observed_memory_mib = models.PositiveIntegerField(default=0)
    observed_disk_mib = models.PositiveIntegerField(default=0)
    observed_detail = models.CharField(max_length=120, blank=True)
    observed_at = models.DateTimeField(null=True)
    needs_restart = models.BooleanField(default=False)
    fault = models.CharField(max_length=300, blank=True)
    repairs = models.PositiveSmallIntegerField(default=0)
    repaired_at = models.DateTimeField(null=True)

    host = models.ForeignKey(Host, null=True, on_delete=models.PROTECT, related_name="+", editable=False)
    slot = models.PositiveSmallIntegerField(null=True, editable=False)
    held_cpu_milli = models.PositiveIntegerField(default=0, editable=False)
    held_memory_mib = models.PositiveIntegerField(default=0, editable=False)
    held_disk_mib = models.PositiveIntegerField(default=0, editable=False)
    api_key_id = models.BigIntegerField(null=True, editable=False)
    strategy = models.CharField(max_length=40, default="ma_cross")
    parameters = models.JSONField(default=dict)
    parameters_version = models.PositiveIntegerField(default=1)
    cancel_on_disconnect = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(AccountModel.Meta):
        abstract = False
        verbose_name = _("machine")
        verbose_name_plural = _("machines")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "name"), name="vmhosting_machine_name"),
            models.UniqueConstraint(
                fields=("host", "slot"), condition=models.Q(slot__isnull=False), name="vmhosting_machine_slot"
            ),
            models.UniqueConstraint(
                fields=("tenant", "api_key_id"),
                condition=models.Q(api_key_id__isnull=False),
                name="vmhosting_machine_key",
            ),
            models.CheckConstraint(
                condition=~models.Q(life__in=_ENDED)
                | models.Q(host__isnull=True, slot__isnull=True, api_key_id__isnull=True, held_cpu_milli=0),
                name="vmhosting_machine_ended_holds_nothing",
            ),
        )
        indexes = (models.Index(fields=("tenant", "owner"), name="vmhosting_machine_owner"),)

    def __str__(self) -> str:
        return self.name

    @property
    def life_state(self) -> Life:
        """The life as the table's own type."""
        return Life(self.life)


class Pulse(AccountModel):
    """The last heartbeat of a machine and a short history; overwritten in place, its number comes from the tenant's
    one count of machine news."""

    machine = models.OneToOneField(Machine, on_delete=models.PROTECT, related_name="pulse")
    number = models.BigIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True)
    boot = models.CharField(max_length=16, blank=True)
    log_number = models.BigIntegerField(default=0)
    uptime_s = models.FloatField(default=0)
    parameters_version = models.PositiveIntegerField(default=0)
    strategy = models.JSONField(default=dict)
    saved = models.JSONField(default=dict)
    cpu_used_ns = models.BigIntegerField(default=0)
    cpu_milli_now = models.PositiveIntegerField(default=0)
    memory_used_mib = models.PositiveIntegerField(default=0)
    measured_at = models.DateTimeField(null=True)
    samples = models.JSONField(default=list)

    class Meta(AccountModel.Meta):
        abstract = False
        indexes = (models.Index(fields=("tenant", "number"), name="vmhosting_pulse_number"),)

    def __str__(self) -> str:
        return f"pulse {self.number}"


class MachineRequest(AccountModel):
    """What an investor asked for and who decided it."""

    number = models.BigIntegerField(editable=False)
    kind = models.CharField(max_length=8, choices=RequestKind.choices)
    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="requests")
    cpu_milli = models.PositiveIntegerField()
    memory_mib = models.PositiveIntegerField()
    disk_mib = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=choices(REQUEST_WORDS), default=RequestState.PENDING)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta(AccountModel.Meta):
        abstract = False
        verbose_name = _("machine request")
        verbose_name_plural = _("machine requests")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "number"), name="vmhosting_request_number"),
            models.UniqueConstraint(
                fields=("machine",),
                condition=models.Q(state=RequestState.PENDING.value),
                name="vmhosting_request_one_pending",
            ),
        )

    def __str__(self) -> str:
        return f"R-{self.number}"


class Operation(AccountModel):
    """What the reconciler is doing to a machine, step by step; at most one is open per machine."""

    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="operations")
    kind = models.CharField(max_length=8, choices=choices(OPERATION_WORDS))
    state = models.CharField(max_length=12, choices=choices(OPERATION_STATE_WORDS), default=OperationState.QUEUED)
    step = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    step_since = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)
    trail = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    asked_by = models.CharField(max_length=150)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta(AccountModel.Meta):
        abstract = False
        constraints = (
            models.UniqueConstraint(
                fields=("machine",), condition=models.Q(state__in=_OPEN), name="vmhosting_operation_one_open"
            ),
        )
        indexes = (
            models.Index(
                fields=("tenant", "next_try_at"), condition=models.Q(state__in=_OPEN), name="vmhosting_operation_due"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class MachineEvent(AccountModel):
    """A numbered row of news: a log line, or a change of a machine, an operation or a request."""

    number = models.BigIntegerField(editable=False)
    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=10, choices=EventKind.choices)
    at_ns = models.BigIntegerField()
    level = models.CharField(max_length=8, choices=LogLevel.choices, default=LogLevel.INFO)
    text = models.CharField(max_length=500, blank=True)
    body = models.JSONField(default=dict)

    class Meta(AccountModel.Meta):
        abstract = False
        constraints = (models.UniqueConstraint(fields=("tenant", "number"), name="vmhosting_event_number"),)
        indexes = (models.Index(fields=("machine", "kind", "number"), name="vmhosting_event_machine"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class MachineCounter(TenantModel):
    """The tenant's next numbers; the row lock makes them gapless and puts them in the order of commits."""

    news = models.BigIntegerField(default=0)
    machines = models.BigIntegerField(default=0)
    requests = models.BigIntegerField(default=0)

    class Meta(TenantModel.Meta):
        abstract = False
        db_table = "vmhosting_counter"
        constraints = (models.UniqueConstraint(fields=("tenant",), name="vmhosting_counter_tenant"),)

    def __str__(self) -> str:
        return f"news {self.news}"
