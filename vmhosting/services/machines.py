"""What people ask of a machine that exists. Each writes what is wanted and opens one operation; nothing runs here."""

from __future__ import annotations

from typing import Any

from accounts import audit
from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.lib.errors import Refused
from vmhosting.choices import EventKind
from vmhosting.errors import VmCode
from vmhosting.models import Machine, MachineRequest, Operation
from vmhosting.services.guard import machine_held, require
from vmhosting.services.life import life_move, operation_current, operation_open, require_askable
from vmhosting.services.news import event_append, wake_reconciler
from vmhosting.services.sizes import parameters_checked
from vmhosting.services.texts import plain
from vmhosting.states import (
    Life,
    LifeTrigger,
    OperationKind,
    OperationState,
    OperationTrigger,
    Power,
    RequestState,
    RequestTrigger,
    operation_after,
    request_after,
)


def machine_start(*, actor: Actor, uuid: str) -> Operation:
    """Ask for the machine to run."""
    return _power(actor=actor, uuid=uuid, kind=OperationKind.START, wanted=Power.RUNNING)


def machine_stop(*, actor: Actor, uuid: str) -> Operation:
    """Ask for the machine to stop; its strategy cancels its orders first."""
    return _power(actor=actor, uuid=uuid, kind=OperationKind.STOP, wanted=Power.STOPPED)


def machine_restart(*, actor: Actor, uuid: str) -> Operation:
    """Ask for a stop and a start; also the way a new disk size takes effect."""
    return _power(actor=actor, uuid=uuid, kind=OperationKind.RESTART, wanted=Power.RUNNING)


def machine_delete(*, actor: Actor, uuid: str, reason: str = "") -> Operation:
    """Ask for the machine, its key and its place to be removed for good."""
    machine = machine_held(actor=actor, uuid=uuid)
    require_askable(machine=machine, kind=OperationKind.DELETE)
    _drop_pending(machine)
    machine.wanted_power = Power.DELETED
    machine.save(update_fields=["wanted_power"])
    life_move(machine=machine, trigger=LifeTrigger.DELETE)
    operation = operation_open(machine=machine, kind=OperationKind.DELETE, asked_by=actor.username)
    audit.record(
        actor=actor, action="machine.delete", target=f"machine {machine.name}", before={"life": machine.life},
        after={"wanted": Power.DELETED.value}, reason=plain(reason, longest=300),
    )  # fmt: skip
    return operation


def machine_retry(*, actor: Actor, uuid: str) -> Operation:
    """Try the creation of a failed machine again."""
    machine = machine_held(actor=actor, uuid=uuid)
    require_askable(machine=machine, kind=OperationKind.CREATE)
    machine.wanted_power = Power.RUNNING
    machine.repairs = 0
    machine.save(update_fields=["wanted_power", "repairs"])
    life_move(machine=machine, trigger=LifeTrigger.RETRY, fault="")
    operation = operation_open(machine=machine, kind=OperationKind.CREATE, asked_by=actor.username)
    audit.record(actor=actor, action="machine.retry", target=f"machine {machine.name}", after=None)
    return operation


def machine_parameters_set(
    *, actor: Actor, uuid: str, parameters: dict[str, Any], strategy: str | None = None
) -> Machine:
    """Set the strategy's parameters; a running machine takes them with its next heartbeat, without a restart."""
    machine = machine_held(actor=actor, uuid=uuid)
    if machine.life_state in (Life.REFUSED, Life.WITHDRAWN, Life.DELETING, Life.DELETED):
        raise Refused(
            VmCode.WRONG_STATE, {"machine": machine.name, "state": machine.life},
            detail="The machine is not in a state for this.",
        )  # fmt: skip
    before = {"strategy": machine.strategy, "parameters": machine.parameters}
    machine.strategy = strategy or machine.strategy
    machine.parameters = parameters_checked(strategy=machine.strategy, given=parameters)
    machine.parameters_version += 1
    machine.save(update_fields=["strategy", "parameters", "parameters_version"])
    event_append(machine=machine, kind=EventKind.MACHINE, body={"parameters_version": machine.parameters_version})
    audit.record(
        actor=actor, action="machine.parameters", target=f"machine {machine.name}", before=before,
        after={"strategy": machine.strategy, "parameters": machine.parameters},
    )  # fmt: skip
    return machine


def operation_retry_now(*, actor: Actor, uuid: str) -> Operation:
    """Try a stumbling operation again at once instead of waiting out its back-off."""
    require(actor, Right.MACHINE_OPERATE)
    machine = machine_held(actor=actor, uuid=uuid)
    operation = operation_current(machine)
    if operation is None or operation.state != OperationState.WAITING:
        raise Refused(VmCode.WRONG_STATE, {"machine": machine.name}, detail="Nothing is waiting to be tried again.")
    operation.state = operation_after(OperationState(operation.state), OperationTrigger.RETRY)
    operation.next_try_at = operation.started_at
    operation.save(update_fields=["state", "next_try_at"])
    wake_reconciler(tenant_id=machine.tenant_id)
    audit.record(actor=actor, action="machine.retry_now", target=f"machine {machine.name}", after=operation.kind)
    return operation


def _power(*, actor: Actor, uuid: str, kind: OperationKind, wanted: Power) -> Operation:
    machine = machine_held(actor=actor, uuid=uuid)
    require_askable(machine=machine, kind=kind)
    before = machine.wanted_power
    machine.wanted_power = wanted
    machine.repairs = 0
    machine.save(update_fields=["wanted_power", "repairs"])
    operation = operation_open(machine=machine, kind=kind, asked_by=actor.username)
    audit.record(
        actor=actor, action=f"machine.{kind.value}", target=f"machine {machine.name}",
        before={"wanted": before}, after={"wanted": wanted.value},
    )  # fmt: skip
    return operation


def _drop_pending(machine: Machine) -> None:
    for request in MachineRequest.objects.filter(machine=machine, state=RequestState.PENDING):
        request.state = request_after(RequestState(request.state), RequestTrigger.WITHDRAW)
        request.save(update_fields=["state"])


__all__ = [
    "machine_delete",
    "machine_parameters_set",
    "machine_restart",
    "machine_retry",
    "machine_start",
    "machine_stop",
    "operation_retry_now",
]
