"""The regular look at every host: its report is written down, what differs is repaired, what nobody owns is removed.

The host is right about what runs. A machine that should run and does not is lost, flagged at once, and started again
with patience; one whose agent is silent is flagged but left alone, because the web door itself may be the cause.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from django.utils import timezone

from accounts.tenancy.context import tenant_scope
from portal.lib.errors import Failed
from vmhosting.choices import EventKind
from vmhosting.drivers.base import MachineDriver, Observation, WebDoor
from vmhosting.models import Host, Machine, MachineEvent, Pulse
from vmhosting.services.hosts import host_note
from vmhosting.services.life import life_move, operation_current, operation_open
from vmhosting.services.news import event_append, wake_pages
from vmhosting.services.numbers import take
from vmhosting.states import LIFE_ENDED, Life, LifeTrigger, OperationKind, Power
from vmhosting.steps import ACTOR_NAME

AGENT_LOST_S: Final = 20.0
ORPHAN_GRACE_S: Final = 60.0
REPAIRS_MAX: Final = 3
_REPAIR_FORGET: Final = timedelta(minutes=10)
_SAMPLES: Final = 40
_EVENTS_KEPT: Final = 5_000
_PRUNE_EVERY_S: Final = 300.0
log = structlog.get_logger(__name__)


class Sweeper:
    """Compares hosts and rows. Remembers only since when it has seen a machine nobody owns."""

    def __init__(self, *, drivers: Mapping[str, MachineDriver], door: WebDoor) -> None:
        self._drivers = drivers
        self._door = door
        self._orphans: dict[tuple[str, str], float] = {}
        self._adopted: set[str] = set()
        self._next_prune = time.monotonic() + _PRUNE_EVERY_S

    def sweep(self, tenant_ids: Sequence[int]) -> None:
        """Look at everything once."""
        reports = {kind: _report(driver) for kind, driver in self._drivers.items()}
        owned: set[str] = set()
        for tenant_id in tenant_ids:
            owned |= self._tenant(tenant_id, reports)
        for kind, report in reports.items():
            if report is not None:
                self._remove_orphans(kind, report=report, owned=owned)
        if time.monotonic() >= self._next_prune:
            self._next_prune = time.monotonic() + _PRUNE_EVERY_S
            for tenant_id in tenant_ids:
                _prune(tenant_id)

    def _tenant(self, tenant_id: int, reports: Mapping[str, dict[str, Observation] | None]) -> set[str]:
        with tenant_scope(tenant_id=tenant_id):
            for host in Host.objects.all():
                driver = self._drivers.get(host.driver)
                if driver is not None:
                    host_note(host=host, capabilities=driver.capabilities())
            living = list(
                Machine.objects.exclude(life__in=LIFE_ENDED).order_by("id").values_list("pk", "uuid", "host__driver")
            )
        for machine_id, uuid, kind in living:
            report = reports.get(kind)
            if report is not None:
                # One short transaction a machine: heartbeats of the tenant wait for none of them long.
                with tenant_scope(tenant_id=tenant_id):
                    self._look_at(machine_id, seen=report.get(uuid) or _absent(uuid))
        return {uuid for _, uuid, _ in living}

    def _look_at(self, machine_id: int, *, seen: Observation) -> None:
        # A machine in the hands of a running step is looked at next time.
        rows = Machine.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        machine = rows.filter(pk=machine_id).first()
        if machine is None or machine.host is None:
            return
        if seen.power is Power.RUNNING and machine.uuid not in self._adopted:
            self._drivers[machine.host.driver].adopt(machine.uuid, door=self._door)
            self._adopted.add(machine.uuid)
        pulse = Pulse.objects.select_for_update(no_key=True).get(machine=machine)
        if _write_down(machine, seen=seen):
            event_append(machine=machine, kind=EventKind.MACHINE, body={"observed": machine.observed_power})
        if seen.power is Power.RUNNING:
            _measure(pulse, seen=seen)
        if operation_current(machine) is None:
            self._compare(machine, seen=seen, pulse=pulse)

    def _compare(self, machine: Machine, *, seen: Observation, pulse: Pulse) -> None:
        now, runs = timezone.now(), seen.power is Power.RUNNING
        silent_s = _silence_s(pulse, machine=machine, now=now)
        if machine.life_state is Life.ACTIVE and (not runs or silent_s > AGENT_LOST_S):
            words = "the agent is silent" if runs else f"not running: {seen.detail or seen.power.value}"
            life_move(machine=machine, trigger=LifeTrigger.VANISH, fault=words)
            log.warning("machine_lost", machine=machine.name, reason=words)
        elif machine.life_state is Life.LOST and runs and silent_s <= AGENT_LOST_S:
            life_move(machine=machine, trigger=LifeTrigger.COME_UP, fault="")
        if machine.life_state is Life.LOST and not runs and machine.wanted_power == Power.RUNNING:
            _repair(machine, now=now, counts=seen.power is Power.CRASHED)
        elif machine.life_state is Life.STOPPED and runs and machine.wanted_power == Power.STOPPED:
            operation_open(machine=machine, kind=OperationKind.STOP, asked_by=ACTOR_NAME)

    def _remove_orphans(self, kind: str, *, report: dict[str, Observation], owned: set[str]) -> None:
        now = time.monotonic()
        strangers = {(kind, uuid) for uuid in report if uuid not in owned}
        self._orphans = {key: since for key, since in self._orphans.items() if key[0] != kind or key in strangers}
        for key in strangers:
            since = self._orphans.setdefault(key, now)
            if now - since >= ORPHAN_GRACE_S:
                try:
                    self._drivers[kind].destroy(key[1])
                    log.warning("orphan_removed", driver=kind, uuid=key[1])
                except Failed as problem:
                    log.warning("orphan_not_removed", driver=kind, uuid=key[1], problem=str(problem))


def _report(driver: MachineDriver) -> dict[str, Observation] | None:
    """Return what the host reports; None when it cannot be asked, which is no news about any machine."""
    try:
        return driver.observe_all()
    except (Failed, OSError) as problem:
        log.warning("host_not_observed", driver=driver.kind, problem=str(problem))
        return None


def _absent(uuid: str) -> Observation:
    return Observation(uuid=uuid, power=Power.ABSENT)


def _write_down(machine: Machine, *, seen: Observation) -> bool:
    said = {
        "observed_power": seen.power.value,
        "observed_generation": seen.generation or machine.observed_generation,
        "observed_cpu_milli": seen.cpu_milli,
        "observed_memory_mib": seen.memory_mib,
        "observed_disk_mib": seen.disk_mib,
        "observed_detail": seen.detail,
    }
    changed = any(getattr(machine, field) != value for field, value in said.items())
    for field, value in said.items():
        setattr(machine, field, value)
    machine.observed_at = timezone.now()
    machine.save(update_fields=[*said, "observed_at"])
    return changed


def _measure(pulse: Pulse, *, seen: Observation) -> None:
    """Turn the CPU counter into a rate and keep a short history for the little charts."""
    now = timezone.now()
    if pulse.measured_at is not None and seen.cpu_used_ns >= pulse.cpu_used_ns:
        passed_ns = max(1.0, (now - pulse.measured_at).total_seconds() * 1e9)
        pulse.cpu_milli_now = int((seen.cpu_used_ns - pulse.cpu_used_ns) * 1000 / passed_ns)
    pulse.cpu_used_ns, pulse.memory_used_mib, pulse.measured_at = seen.cpu_used_ns, seen.memory_used_mib, now
    sample: list[Any] = [pulse.cpu_milli_now, pulse.memory_used_mib]
    pulse.samples = [*pulse.samples, sample][-_SAMPLES:]
    pulse.number = take("news")
    pulse.save(update_fields=["cpu_used_ns", "memory_used_mib", "measured_at", "cpu_milli_now", "samples", "number"])
    wake_pages(tenant_id=pulse.tenant_id, number=pulse.number)


def _silence_s(pulse: Pulse, *, machine: Machine, now: datetime) -> float:
    """A machine that just came up gets the same patience; one that is lost must really be heard again."""
    signs = [pulse.heartbeat_at] if machine.life_state is Life.LOST else [pulse.heartbeat_at, machine.life_since]
    heard = max((sign for sign in signs if sign is not None), default=None)
    return (now - heard).total_seconds() if heard is not None else float("inf")


def _repair(machine: Machine, *, now: datetime, counts: bool) -> None:
    """Start a machine again. One that ended on its own is started a few times in ten minutes; then a person must look.

    A clean stop that nobody wished for does not count: the whole installation was stopped and is back.
    """
    if machine.repaired_at is not None and now - machine.repaired_at > _REPAIR_FORGET:
        machine.repairs = 0
    if machine.repairs >= REPAIRS_MAX:
        life_move(machine=machine, trigger=LifeTrigger.FAIL, fault=f"ended {machine.repairs} times: {machine.fault}")
        return
    machine.repairs += counts
    machine.repaired_at = now
    machine.save(update_fields=["repairs", "repaired_at"])
    operation_open(machine=machine, kind=OperationKind.START, asked_by=ACTOR_NAME)


def _prune(tenant_id: int) -> None:
    """Forget old news of each machine; requests and operations have tables of their own."""
    with tenant_scope(tenant_id=tenant_id):
        for machine_id in Machine.objects.values_list("pk", flat=True):
            rows = MachineEvent.objects.filter(machine_id=machine_id).order_by("-number")
            oldest = rows.values_list("number", flat=True)[_EVENTS_KEPT : _EVENTS_KEPT + 1].first()
            if oldest is not None:
                MachineEvent.objects.filter(machine_id=machine_id, number__lte=oldest).delete()
