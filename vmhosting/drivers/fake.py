"""A host in memory for tests: obeys the whole contract and fails where it is told to. Never offered to people."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from vmhosting.drivers.base import (
    Capabilities,
    DriverFailed,
    HostInventory,
    Identity,
    LimitKind,
    MachineDriver,
    MachineSpec,
    Observation,
    Resized,
    WebDoor,
)
from vmhosting.states import Power

_STARTED_AT_NS: Final = 1_000_000_000


@dataclass(slots=True)
class _Machine:
    spec: MachineSpec
    running: MachineSpec | None = None
    crashed: bool = False
    identity: Identity | None = None
    door: WebDoor | None = None
    console: list[str] = field(default_factory=list)


class FakeDriver(MachineDriver):
    """Keeps machines in a dictionary; `fail_next` makes the next calls of one verb fail."""

    kind = "fake"

    def __init__(self, *, live_resize: bool = True, usable: bool = True) -> None:
        self.machines: dict[str, _Machine] = {}
        self.calls: list[tuple[str, str]] = []
        self._failures: dict[str, int] = {}
        self._live_resize = live_resize
        self._usable = usable

    def fail_next(self, verb: str, *, times: int = 1) -> None:
        """Make the next calls of this verb raise `DriverFailed`."""
        self._failures[verb] = times

    def crash(self, uuid: str) -> None:
        """Let a running machine die on its own."""
        machine = self.machines[uuid]
        machine.running, machine.crashed = None, True

    def lose(self, uuid: str) -> None:
        """Let the host forget the machine entirely, as a replaced disk would."""
        del self.machines[uuid]

    def capabilities(self) -> Capabilities:
        if not self._usable:
            return Capabilities(kind=self.kind, usable=False, problem="switched off by the test", remedy="switch on")
        return Capabilities(kind=self.kind, usable=True, limits=LimitKind.NONE, live_resize=self._live_resize)

    def inventory(self) -> HostInventory:
        return HostInventory(cpu_milli=8000, memory_mib=16384, disk_mib=100_000)

    def ensure(self, spec: MachineSpec) -> None:
        self._begin("ensure", spec.uuid)
        known = self.machines.get(spec.uuid)
        if known is None:
            self.machines[spec.uuid] = _Machine(spec=spec)
        else:
            known.spec = spec

    def put_identity(self, uuid: str, *, identity: Identity) -> None:
        self._begin("put_identity", uuid)
        self._known(uuid).identity = identity

    def has_identity(self, uuid: str, *, key: str) -> bool:
        machine = self.machines.get(uuid)
        return machine is not None and machine.identity is not None and machine.identity.key == key

    def set_power(self, uuid: str, *, power: Power, door: WebDoor) -> None:
        self._begin("set_power", uuid)
        if power is Power.STOPPED and uuid not in self.machines:
            return
        machine = self._known(uuid)
        machine.crashed = False
        if power is Power.STOPPED:
            machine.running = None
        elif machine.running is None:
            machine.running, machine.door = machine.spec, door

    def resize(self, spec: MachineSpec) -> Resized:
        self._begin("resize", spec.uuid)
        machine = self._known(spec.uuid)
        machine.spec = spec
        running = machine.running
        if running is None or _size(running) == _size(spec):
            return Resized.UNCHANGED
        if not self._live_resize or running.disk_mib != spec.disk_mib:
            return Resized.NEEDS_RESTART
        machine.running = replace(spec)
        return Resized.LIVE

    def destroy(self, uuid: str) -> None:
        self._begin("destroy", uuid)
        self.machines.pop(uuid, None)

    def observe(self, uuid: str) -> Observation:
        self._begin("observe", uuid)
        machine = self.machines.get(uuid)
        if machine is None:
            return Observation(uuid=uuid, power=Power.ABSENT)
        if machine.running is None:
            power = Power.CRASHED if machine.crashed else Power.STOPPED
            return Observation(uuid=uuid, power=power, exit_code=1 if machine.crashed else 0)
        running = machine.running
        return Observation(
            uuid=uuid,
            power=Power.RUNNING,
            generation=running.generation,
            cpu_milli=running.cpu_milli,
            memory_mib=running.memory_mib,
            disk_mib=running.disk_mib,
            started_at_ns=_STARTED_AT_NS,
        )

    def observe_all(self) -> dict[str, Observation]:
        self._begin("observe_all", "*")
        return {uuid: self.observe(uuid) for uuid in list(self.machines)}

    def adopt(self, uuid: str, *, door: WebDoor) -> None:
        self._begin("adopt", uuid)
        self._known(uuid).door = door

    def console_tail(self, uuid: str, *, lines_max: int) -> list[str]:
        machine = self.machines.get(uuid)
        return machine.console[-lines_max:] if machine else []

    def _known(self, uuid: str) -> _Machine:
        machine = self.machines.get(uuid)
        if machine is None:
            raise DriverFailed("no such machine on this host", cause=uuid)
        return machine

    def _begin(self, verb: str, uuid: str) -> None:
        self.calls.append((verb, uuid))
        left = self._failures.get(verb, 0)
        if left > 0:
            self._failures[verb] = left - 1
            raise DriverFailed(f"{verb} failed as the test asked", retryable=True)


def _size(spec: MachineSpec) -> tuple[int, int, int]:
    return spec.cpu_milli, spec.memory_mib, spec.disk_mib
