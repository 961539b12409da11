"""What every driver must do. The contract tests in `tests/contracts/` run against each of them.

All calls are idempotent, keyed by the machine's uuid: a call that was cut short is simply made again. A driver
never decides; the reconciler does. Everything a driver makes carries the uuid in its name, so that machines
whose row was lost are found by `observe_all`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from portal.lib.errors import Failed
from vmhosting.states import Power


class DriverFailed(Failed):
    """The host did not do its part; the reconciler tries again with back-off."""


class LimitKind(StrEnum):
    """How the size of a machine is enforced, strongest first."""

    HYPERVISOR = "hypervisor"
    CGROUP_V2 = "cgroup_v2"
    CGROUP_V1 = "cgroup_v1"
    RLIMIT = "rlimit"
    NONE = "none"


class Resized(StrEnum):
    """What a change of size came to."""

    LIVE = "live"
    NEEDS_RESTART = "needs_restart"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebDoor:
    """The one place a machine may talk to: the web server's address as the host sees it."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineSpec:
    """What a machine should be. Holds no secret, so it may be logged and compared."""

    uuid: str
    name: str
    generation: int
    cpu_milli: int
    memory_mib: int
    disk_mib: int
    slot: int
    address: str
    account_id: int
    strategy: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    processes_max: int = 64
    web_name: str = "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The machine's own key at the web door. Written once into a 0600 file; never logged, never in the database."""

    key: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a driver can do on this host, or why it cannot do anything."""

    kind: str
    usable: bool
    problem: str = ""
    remedy: str = ""
    isolation: str = "process"
    limits: LimitKind = LimitKind.NONE
    limits_note: str = ""
    live_resize: bool = False
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What the host says about one machine, now."""

    uuid: str
    power: Power
    generation: int = 0
    cpu_milli: int = 0
    memory_mib: int = 0
    disk_mib: int = 0
    cpu_used_ns: int = 0
    memory_used_mib: int = 0
    started_at_ns: int = 0
    exit_code: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostInventory:
    """What the host has in all, before over-commit."""

    cpu_milli: int
    memory_mib: int
    disk_mib: int


class MachineDriver(ABC):
    """Makes, sizes, runs, observes and destroys machines on one host."""

    kind: str

    @abstractmethod
    def capabilities(self) -> Capabilities:
        """Return what works here; never raises."""

    @abstractmethod
    def inventory(self) -> HostInventory:
        """Return the host's size."""

    @abstractmethod
    def ensure(self, spec: MachineSpec) -> None:
        """Create the machine, or converge it to a new spec, without starting it."""

    @abstractmethod
    def put_identity(self, uuid: str, *, identity: Identity) -> None:
        """Hand the machine its key; replaces an earlier one."""

    @abstractmethod
    def has_identity(self, uuid: str, *, key: str) -> bool:
        """Say whether the machine holds exactly this key."""

    @abstractmethod
    def set_power(self, uuid: str, *, power: Power, door: WebDoor) -> None:
        """Start or stop the machine; already so is success."""

    @abstractmethod
    def resize(self, spec: MachineSpec) -> Resized:
        """Give the machine another size, live where the host can."""

    @abstractmethod
    def destroy(self, uuid: str) -> None:
        """Remove every trace of the machine; an absent one is success."""

    @abstractmethod
    def observe(self, uuid: str) -> Observation:
        """Say what the host knows of this machine; absent is an answer, not an error."""

    @abstractmethod
    def observe_all(self) -> dict[str, Observation]:
        """Say what the host knows of every machine it carries, known to us or not."""

    @abstractmethod
    def adopt(self, uuid: str, *, door: WebDoor) -> None:
        """Take a running machine over from an earlier reconciler; points its forwarder at the present web door."""

    @abstractmethod
    def console_tail(self, uuid: str, *, lines_max: int) -> list[str]:
        """Return the last lines the machine wrote to its console."""
