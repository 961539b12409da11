"""Asking for a machine or another size, and the administrator's decision."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts import audit
from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.permissions import Right
from portal.lib.errors import Refused
from portal.lib.ids import uuid7_hex
from vmhosting.choices import EventKind, RequestKind
from vmhosting.errors import VmCode
from vmhosting.models import Machine, MachineRequest, Plan, Pulse
from vmhosting.placement import Size
from vmhosting.selectors.places import held_size, size_of
from vmhosting.selectors.quotas import quota_state, shortage
from vmhosting.services.allocation import allocation_change, allocation_take
from vmhosting.services.guard import machine_held, request_seen, require
from vmhosting.services.life import life_move, operation_open, require_askable
from vmhosting.services.news import event_append
from vmhosting.services.numbers import take
from vmhosting.services.sizes import parameters_checked, size_checked
from vmhosting.services.texts import plain
from vmhosting.states import LifeTrigger, OperationKind, RequestState, RequestTrigger, request_after

_QUOTA_CODES = (
    ("machines_needed", VmCode.QUOTA_MACHINES, "You have as many machines as your quota allows."),
    ("cpu_milli_needed", VmCode.QUOTA_CPU, "This needs more CPU than your quota has left."),
    ("memory_mib_needed", VmCode.QUOTA_MEMORY, "This needs more memory than your quota has left."),
)


def machine_request(
    *,
    actor: Actor,
    account_id: int,
    cpu_milli: int,
    memory_mib: int,
    disk_mib: int,
    plan_id: int | None = None,
    purpose: str = "",
    strategy: str = "ma_cross",
    parameters: dict[str, Any] | None = None,
    cancel_on_disconnect: bool = True,
) -> MachineRequest:
    """Ask for a new machine that trades for one of the actor's accounts. Nothing runs before somebody approves."""
    require(actor, Right.MACHINE_REQUEST)
    if account_id not in actor.own_account_ids:
        raise not_found()
    size = size_checked(cpu_milli=cpu_milli, memory_mib=memory_mib, disk_mib=disk_mib)
    plan = _plan(plan_id)
    _require_quota(user_id=actor.user_id, cpu_milli=size.cpu_milli, memory_mib=size.memory_mib, machines=1)
    uuid = uuid7_hex()
    machine = Machine(
        account_id=account_id,
        uuid=uuid,
        name=f"vm-{take('machines'):04d}",
        owner_id=actor.user_id,
        purpose=plain(purpose, longest=120),
        plan=plan,
        life_since=timezone.now(),
        cpu_milli=size.cpu_milli,
        memory_mib=size.memory_mib,
        disk_mib=size.disk_mib,
        strategy=strategy,
        parameters=parameters_checked(strategy=strategy, given=parameters or {}),
        cancel_on_disconnect=cancel_on_disconnect,
    )
    machine.save(force_insert=True)
    Pulse(machine=machine, account_id=account_id).save(force_insert=True)
    request = _ask(actor=actor, machine=machine, kind=RequestKind.NEW, size=size)
    audit.record(actor=actor, action="machine.request", target=f"machine {machine.name}", after=_facts(request))
    return request


def machine_resize(*, actor: Actor, uuid: str, cpu_milli: int, memory_mib: int, disk_mib: int) -> MachineRequest | None:
    """Ask for another size. Growing waits for approval, unless the server administrator does it; shrinking does not."""
    machine = machine_held(actor=actor, uuid=uuid)
    require_askable(machine=machine, kind=OperationKind.RESIZE)
    size = size_checked(cpu_milli=cpu_milli, memory_mib=memory_mib, disk_mib=disk_mib)
    before = size_of(machine)
    if size == before:
        raise Refused(VmCode.SAME_SIZE, _size_facts(size), detail="The machine already has this size.")
    if MachineRequest.objects.filter(machine=machine, state=RequestState.PENDING).exists():
        raise Refused(VmCode.REQUEST_PENDING, {"machine": machine.name}, detail="A request for it is still waiting.")
    grows = size.cpu_milli > before.cpu_milli or size.memory_mib > before.memory_mib or size.disk_mib > before.disk_mib
    if actor.has(Right.MACHINE_OPERATE) or not grows:
        _start_resize(machine=machine, size=size, asked_by=actor.username)
        audit.record(
            actor=actor, action="machine.resize", target=f"machine {machine.name}",
            before=_size_facts(before), after=_size_facts(size),
        )  # fmt: skip
        return None
    _require_quota(
        user_id=machine.owner_id,
        cpu_milli=max(0, size.cpu_milli - before.cpu_milli),
        memory_mib=max(0, size.memory_mib - before.memory_mib),
        machines=0,
    )
    request = _ask(actor=actor, machine=machine, kind=RequestKind.RESIZE, size=size)
    audit.record(
        actor=actor, action="machine.resize_request", target=f"machine {machine.name}",
        before=_size_facts(before), after=_facts(request),
    )  # fmt: skip
    return request


def request_approve(
    *, actor: Actor, number: int, host_id: int | None = None, size: Size | None = None
) -> MachineRequest:
    """Approve a request, perhaps with another size or host; the place is taken in the same transaction."""
    request = _decidable(actor=actor, number=number)
    machine = request.machine
    wanted = size or Size(cpu_milli=request.cpu_milli, memory_mib=request.memory_mib, disk_mib=request.disk_mib)
    size_checked(cpu_milli=wanted.cpu_milli, memory_mib=wanted.memory_mib, disk_mib=wanted.disk_mib)
    before = size_of(machine)
    if request.kind == RequestKind.NEW:
        _set_size(machine, size=wanted)
        allocation_take(machine=machine, host_id=host_id)
        life_move(machine=machine, trigger=LifeTrigger.APPROVE)
        operation_open(machine=machine, kind=OperationKind.CREATE, asked_by=actor.username)
    else:
        require_askable(machine=machine, kind=OperationKind.RESIZE)
        _start_resize(machine=machine, size=wanted, asked_by=actor.username)
    _decide(request, actor=actor, trigger=RequestTrigger.APPROVE, reason="")
    audit.record(
        actor=actor, action="machine.approve", target=f"machine {machine.name}", before=_size_facts(before),
        after=_size_facts(wanted) | {"request": request.number, "host": machine.host_id},
    )  # fmt: skip
    return request


def request_refuse(*, actor: Actor, number: int, reason: str) -> MachineRequest:
    """Refuse a request; the reason is shown to the person who asked."""
    request = _decidable(actor=actor, number=number)
    text = plain(reason, longest=301)
    if not 3 <= len(text) <= 300:
        raise Refused(
            VmCode.INVALID, {"shortest": 3, "longest": 300}, detail="Give the reason in 3 to 300 characters.",
            status=400, pointer="/reason",
        )  # fmt: skip
    _decide(request, actor=actor, trigger=RequestTrigger.REFUSE, reason=text)
    if request.kind == RequestKind.NEW:
        life_move(machine=request.machine, trigger=LifeTrigger.REFUSE, fault=text)
    audit.record(
        actor=actor, action="machine.refuse", target=f"machine {request.machine.name}",
        after={"request": request.number}, reason=text,
    )  # fmt: skip
    return request


def request_withdraw(*, actor: Actor, number: int) -> MachineRequest:
    """Take one's own request back while nobody has decided it."""
    request = request_seen(actor=actor, number=number)
    if request.account_id not in actor.own_account_ids:
        raise not_found()
    _require_pending(request)
    _decide(request, actor=actor, trigger=RequestTrigger.WITHDRAW, reason="")
    if request.kind == RequestKind.NEW:
        life_move(machine=request.machine, trigger=LifeTrigger.WITHDRAW)
    audit.record(actor=actor, action="machine.withdraw", target=f"machine {request.machine.name}", after=None)
    return request


def _start_resize(*, machine: Machine, size: Size, asked_by: str) -> None:
    """Hold the larger of old and new at once; the reconciler settles on the new one when the host has applied it."""
    old, held = size_of(machine), held_size(machine)
    more = Size(
        cpu_milli=max(held.cpu_milli, size.cpu_milli),
        memory_mib=max(held.memory_mib, size.memory_mib),
        disk_mib=max(held.disk_mib, size.disk_mib),
    )
    allocation_change(machine=machine, size=more)
    operation_open(machine=machine, kind=OperationKind.RESIZE, asked_by=asked_by, facts={"from": _size_facts(old)})
    _set_size(machine, size=size)


def _set_size(machine: Machine, *, size: Size) -> None:
    changed = size_of(machine) != size
    machine.cpu_milli, machine.memory_mib, machine.disk_mib = size.cpu_milli, size.memory_mib, size.disk_mib
    if changed:
        machine.generation += 1
    machine.save(update_fields=["cpu_milli", "memory_mib", "disk_mib", "generation"])


def _ask(*, actor: Actor, machine: Machine, kind: RequestKind, size: Size) -> MachineRequest:
    request = MachineRequest(
        account_id=machine.account_id,
        number=take("requests"),
        kind=kind,
        machine=machine,
        cpu_milli=size.cpu_milli,
        memory_mib=size.memory_mib,
        disk_mib=size.disk_mib,
        requested_by_id=actor.user_id,
        requested_at=timezone.now(),
    )
    request.save(force_insert=True)
    event_append(machine=machine, kind=EventKind.REQUEST, body={"request": request.number, "state": request.state})
    return request


def _decidable(*, actor: Actor, number: int) -> MachineRequest:
    request = request_seen(actor=actor, number=number)
    require(actor, Right.MACHINE_APPROVE)
    _require_pending(request)
    if request.requested_by_id == actor.user_id:
        raise Refused(VmCode.OWN_REQUEST, {"request": number}, detail="You asked for it, so you cannot decide it.")
    return request


def _require_pending(request: MachineRequest) -> None:
    if request.state != RequestState.PENDING:
        raise Refused(
            VmCode.REQUEST_DECIDED, {"request": request.number, "state": request.state},
            detail="This request is already decided.",
        )  # fmt: skip


def _decide(request: MachineRequest, *, actor: Actor, trigger: RequestTrigger, reason: str) -> None:
    request.state = request_after(RequestState(request.state), trigger)
    request.decided_by_id = actor.user_id
    request.decided_at = timezone.now()
    request.reason = reason
    request.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    event_append(
        machine=request.machine, kind=EventKind.REQUEST, body={"request": request.number, "state": request.state}
    )


def _plan(plan_id: int | None) -> Plan | None:
    if plan_id is None:
        return None
    plan = Plan.objects.filter(pk=plan_id, offered=True).first()
    if plan is None:
        raise Refused(VmCode.PLAN_UNKNOWN, {}, detail="This plan is not offered.", status=400, pointer="/plan")
    return plan


def _require_quota(*, user_id: int, cpu_milli: int, memory_mib: int, machines: int) -> None:
    quota = quota_state(user_id=user_id)
    lacking = shortage(quota=quota, cpu_milli=cpu_milli, memory_mib=memory_mib, machines=machines)
    for figure, code, detail in _QUOTA_CODES:
        if figure in lacking:
            raise Refused(code, lacking, detail=detail)


def _size_facts(size: Size) -> dict[str, int]:
    return {"cpu_milli": size.cpu_milli, "memory_mib": size.memory_mib, "disk_mib": size.disk_mib}


def _facts(request: MachineRequest) -> dict[str, object]:
    return {
        "request": request.number, "kind": request.kind, "account": request.account_id,
        "cpu_milli": request.cpu_milli, "memory_mib": request.memory_mib, "disk_mib": request.disk_mib,
    }  # fmt: skip
