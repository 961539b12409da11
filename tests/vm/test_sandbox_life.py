"""A machine's life on the host: it outlives the reconciler, is taken over, trades, saves, recovers, ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from portal.lib.paths import REPOSITORY
from tests.vm.conftest import IDENTITY, UUID, spec
from tests.vm.fake_web import FakeWeb
from vmhosting.drivers.base import Resized
from vmhosting.drivers.sandbox import layout, processes
from vmhosting.drivers.sandbox.driver import SandboxDriver
from vmhosting.states import Power

pytestmark = pytest.mark.xdist_group("sandbox")

QUICK = {"fast": 2, "slow": 4, "sample_s": 0.05, "rest_s": 0.2}
RISE_AND_FALL = ["1000.00"] * 6 + ["1001.00"] * 3 + [f"{1001 + step}.00" for step in range(20)]


def started(driver: SandboxDriver, web: FakeWeb, **changes: object) -> None:
    driver.ensure(spec(**changes))
    driver.put_identity(UUID, identity=IDENTITY)
    driver.set_power(UUID, power=Power.RUNNING, door=web.door)


def status(driver: SandboxDriver) -> dict[str, object]:
    return layout.read_json(driver._files(UUID).status)


def test_sample_strategy_trades_through_the_web_door(driver: SandboxDriver, web: FakeWeb) -> None:
    web.prices = RISE_AND_FALL
    started(driver, web, parameters=QUICK)
    web.wait_for(lambda: web.orders)
    order = web.orders[0]
    assert (order["account"], order["symbol"], order["side"], order["position_effect"]) == (
        7001,
        "SHFE.au2612",
        "buy",
        "open",
    )
    assert (order["type"], order["time_in_force"], order["qty"], order["trading_day"]) == (
        "limit",
        "ioc",
        1,
        "2026-11-23",
    )
    web.wait_for(lambda: web.heartbeats[-1]["strategy"].get("fills") == 1)
    assert web.saved == {"own": 1}
    assert web.heartbeats[-1]["strategy"]["summary"]["position"] == 1


def test_repeats_an_order_under_the_same_number_when_the_answer_was_lost(driver: SandboxDriver, web: FakeWeb) -> None:
    web.prices, web.drop_after_order = RISE_AND_FALL, True
    started(driver, web, parameters=QUICK)
    web.wait_for(lambda: len(web.orders) == 2)
    first, second = web.orders
    assert first["client_order_id"] == second["client_order_id"]


def test_remembers_its_own_position_over_a_restart(driver: SandboxDriver, web: FakeWeb) -> None:
    web.saved = {"own": -1}
    started(driver, web, parameters=QUICK)
    web.wait_for(lambda: any("own position -1" in text for text in web.texts()))


def test_takes_new_parameters_while_it_runs(driver: SandboxDriver, web: FakeWeb) -> None:
    started(driver, web, parameters=QUICK)
    web.wait_for(lambda: any("watching" in text for text in web.texts()))
    web.parameters, web.parameters_version = {**QUICK, "fast": 3, "slow": 9}, 1
    web.wait_for(lambda: "parameters: fast 3, slow 9" in web.texts())


def test_outlives_the_process_that_started_it_and_is_taken_over(driver: SandboxDriver, web: FakeWeb) -> None:
    driver.ensure(spec())
    driver.put_identity(UUID, identity=IDENTITY)
    starter = (
        "import sys; from pathlib import Path\n"
        "from vmhosting.drivers.base import WebDoor\n"
        "from vmhosting.drivers.sandbox.driver import SandboxDriver\n"
        "from vmhosting.states import Power\n"
        "driver = SandboxDriver(machines=Path(sys.argv[1]), image_folder=Path(sys.argv[2]))\n"
        "driver.set_power(sys.argv[3], power=Power.RUNNING, door=WebDoor(host='127.0.0.1', port=int(sys.argv[4])))\n"
    )
    arguments = [str(driver._machines), str(driver._image_folder), UUID, str(web.door.port)]
    subprocess.run([sys.executable, "-c", starter, *arguments], cwd=REPOSITORY, check=True, timeout=30)
    web.wait_for(lambda: web.heartbeats)
    first = driver.observe(UUID)
    assert first.power is Power.RUNNING
    driver.set_power(UUID, power=Power.RUNNING, door=web.door)
    assert driver.observe(UUID).started_at_ns == first.started_at_ns


def test_follows_the_web_door_to_another_port(driver: SandboxDriver, web: FakeWeb) -> None:
    started(driver, web)
    web.wait_for(lambda: web.heartbeats)
    moved = FakeWeb(key=IDENTITY.key, secret=IDENTITY.secret)
    try:
        web.close()
        driver.adopt(UUID, door=moved.door)
        moved.wait_for(lambda: moved.heartbeats, timeout_s=30)
    finally:
        moved.close()
    assert {beat["boot"] for beat in moved.heartbeats} == {beat["boot"] for beat in web.heartbeats}


def test_dies_with_its_warden_and_is_seen_as_crashed(driver: SandboxDriver, web: FakeWeb) -> None:
    started(driver, web)
    web.wait_for(lambda: web.heartbeats)
    seen = status(driver)
    inside = int(str(seen["sandbox_pid"]))
    born = processes.start_time(inside)
    os.kill(int(str(seen["pid"])), signal.SIGKILL)
    wait_until(lambda: not processes.alive(pid=inside, started=born))
    observed = driver.observe(UUID)
    assert (observed.power, observed.detail) == (Power.CRASHED, "was killed from outside")
    driver.set_power(UUID, power=Power.RUNNING, door=web.door)
    assert driver.observe(UUID).power is Power.RUNNING


def test_cannot_be_started_twice_even_when_its_status_is_lost(driver: SandboxDriver, web: FakeWeb) -> None:
    started(driver, web)
    first = status(driver)
    driver._files(UUID).status.rename(driver._files(UUID).run / "aside")
    driver.set_power(UUID, power=Power.RUNNING, door=web.door)
    assert not driver._files(UUID).status.exists()
    (driver._files(UUID).run / "aside").rename(driver._files(UUID).status)
    assert status(driver)["pid"] == first["pid"]
    assert driver.observe(UUID).power is Power.RUNNING


def test_stops_on_word_within_the_grace_and_says_goodbye(driver: SandboxDriver, web: FakeWeb) -> None:
    started(driver, web)
    web.wait_for(lambda: any("watching" in text for text in web.texts()))
    before = time.monotonic()
    driver.set_power(UUID, power=Power.STOPPED, door=web.door)
    assert time.monotonic() - before < 8
    assert driver.observe(UUID).power is Power.STOPPED
    assert web.texts()[-2:] == ["stopped; 0 working orders canceled", "agent stopped"]


def test_ends_when_its_folder_is_removed_under_it(driver: SandboxDriver, web: FakeWeb) -> None:
    started(driver, web)
    seen = status(driver)
    pid, born = int(str(seen["pid"])), int(str(seen["pid_started"]))
    driver._files(UUID).remove()
    wait_until(lambda: not processes.alive(pid=pid, started=born))


def test_live_size_is_what_the_kernel_enforces(driver: SandboxDriver, web: FakeWeb) -> None:
    started(driver, web)
    if not driver.capabilities().live_resize:
        assert driver.resize(spec(generation=2, memory_mib=256)) is Resized.NEEDS_RESTART
        return
    assert driver.resize(spec(generation=2, memory_mib=256, cpu_milli=300)) is Resized.LIVE
    folders = [Path(str(path)) for path in status(driver)["groups"]]  # type: ignore[attr-defined]
    contents = [path.read_text().strip() for folder in folders for path in folder.glob("*limit_in_bytes")]
    contents += [path.read_text().strip() for folder in folders for path in folder.glob("memory.max")]
    assert str(256 * 1024 * 1024) in contents


def test_leaves_nothing_behind_when_destroyed(driver: SandboxDriver, web: FakeWeb) -> None:
    started(driver, web)
    web.wait_for(lambda: web.heartbeats)
    seen = status(driver)
    driver.destroy(UUID)
    assert not driver._files(UUID).root.exists()
    assert [path for path in seen["groups"] if Path(str(path)).exists()] == []  # type: ignore[attr-defined]
    assert not processes.alive(pid=int(str(seen["pid"])), started=int(str(seen["pid_started"])))


def wait_until(condition: object, *, timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.05)
