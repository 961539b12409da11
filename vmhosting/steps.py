"""The steps of every operation, in their order, and how each is undone. Every step finds what an earlier try left.

A step returns `Done`, or `NotYet` when it has to wait for the world; it raises `Failed` or `Refused` when the world or
the rules said no. It never sleeps and never loops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from accounts.audit import SystemActor
from accounts.choices import KeyPurpose, KeyScope
from accounts.models import ApiKey
from accounts.services.api_keys import apikey_create, apikey_revoke
from vmhosting.drivers.base import (
    DriverFailed,
    Identity,
    MachineDriver,
    MachineSpec,
    Resized,
    WebDoor,
)
from vmhosting.models import Address, Machine, Operation, Pulse
from vmhosting.network.base import NetworkDriver
from vmhosting.placement import Size
from vmhosting.selectors.places import size_of
from vmhosting.services.allocation import allocation_change, allocation_release, allocation_take
from vmhosting.services.life import life_move
from vmhosting.services.numbers import hold
from vmhosting.states import Life, LifeTrigger, OperationKind, Power

ACTOR_NAME: Final = "reconciler"
HEAR_PATIENCE_S: Final = 45.0
_LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
_CANCEL_AFTER_S: Final = 15


class Step(StrEnum):
    """One thing that is done to a machine at a time."""

    PLACE = "place"
    SEAL = "seal"
    PREPARE = "prepare"
    KEY = "key"
    BOOT = "boot"
    HEAR = "hear"
    OPEN = "open"
    SHUT = "shut"
    APPLY = "apply"
    SETTLE = "settle"
    UNKEY = "unkey"
    DESTROY = "destroy"
    RELEASE = "release"
    RESTORE = "restore"


STEPS: Final[Mapping[OperationKind, tuple[Step, ...]]] = {
    # Closed before it exists, opened after it was heard: no moment in which a half-made machine has a way out.
    OperationKind.CREATE: (
        Step.PLACE, Step.SEAL, Step.PREPARE, Step.KEY, Step.BOOT, Step.HEAR, Step.OPEN,
    ),
    OperationKind.START: (Step.PREPARE, Step.KEY, Step.BOOT, Step.HEAR),
    OperationKind.STOP: (Step.SHUT,),
    OperationKind.RESTART: (Step.SHUT, Step.PREPARE, Step.KEY, Step.BOOT, Step.HEAR),
    OperationKind.RESIZE: (Step.APPLY, Step.SETTLE),
    OperationKind.DELETE: (Step.SHUT, Step.SEAL, Step.UNKEY, Step.DESTROY, Step.RELEASE),
}  # fmt: skip

UNDO: Final[Mapping[OperationKind, tuple[Step, ...]]] = {
    OperationKind.CREATE: (Step.SHUT, Step.SEAL, Step.UNKEY, Step.DESTROY, Step.RELEASE),
    OperationKind.START: (Step.SHUT,),
    # A stop that does not come off leaves the machine as the host reports it; there is nothing to take back.
    OperationKind.STOP: (),
    OperationKind.RESTART: (Step.SHUT,),
    OperationKind.RESIZE: (Step.RESTORE,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The step is finished; the note stands in the task log."""

    note: str = ""
    figures: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """The step waits for the world; look again then, and give up after the patience."""

    wait_s: float
    patience_s: float
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Everything a step may use."""

    operation: Operation
    machine: Machine
    driver: MachineDriver
    network: NetworkDriver
    door: WebDoor
    web_name: str
    now: datetime


Result = Done | NotYet


def run_step(step: Step, work: Work) -> Result:
    """Run one step."""
    return _RUN[step](work)


def spec_of(machine: Machine, *, web_name: str) -> MachineSpec:
    """Return what the driver is to make of a machine."""
    address = Address.objects.filter(machine=machine).values_list("ip", flat=True).first()
    return MachineSpec(
        uuid=machine.uuid,
        name=machine.name,
        generation=machine.generation,
        cpu_milli=machine.cpu_milli,
        memory_mib=machine.memory_mib,
        disk_mib=machine.disk_mib,
        slot=machine.slot or 0,
        address=address or "",
        account_id=machine.account_id,
        strategy=machine.strategy,
        parameters=machine.parameters,
        web_name=web_name,
    )


def system_actor(machine: Machine) -> SystemActor:
    """Return the reconciler as the audit names it."""
    return SystemActor(name=ACTOR_NAME, tenant_id=machine.tenant_id)


def _place(work: Work) -> Result:
    machine = work.machine
    if machine.host_id is None:
        allocation_take(machine=machine)
    if machine.life_state is Life.APPROVED:
        life_move(machine=machine, trigger=LifeTrigger.PLACE)
    return Done(note=machine.host.name if machine.host else "")


def _seal(work: Work) -> Result:
    work.network.seal(work.machine.uuid)
    return Done()


def _prepare(work: Work) -> Result:
    capabilities = work.driver.capabilities()
    if not capabilities.usable:
        raise DriverFailed(capabilities.problem, cause=capabilities.remedy)
    work.driver.ensure(spec_of(work.machine, web_name=work.web_name))
    if work.machine.life_state is Life.PLACED:
        life_move(machine=work.machine, trigger=LifeTrigger.PROVISION)
    return Done()


def _key(work: Work) -> Result:
    """Give the machine a key of its own. The secret goes from here into its file and nowhere else.

    If the process dies between the file and the commit, the key in the file was never committed: the next try sees
    that the file does not hold the machine's key and makes another.
    """
    machine = work.machine
    known = None
    if machine.api_key_id is not None:
        known = ApiKey.objects.filter(pk=machine.api_key_id, revoked_at__isnull=True).first()
    if known is not None and work.driver.has_identity(machine.uuid, key=known.public_id):
        return Done(note=known.public_id)
    hold()
    _revoke(machine, reason="replaced")
    made = apikey_create(
        actor=system_actor(machine),
        user_id=machine.owner_id,
        label=machine.name,
        scopes=[KeyScope.READ, KeyScope.TRADE],
        allowed_networks=_LOOPBACK if _is_loopback(work.door) else (),
        account_ids=[machine.account_id],
        purpose=KeyPurpose.MACHINE,
        cancel_on_disconnect_s=_CANCEL_AFTER_S if machine.cancel_on_disconnect else None,
    )
    work.driver.put_identity(machine.uuid, identity=Identity(key=made.key.public_id, secret=made.secret))
    machine.api_key_id = made.key.pk
    machine.save(update_fields=["api_key_id"])
    return Done(note=made.key.public_id)


def _boot(work: Work) -> Result:
    work.driver.set_power(work.machine.uuid, power=Power.RUNNING, door=work.door)
    return Done()


def _hear(work: Work) -> Result:
    """Wait for the first heartbeat since this start. A machine that ended meanwhile is a failure, not a wait."""
    machine = work.machine
    seen = work.driver.observe(machine.uuid)
    if seen.power is not Power.RUNNING:
        tail = work.driver.console_tail(machine.uuid, lines_max=1)
        raise DriverFailed("the machine ended before it was heard", cause=(tail or [seen.detail])[-1])
    pulse = Pulse.objects.get(machine=machine)
    if pulse.heartbeat_at is None or pulse.heartbeat_at < work.operation.step_since:
        return NotYet(wait_s=0.4, patience_s=HEAR_PATIENCE_S, note="no heartbeat came")
    machine.observed_generation = seen.generation
    machine.needs_restart = False
    machine.fault = ""
    machine.save(update_fields=["observed_generation", "needs_restart", "fault"])
    if machine.life_state in (Life.PROVISIONING, Life.STOPPED, Life.LOST):
        life_move(machine=machine, trigger=LifeTrigger.COME_UP)
    return Done()


def _open(work: Work) -> Result:
    address = Address.objects.filter(machine=work.machine).values_list("ip", flat=True).first()
    work.network.open(work.machine.uuid, address=address or "")
    return Done(note=address or "")


def _shut(work: Work) -> Result:
    machine = work.machine
    work.driver.set_power(machine.uuid, power=Power.STOPPED, door=work.door)
    stays_down = work.operation.kind == OperationKind.STOP
    if stays_down and machine.life_state in (Life.ACTIVE, Life.LOST):
        life_move(machine=machine, trigger=LifeTrigger.HALT, fault="")
    return Done()


def _apply(work: Work) -> Result:
    result = work.driver.resize(spec_of(work.machine, web_name=work.web_name))
    machine = work.machine
    machine.needs_restart = result is Resized.NEEDS_RESTART
    machine.save(update_fields=["needs_restart"])
    return Done(note=result.value)


def _settle(work: Work) -> Result:
    """Hold exactly the new size; what waits for a restart keeps the larger one until it has been restarted."""
    if not work.machine.needs_restart:
        allocation_change(machine=work.machine, size=size_of(work.machine))
    return Done()


def _restore(work: Work) -> Result:
    """Take a change of size back: the old numbers, on the host and in what is held."""
    machine, before = work.machine, work.operation.facts["from"]
    machine.cpu_milli, machine.memory_mib = before["cpu_milli"], before["memory_mib"]
    machine.disk_mib = before["disk_mib"]
    machine.generation += 1
    machine.needs_restart = False
    machine.save(update_fields=["cpu_milli", "memory_mib", "disk_mib", "generation", "needs_restart"])
    work.driver.resize(spec_of(machine, web_name=work.web_name))
    allocation_change(machine=machine, size=Size(**before))
    return Done()


def _unkey(work: Work) -> Result:
    _revoke(work.machine, reason="machine removed")
    return Done()


def _destroy(work: Work) -> Result:
    work.driver.destroy(work.machine.uuid)
    return Done()


def _release(work: Work) -> Result:
    allocation_release(machine=work.machine)
    return Done()


def _revoke(machine: Machine, *, reason: str) -> None:
    if machine.api_key_id is not None:
        hold()
        apikey_revoke(actor=system_actor(machine), key_id=machine.api_key_id, reason=reason)
        machine.api_key_id = None
        machine.save(update_fields=["api_key_id"])


def _is_loopback(door: WebDoor) -> bool:
    return door.host == "::1" or door.host.startswith("127.")


def settle_after_restart(machine: Machine) -> None:
    """A restart has put the wanted size into effect: hold exactly that."""
    if machine.host_id is not None:
        allocation_change(machine=machine, size=size_of(machine))


def back_off(attempts: int) -> timedelta:
    """Return the wait before the next try: 1, 2, 4, 8 … 60 seconds."""
    return timedelta(seconds=min(60.0, 2.0 ** max(0, attempts - 1)))


_RUN: Final[Mapping[Step, Callable[[Work], Result]]] = {
    Step.PLACE: _place,
    Step.SEAL: _seal,
    Step.PREPARE: _prepare,
    Step.KEY: _key,
    Step.BOOT: _boot,
    Step.HEAR: _hear,
    Step.OPEN: _open,
    Step.SHUT: _shut,
    Step.APPLY: _apply,
    Step.SETTLE: _settle,
    Step.UNKEY: _unkey,
    Step.DESTROY: _destroy,
    Step.RELEASE: _release,
    Step.RESTORE: _restore,
}
