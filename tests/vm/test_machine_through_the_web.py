"""The whole way: asked for on a page, run by the reconciler, trading through the real web door with its own key."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytestmark = pytest.mark.xdist_group("sandbox")

if TYPE_CHECKING:  # read before Django is set up
    from tests.stack import Stack
    from tests.vmhosting.hosting import Hosting
    from vmhosting.models import Machine

QUICK = {
    "fast": 2,
    "slow": 4,
    "sample_s": 0.1,
    "rest_s": 0.5,
    "max_spread_ticks": 5000,
    "ticks_over": 1,
}


@pytest.fixture(scope="module")
def stack(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stack]:
    """Core, followers and web server over a pair of tenants."""
    from tests.stack import running_stack
    from vmhosting.drivers.sandbox.driver import SandboxDriver

    with django_db_blocker.unblock(), running_stack(web=True) as running:
        yield running
        running.processes.stop_all()
        for uuid in SandboxDriver().observe_all():
            SandboxDriver().destroy(uuid)


@pytest.fixture
def hosting(stack: Stack) -> Hosting:
    """Tenant A with this computer as its host, and a reconciler of its own process."""
    from tests.vmhosting.hosting import Hosting
    from vmhosting.models import Host

    found = Hosting(house=stack.pair.a, kind="sandbox")
    with found.scope():
        known = Host.objects.exists()
    if not known:
        found.set_up()
    return found


def until(condition: Callable[[], Any], *, seconds_max: float = 40.0, what: str = "") -> Any:
    deadline = time.monotonic() + seconds_max
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds_max} s for {what}"
        time.sleep(0.2)
    return found


def life(hosting: Hosting, machine: Machine) -> str:
    return hosting.machine(machine.uuid).life


def texts(hosting: Hosting, machine: Machine) -> list[str]:
    """The log lines so far."""
    return [event.text for event in hosting.events(machine) if event.kind == "log"]


def folder(hosting: Hosting, machine: Machine) -> Path:
    """Where the reconciler's process keeps the machine."""
    from vmhosting.drivers.sandbox import toolbox

    return toolbox.machines_root() / machine.uuid


def pid_of(hosting: Hosting, machine: Machine) -> int:
    from vmhosting.drivers.sandbox import layout

    return int(layout.read_json(folder(hosting, machine) / "run" / "warden.json")["pid"])


def move_the_price(stack: Stack, *, prices: list[str]) -> None:
    """Two other accounts trade with each other, one lot a price."""
    from tests.stack import Api, order_body

    seller, buyer = Api(stack.pair.a.bearer(1)), Api(stack.pair.b.bearer(0))
    accounts = stack.pair.a.account_ids[1], stack.pair.b.account_ids[0]
    for price in prices:
        made = seller("POST", "orders", order_body(accounts[0], side="sell", qty=1, limit_price=price))
        assert made.status_code in (200, 201), made.content
        buyer("POST", "orders", order_body(accounts[1], side="buy", qty=1, limit_price=price))
        time.sleep(0.15)


def test_trades_outlives_its_reconciler_is_repaired_and_goes(stack: Stack, hosting: Hosting) -> None:
    from accounts.models import ApiKey
    from tests.stack import Api, order_body
    from vmhosting.services.machines import machine_delete

    resting = Api(stack.pair.a.bearer(1))
    other = stack.pair.a.account_ids[1]
    for side, price in (("sell", "806.00"), ("buy", "794.00")):
        made = resting("POST", "orders", order_body(other, side=side, qty=20, limit_price=price))
        assert made.status_code in (200, 201), made.content
    web = stack.url.removeprefix("http://")
    reconciler = stack.processes.manage("runreconciler", "--web", web)
    machine = hosting.created(parameters=QUICK)
    until(lambda: life(hosting, machine) == "active", what="the machine")
    until(lambda: hosting.pulse(machine).strategy.get("state") == "trading", what="the strategy's connection")

    # It buys when the price rises, through the web door alone, on its own account.
    deadline = time.monotonic() + 40
    while not hosting.pulse(machine).strategy.get("fills") and time.monotonic() < deadline:
        move_the_price(stack, prices=["800.00", "800.20", "800.40", "800.80", "801.20"])
    until(lambda: any(text.startswith("filled ") for text in texts(hosting, machine)), what="the fill in the log")
    assert hosting.pulse(machine).saved["own"] in (-1, 0, 1)

    # The reconciler is killed; the machine trades on, and the next one takes it over.
    pid = pid_of(hosting, machine)
    reconciler.kill()
    reconciler.wait()
    beat = hosting.pulse(machine).heartbeat_at
    until(lambda: hosting.pulse(machine).heartbeat_at != beat, what="a heartbeat without a reconciler")
    stack.processes.manage("runreconciler", "--web", web)
    seen = hosting.machine(machine.uuid).observed_at
    until(lambda: hosting.machine(machine.uuid).observed_at != seen, what="the take-over")
    assert pid_of(hosting, machine) == pid

    # The machine is killed from outside: flagged within 30 seconds, started again.
    killed_at = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    until(lambda: any(event.body.get("life") == "lost" for event in hosting.events(machine)), what="the flag")
    assert time.monotonic() - killed_at < 30
    until(lambda: life(hosting, machine) == "active", what="the repair")
    assert pid_of(hosting, machine) != pid

    # Deleted: no folder, no process, a dead key.
    key_id = hosting.machine(machine.uuid).api_key_id
    with hosting.scope("investor"):
        machine_delete(actor=hosting.actor("investor"), uuid=machine.uuid)
    until(lambda: life(hosting, machine) == "deleted", what="the deletion")
    assert not folder(hosting, machine).exists()
    with hosting.scope():
        assert ApiKey.objects.get(pk=key_id).revoked_at is not None
    assert texts(hosting, machine)[-1] == "agent stopped"


def test_no_secret_of_the_machine_is_in_any_log(stack: Stack, hosting: Hosting) -> None:
    from vmhosting.drivers.sandbox import layout

    web = stack.url.removeprefix("http://")
    stack.processes.manage("runreconciler", "--web", web)
    machine = hosting.created()
    until(lambda: life(hosting, machine) == "active", what="the machine")
    secret = layout.read_json(folder(hosting, machine) / "identity" / "key.json")["secret"]
    written = sorted((stack.processes.root / "log").glob("*.log"))
    assert written
    assert [path.name for path in written if secret in path.read_text(encoding="utf-8", errors="replace")] == []
