"""Moving a machine through its life and asking for operations: the only writers of `life` and of new operations."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from portal.lib.errors import Refused
from vmhosting.choices import EventKind
from vmhosting.errors import VmCode
from vmhosting.models import Machine, Operation
from vmhosting.services.news import event_append, wake_reconciler
from vmhosting.states import (
    OPERATION_OPEN,
    LifeTrigger,
    OperationKind,
    OperationState,
    OperationTrigger,
    askable,
    life_after,
    operation_after,
)


def life_move(*, machine: Machine, trigger: LifeTrigger, fault: str | None = None) -> None:
    """Move a machine on and tell the pages; raises where the table has no such move."""
    before = machine.life_state
    machine.life = life_after(before, trigger)
    machine.life_since = timezone.now()
    if fault is not None:
        machine.fault = fault[:300]
    machine.save(update_fields=["life", "life_since", "fault"])
    event_append(machine=machine, kind=EventKind.MACHINE, body={"life": machine.life, "was": before.value})


def operation_current(machine: Machine) -> Operation | None:
    """Return the open operation of a machine, if any."""
    return Operation.objects.filter(machine=machine, state__in=OPERATION_OPEN).first()


def operation_open(
    *, machine: Machine, kind: OperationKind, asked_by: str, facts: dict[str, Any] | None = None
) -> Operation:
    """Put an operation into the reconciler's hands. One at a time; a deletion overtakes whatever runs."""
    current = operation_current(machine)
    if current is not None and kind is not OperationKind.DELETE:
        raise Refused(
            VmCode.BUSY,
            {"machine": machine.name, "operation": current.kind},
            detail="Another operation is still running on this machine.",
        )
    if current is not None:
        operation_end(current, trigger=OperationTrigger.CANCEL)
    now = timezone.now()
    operation = Operation(
        tenant_id=machine.tenant_id,
        account_id=machine.account_id,
        machine=machine,
        kind=kind,
        next_try_at=now,
        step_since=now,
        started_at=now,
        asked_by=asked_by[:150],
        facts=facts or {},
    )
    operation.save(force_insert=True)
    event_append(machine=machine, kind=EventKind.OPERATION, body={"operation": kind.value, "state": operation.state})
    wake_reconciler(tenant_id=machine.tenant_id)
    return operation


def operation_end(operation: Operation, *, trigger: OperationTrigger) -> None:
    """Close an operation and tell the pages."""
    operation.state = operation_after(OperationState(operation.state), trigger)
    operation.ended_at = timezone.now()
    operation.save()
    body = {"operation": operation.kind, "state": operation.state}
    event_append(machine=operation.machine, kind=EventKind.OPERATION, body=body)


def require_askable(*, machine: Machine, kind: OperationKind) -> None:
    """Refuse what a person may not ask of a machine in its present life."""
    if kind not in askable(machine.life_state):
        raise Refused(
            VmCode.WRONG_STATE,
            {"machine": machine.name, "state": machine.life, "asked": kind.value},
            detail="The machine is not in a state for this.",
        )
