"""Who may touch which machine. Answers in the house's order: not yours to see 404, not allowed 403, wrong state 409."""

from __future__ import annotations

import re
from typing import Final

from accounts.auth.actor import Actor
from accounts.errors import not_found, right_missing
from accounts.permissions import Right
from vmhosting.models import Machine, MachineRequest

_UUID: Final = re.compile(r"^[0-9a-f]{32}$")
_NUMBER_MAX: Final = 2**62


def machine_seen(*, actor: Actor, uuid: str, lock: bool = False) -> Machine:
    """Return a machine the actor may look at, or answer as for an invented one."""
    if not _UUID.match(uuid):
        raise not_found()
    rows = Machine.objects.select_related("host", "plan")
    if lock:
        # Without the key part: events that point to the machine may be written while somebody works on it.
        rows = Machine.objects.select_for_update(no_key=True, of=("self",))
    machine = rows.filter(uuid=uuid).first()
    if machine is None or not actor.can_see(machine.account_id):
        raise not_found()
    if not (actor.has(Right.MACHINE_VIEW_OWN) or actor.has(Right.HOST_VIEW)):
        raise not_found()
    return machine


def machine_held(*, actor: Actor, uuid: str) -> Machine:
    """Return a locked machine the actor may operate: its owner's side, or the server administrator."""
    machine = machine_seen(actor=actor, uuid=uuid, lock=True)
    if not may_operate(actor=actor, machine=machine):
        raise right_missing(Right.MACHINE_OPERATE)
    return machine


def may_operate(*, actor: Actor, machine: Machine) -> bool:
    """Say whether the actor may start, stop, size or delete this machine."""
    own = actor.has(Right.MACHINE_REQUEST) and machine.account_id in actor.own_account_ids
    return own or actor.has(Right.MACHINE_OPERATE)


def request_seen(*, actor: Actor, number: int) -> MachineRequest:
    """Return a locked request, with its machine locked before it, of an account the actor may look at."""
    request = MachineRequest.objects.filter(number=number).first() if number < _NUMBER_MAX else None
    if request is None or not actor.can_see(request.account_id):
        raise not_found()
    machine = Machine.objects.select_for_update(no_key=True, of=("self",)).get(pk=request.machine_id)
    request = MachineRequest.objects.select_for_update(no_key=True, of=("self",)).get(pk=request.pk)
    request.machine = machine
    return request


def require(actor: Actor, right: Right) -> None:
    """Refuse an actor without the right."""
    if not actor.has(right):
        raise right_missing(right)
