"""The contract of `vmhosting.drivers.base`, run against every driver that works on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vmhosting.drivers.base import DriverFailed, Identity, MachineDriver, MachineSpec, Resized, WebDoor
from vmhosting.drivers.fake import FakeDriver
from vmhosting.drivers.sandbox.driver import SandboxDriver
from vmhosting.drivers.sandbox.probe import probe
from vmhosting.states import Power

pytestmark = pytest.mark.xdist_group("sandbox")

# Nobody listens there: the contract needs no answering web door.
DOOR = WebDoor(host="127.0.0.1", port=9)
UUID = "0f" * 16
IDENTITY = Identity(key="ak_1_contract", secret="kept-out-of-sight")
SPEC = MachineSpec(
    uuid=UUID,
    name="vm-0f0f",
    generation=1,
    cpu_milli=250,
    memory_mib=96,
    disk_mib=8,
    slot=7,
    address="10.8.0.7",
    account_id=7001,
    strategy="ma_cross",
    parameters={"fast": 3},
)


@pytest.fixture(params=["fake", "sandbox"])
def driver(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MachineDriver]:
    if request.param == "fake":
        yield FakeDriver()
        return
    found = probe()
    if not found.usable:
        pytest.skip(f"no sandbox here: {found.problem}; {found.remedy}")
    machines = open_folder(tmp_path_factory) / "machines"
    sandbox = SandboxDriver(machines=machines)
    yield sandbox
    for uuid in sandbox.observe_all():
        sandbox.destroy(uuid)


def open_folder(factory: pytest.TempPathFactory) -> Path:
    """A temporary folder a machine's uid can walk to; pytest closes its own to others."""
    folder = factory.mktemp("host")
    for step in (folder, *folder.parents):
        if step.owner() != "root" or step.stat().st_mode & 0o001:
            continue
        step.chmod(step.stat().st_mode | 0o011)
    return folder


def made(driver: MachineDriver) -> MachineDriver:
    driver.ensure(SPEC)
    driver.put_identity(UUID, identity=IDENTITY)
    return driver


def running(driver: MachineDriver) -> MachineDriver:
    made(driver).set_power(UUID, power=Power.RUNNING, door=DOOR)
    return driver


def test_says_what_it_can_do_and_how_large_the_host_is(driver: MachineDriver) -> None:
    capabilities, inventory = driver.capabilities(), driver.inventory()
    assert (capabilities.kind, capabilities.usable, capabilities.problem) == (driver.kind, True, "")
    assert min(inventory.cpu_milli, inventory.memory_mib, inventory.disk_mib) > 0


def test_reports_a_machine_it_never_saw_as_absent(driver: MachineDriver) -> None:
    assert driver.observe(UUID).power is Power.ABSENT
    assert driver.observe_all() == {}
    assert driver.console_tail(UUID, lines_max=5) == []


def test_makes_a_machine_without_starting_it_however_often_asked(driver: MachineDriver) -> None:
    driver.ensure(SPEC)
    driver.ensure(SPEC)
    assert driver.observe(UUID).power is Power.STOPPED
    assert list(driver.observe_all()) == [UUID]


def test_knows_exactly_the_key_it_was_handed(driver: MachineDriver) -> None:
    driver.ensure(SPEC)
    assert not driver.has_identity(UUID, key=IDENTITY.key)
    driver.put_identity(UUID, identity=IDENTITY)
    assert driver.has_identity(UUID, key=IDENTITY.key)
    assert not driver.has_identity(UUID, key="ak_1_other")
    driver.put_identity(UUID, identity=Identity(key="ak_1_other", secret="x"))
    assert not driver.has_identity(UUID, key=IDENTITY.key)


def test_starts_once_and_reports_what_really_runs(driver: MachineDriver) -> None:
    running(driver)
    first = driver.observe(UUID)
    driver.set_power(UUID, power=Power.RUNNING, door=DOOR)
    again = driver.observe(UUID)
    assert (first.power, first.generation) == (Power.RUNNING, 1)
    assert (first.cpu_milli, first.memory_mib, first.disk_mib) == (250, 96, 8)
    assert again.started_at_ns == first.started_at_ns


def test_stops_and_starts_again(driver: MachineDriver) -> None:
    running(driver)
    driver.set_power(UUID, power=Power.STOPPED, door=DOOR)
    driver.set_power(UUID, power=Power.STOPPED, door=DOOR)
    assert driver.observe(UUID).power is Power.STOPPED
    driver.set_power(UUID, power=Power.RUNNING, door=DOOR)
    assert driver.observe(UUID).power is Power.RUNNING


def test_stopping_an_absent_machine_is_success(driver: MachineDriver) -> None:
    driver.set_power(UUID, power=Power.STOPPED, door=DOOR)


def test_refuses_to_start_or_size_what_does_not_exist(driver: MachineDriver) -> None:
    with pytest.raises(DriverFailed, match="no such machine"):
        driver.set_power(UUID, power=Power.RUNNING, door=DOOR)
    with pytest.raises(DriverFailed, match="no such machine"):
        driver.resize(SPEC)
    with pytest.raises(DriverFailed, match="no such machine"):
        driver.put_identity(UUID, identity=IDENTITY)


def test_sizes_a_stopped_machine_for_its_next_start(driver: MachineDriver) -> None:
    made(driver)
    assert driver.resize(replace(SPEC, generation=2, memory_mib=128)) is Resized.UNCHANGED
    driver.set_power(UUID, power=Power.RUNNING, door=DOOR)
    seen = driver.observe(UUID)
    assert (seen.generation, seen.memory_mib) == (2, 128)


def test_sizes_a_running_machine_live_or_says_it_needs_a_restart(driver: MachineDriver) -> None:
    running(driver)
    larger = replace(SPEC, generation=2, cpu_milli=500, memory_mib=128)
    result, seen = driver.resize(larger), driver.observe(UUID)
    if driver.capabilities().live_resize:
        assert result is Resized.LIVE
        assert (seen.generation, seen.cpu_milli, seen.memory_mib) == (2, 500, 128)
        assert driver.resize(larger) is Resized.UNCHANGED
    else:
        assert result is Resized.NEEDS_RESTART
        assert (seen.generation, seen.cpu_milli, seen.memory_mib) == (1, 250, 96)


def test_another_disk_size_waits_for_a_restart(driver: MachineDriver) -> None:
    running(driver)
    larger = replace(SPEC, generation=2, disk_mib=16)
    assert driver.resize(larger) is Resized.NEEDS_RESTART
    assert (driver.observe(UUID).generation, driver.observe(UUID).disk_mib) == (1, 8)
    driver.set_power(UUID, power=Power.STOPPED, door=DOOR)
    driver.set_power(UUID, power=Power.RUNNING, door=DOOR)
    assert (driver.observe(UUID).generation, driver.observe(UUID).disk_mib) == (2, 16)


def test_destroys_running_stopped_and_absent_machines_alike(driver: MachineDriver) -> None:
    running(driver)
    driver.destroy(UUID)
    driver.destroy(UUID)
    assert driver.observe(UUID).power is Power.ABSENT
    assert driver.observe_all() == {}


def test_takes_over_a_machine_that_runs(driver: MachineDriver) -> None:
    running(driver)
    before = driver.observe(UUID)
    driver.adopt(UUID, door=WebDoor(host="127.0.0.1", port=10))
    assert driver.observe(UUID).started_at_ns == before.started_at_ns
