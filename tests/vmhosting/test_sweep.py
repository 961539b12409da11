"""The regular look at the hosts: drift is written down, lost machines are flagged, orphans go."""

from __future__ import annotations

import pytest

from tests.vmhosting.hosting import LIGHT, Hosting
from tests.world import Pair
from vmhosting import sweep
from vmhosting.drivers.base import MachineSpec
from vmhosting.models import Host
from vmhosting.services.machines import machine_stop
from vmhosting.states import Power

STRANGER = MachineSpec(
    uuid="dd" * 16,
    name="vm-x",
    generation=1,
    cpu_milli=LIGHT.cpu_milli,
    memory_mib=LIGHT.memory_mib,
    disk_mib=LIGHT.disk_mib,
    slot=1,
    address="",
    account_id=1,
    strategy="ma_cross",
)


def test_writes_down_what_the_host_reports(hosting: Hosting) -> None:
    machine = hosting.running()
    hosting.sweep()
    seen = hosting.machine(machine.uuid)
    assert (seen.observed_power, seen.observed_generation) == ("running", 1)
    assert (seen.observed_cpu_milli, seen.observed_memory_mib, seen.observed_disk_mib) == (250, 128, 32)
    assert seen.observed_at is not None


def test_flags_a_machine_that_ended_on_its_own_and_starts_it_again(hosting: Hosting) -> None:
    machine = hosting.running()
    hosting.driver.crash(machine.uuid)
    hosting.sweep()
    lost = hosting.machine(machine.uuid)
    assert (lost.life, lost.observed_power, lost.fault) == ("lost", "crashed", "not running: crashed")
    assert (hosting.operation(machine).kind, hosting.operation(machine).asked_by) == ("start", "reconciler")
    hosting.work()
    hosting.beat(machine, boot="boot-2")
    hosting.work()
    back = hosting.machine(machine.uuid)
    assert (back.life, back.fault, back.repairs) == ("active", "", 1)


def test_gives_up_repairing_a_machine_that_keeps_ending(hosting: Hosting) -> None:
    machine = hosting.running()
    for number in range(sweep.REPAIRS_MAX):
        hosting.driver.crash(machine.uuid)
        hosting.sweep()
        hosting.work()
        hosting.beat(machine, boot=f"again-{number}")
        hosting.work()
    hosting.driver.crash(machine.uuid)
    hosting.sweep()
    tired = hosting.machine(machine.uuid)
    assert (tired.life, tired.fault) == ("error", "ended 3 times: not running: crashed")


def test_starts_machines_again_that_were_parked_with_the_whole_installation(hosting: Hosting) -> None:
    machine = hosting.running()
    for number in range(sweep.REPAIRS_MAX + 2):
        hosting.driver.set_power(machine.uuid, power=Power.STOPPED, door=hosting.reconciler._door)
        hosting.sweep()
        hosting.work()
        hosting.beat(machine, boot=f"again-{number}")
        hosting.work()
    back = hosting.machine(machine.uuid)
    assert (back.life, back.repairs) == ("active", 0)


def test_flags_a_silent_agent_within_thirty_seconds_but_leaves_the_machine_alone(hosting: Hosting) -> None:
    machine = hosting.running()
    hosting.silence(machine, seconds=sweep.AGENT_LOST_S - 3)
    hosting.sweep()
    assert hosting.machine(machine.uuid).life == "active"
    hosting.silence(machine, seconds=sweep.AGENT_LOST_S + 1)
    hosting.sweep()
    silent = hosting.machine(machine.uuid)
    assert (silent.life, silent.fault, hosting.operation(machine).kind) == ("lost", "the agent is silent", "create")
    assert sweep.AGENT_LOST_S + 4 + 3 < 30  # silence, one sweep period, a margin


def test_takes_a_lost_machine_back_at_its_next_heartbeat(hosting: Hosting) -> None:
    machine = hosting.running()
    hosting.silence(machine, seconds=60)
    hosting.sweep()
    hosting.beat(machine)
    assert hosting.machine(machine.uuid).life == "active"


def test_a_sweep_takes_it_back_when_the_heartbeat_could_not(hosting: Hosting) -> None:
    machine = hosting.running()
    hosting.silence(machine, seconds=60)
    hosting.sweep()
    with hosting.scope():
        from django.utils import timezone

        from vmhosting.models import Pulse

        Pulse.objects.filter(machine=machine).update(heartbeat_at=timezone.now())
    hosting.sweep()
    assert hosting.machine(machine.uuid).life == "active"


def test_stops_what_runs_although_it_should_not(hosting: Hosting) -> None:
    machine = hosting.running()
    with hosting.scope("investor"):
        machine_stop(actor=hosting.actor("investor"), uuid=machine.uuid)
    hosting.work()
    hosting.driver.set_power(machine.uuid, power=Power.RUNNING, door=hosting.reconciler._door)
    hosting.sweep()
    hosting.work()
    assert hosting.driver.observe(machine.uuid).power is Power.STOPPED
    assert hosting.machine(machine.uuid).life == "stopped"


def test_is_no_news_about_machines_when_the_host_cannot_be_asked(hosting: Hosting) -> None:
    machine = hosting.running()
    hosting.driver.fail_next("observe_all")
    hosting.sweep()
    assert hosting.machine(machine.uuid).life == "active"


def test_removes_a_machine_nobody_owns_after_a_grace(hosting: Hosting, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = hosting.running()
    hosting.driver.ensure(STRANGER)
    hosting.sweep()
    assert STRANGER.uuid in hosting.driver.machines
    monkeypatch.setattr(sweep, "ORPHAN_GRACE_S", 0.0)
    hosting.sweep()
    assert list(hosting.driver.machines) == [machine.uuid]


def test_takes_no_tenants_machine_for_an_orphan(hosting: Hosting, tenant_pair: Pair, monkeypatch: object) -> None:
    other = Hosting(house=tenant_pair.b, driver=hosting.driver, network=hosting.network)
    other.set_up()
    machine = other.running()
    monkeypatch.setattr(sweep, "ORPHAN_GRACE_S", 0.0)  # type: ignore[attr-defined]
    hosting.reconciler.sweeper.sweep([hosting.tenant_id, other.tenant_id])
    assert list(hosting.driver.machines) == [machine.uuid]


def test_points_machines_that_run_at_the_present_web_door(hosting: Hosting) -> None:
    machine = hosting.running()
    hosting.driver.machines[machine.uuid].door = None
    hosting.sweep()
    assert hosting.driver.machines[machine.uuid].door == hosting.reconciler._door


def test_writes_what_the_host_itself_says(hosting: Hosting) -> None:
    hosting.driver._usable = False
    hosting.sweep()
    with hosting.scope():
        host = Host.objects.get()
    assert (host.usable, host.problem, host.remedy) == (False, "switched off by the test", "switch on")
    assert host.seen_at is not None


def test_measures_load_and_keeps_a_short_history(hosting: Hosting) -> None:
    machine = hosting.running()
    for _ in range(3):
        hosting.sweep()
    pulse = hosting.pulse(machine)
    assert (len(pulse.samples), pulse.cpu_milli_now) == (3, 0)
    assert pulse.number > 0
