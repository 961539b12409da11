"""What the core's tests share: a fresh journal, a core process with chosen faults, a small market."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.plugins.processes import Processes
from tests.plugins.session import current_world
from trading.core import client
from trading.core.rig.market import FIRST_ACCOUNT_ID, INSTRUMENT_ID, MIDDLE_TICKS, TRADING_DAY, opening_commands
from trading.engine.commands import Command, PlaceOrder
from trading.engine.types import BUY, DAY, LIMIT, OPEN, SELL


class CoreRig:
    """Starts, kills and asks a core on the worker's database."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start a core and wait until it leads."""
        client.disconnect()
        saved = dict(self._processes.environment)
        self._processes.environment.update(environment)
        try:
            self.process = self._processes.manage("runcore", *arguments, wait_for=self.leads)
        finally:
            self._processes.environment.clear()
            self._processes.environment.update(saved)
        return self.process

    def leads(self) -> bool:
        """Say whether a core answers."""
        try:
            return bool(client.query("status")["trading"])
        except client.CoreUnavailable:
            return False

    def refused(self, *arguments: str) -> str:
        """Start a core that must not come up; return what it said."""
        answer = subprocess.run(
            ["python", "manage.py", "runcore", "--wait", "0.3", *arguments],
            env=self._processes.environment | {"PATH": _path()},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert answer.returncode == 1, (answer.returncode, answer.stderr)
        return answer.stderr

    def kill(self) -> None:
        """Kill the core as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        client.disconnect()

    def stop(self) -> int:
        """Stop the core cleanly; return its exit code."""
        assert self.process is not None
        code = self._processes.stop(self.process)
        client.disconnect()
        return code

    def wait_dead(self, *, seconds_max: float = 10.0) -> int:
        """Wait until the core has ended by itself; return its exit code."""
        assert self.process is not None
        code = self.process.wait(seconds_max)
        client.disconnect()
        return code

    def send(self, *commands: Command) -> list[client.Answer]:
        """Send commands one after the other."""
        return [client.call(command) for command in commands]

    def open_market(self, *, accounts: int = 2) -> None:
        """Make the contract, the day and funded accounts."""
        self.send(*opening_commands(accounts=accounts, tenants=1))

    def log(self) -> str:
        """Return what the cores of this test wrote."""
        return self._processes.log("runcore")


@pytest.fixture
def rig(committed: None, processes: Processes) -> Iterator[CoreRig]:
    """A rig over an empty journal."""
    (processes.root / "log").mkdir(parents=True, exist_ok=True)
    (processes.root / "log" / "test-runcore.log").write_text("")
    yield CoreRig(processes)
    client.disconnect()


@pytest.fixture
def journal_admin() -> Iterator[psycopg.Connection]:
    """A superuser who may damage the journal: its triggers are asleep in this session."""
    database = current_world().database
    with psycopg.connect(current_world().scratch.cluster.admin_dsn(dbname=database.name), autocommit=True) as admin:
        admin.execute("set session_replication_role = replica")
        yield admin


def order(
    client_order_id: str,
    *,
    account: int = 0,
    side: int = BUY,
    qty: int = 1,
    price_ticks: int = MIDDLE_TICKS,
    trading_day: int = TRADING_DAY,
) -> PlaceOrder:
    """Return an opening limit order of the n-th account."""
    return PlaceOrder(
        1,
        FIRST_ACCOUNT_ID + account,
        client_order_id,
        trading_day,
        INSTRUMENT_ID,
        side,
        OPEN,
        LIMIT,
        DAY,
        qty,
        price_ticks,
        "u1",
    )


def eventually(condition: object, *, seconds_max: float = 5.0) -> None:
    """Wait until a condition holds."""
    assert callable(condition)
    deadline = time.monotonic() + seconds_max
    while not condition():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.02)


def _path() -> str:
    import os
    import sys

    return f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"


__all__ = ["BUY", "SELL", "CoreRig", "eventually", "order"]
