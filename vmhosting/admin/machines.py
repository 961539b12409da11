"""Machines, requests and operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin, Button, Done, ReasonForm
from vmhosting import words
from vmhosting.models import Machine, MachineRequest, Operation
from vmhosting.services import machines as services
from vmhosting.services.requests import request_approve, request_refuse
from vmhosting.states import OperationKind, RequestState, askable


def _power(act: Callable[..., Any]) -> Callable[[Actor, Any, Mapping[str, Any]], Done]:
    def run(actor: Actor, row: Any, _chosen: Mapping[str, Any]) -> Done:
        act(actor=actor, uuid=row.uuid)
        return Done(_("It is on its way."))

    return run


def _delete(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    services.machine_delete(actor=actor, uuid=row.uuid, reason=chosen["reason"])
    return Done(_("It is being deleted; its key is revoked."))


def _approve(actor: Actor, row: Any, _chosen: Mapping[str, Any]) -> Done:
    request_approve(actor=actor, number=row.number)
    return Done(_("Approved; it is being set up."))


def _refuse(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    request_refuse(actor=actor, number=row.number, reason=chosen["reason"])
    return Done(_("Refused; the investor sees the reason."))


def _can(kind: OperationKind) -> Callable[[Any], bool]:
    return lambda row: kind in askable(row.life_state)


def _waits(row: Any) -> bool:
    return bool(row.state == RequestState.PENDING)


@admin.register(Machine)
class MachineAdmin(AurumModelAdmin):
    """Machines of the broker's investors."""

    view_right = Right.HOST_VIEW
    list_display = (
        "name",
        "account_id",
        "owner",
        "life",
        "wanted_power",
        "observed_power",
        "size",
        "host",
        "life_since",
    )
    list_select_related = ("owner", "host")
    list_filter = ("life",)
    search_fields = ("name", "uuid")
    ordering = ("-id",)
    buttons = (
        Button(
            name="start",
            label=gettext_lazy("Start"),
            right=Right.MACHINE_OPERATE,
            run=_power(services.machine_start),
            shown=_can(OperationKind.START),
        ),
        Button(
            name="stop",
            label=gettext_lazy("Stop"),
            right=Right.MACHINE_OPERATE,
            run=_power(services.machine_stop),
            shown=_can(OperationKind.STOP),
        ),
        Button(
            name="restart",
            label=gettext_lazy("Restart"),
            right=Right.MACHINE_OPERATE,
            run=_power(services.machine_restart),
            shown=_can(OperationKind.RESTART),
        ),
        Button(
            name="delete-machine",
            label=gettext_lazy("Delete the machine"),
            right=Right.MACHINE_OPERATE,
            run=_delete,
            form=ReasonForm,
            shown=_can(OperationKind.DELETE),
            danger=True,
        ),
    )

    @admin.display(description=gettext_lazy("Size"))
    def size(self, row: Machine) -> str:
        """The size in one line."""
        return words.size(row.cpu_milli, row.memory_mib, row.disk_mib)

    def audit_target(self, row: Any) -> str:
        """Machines stand in the audit by name."""
        return f"machine {row.name}"


@admin.register(MachineRequest)
class MachineRequestAdmin(AurumModelAdmin):
    """Requests and who decided them."""

    view_right = Right.HOST_VIEW
    waits_in = RequestState.PENDING
    waits_for_another_than = "requested_by"
    waits_since = "requested_at"
    list_display = (
        "__str__", "kind", "machine", "account_id", "size", "state", "requested_by", "requested_at", "decided_by",
    )  # fmt: skip
    list_select_related = ("machine", "requested_by", "decided_by")
    list_filter = ("state", "kind")
    ordering = ("-number",)
    buttons = (
        Button(
            name="approve",
            label=gettext_lazy("Approve"),
            right=Right.MACHINE_APPROVE,
            run=_approve,
            shown=_waits,
        ),
        Button(
            name="refuse",
            label=gettext_lazy("Refuse…"),
            right=Right.MACHINE_APPROVE,
            run=_refuse,
            form=ReasonForm,
            shown=_waits,
            danger=True,
        ),
    )

    def waiting_words(self, row: MachineRequest) -> str:
        """Kind, account and size."""
        return f"{row.get_kind_display()} {row.account_id} · {self.size(row)}"

    @admin.display(description=gettext_lazy("Size"))
    def size(self, row: MachineRequest) -> str:
        """The size in one line."""
        return words.size(row.cpu_milli, row.memory_mib, row.disk_mib)


@admin.register(Operation)
class OperationAdmin(AurumModelAdmin):
    """What was done to machines, step by step."""

    view_right = Right.HOST_VIEW
    list_display = ("machine", "kind", "state", "step", "attempts", "error", "asked_by", "started_at", "ended_at")
    list_select_related = ("machine",)
    list_filter = ("state", "kind")
    ordering = ("-id",)
