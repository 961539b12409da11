"""Real processes of the product for tests: the core, the followers, a web server, on the worker's own database."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from portal.lib.paths import REPOSITORY
from tests.plugins.session import current_world

START_SECONDS_MAX = 40.0


@dataclass
class Processes:
    """Starts processes of the product and stops them in the reverse order."""

    root: Path
    environment: dict[str, str]
    running: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def manage(self, *arguments: str, wait_for: Callable[[], bool] | None = None) -> subprocess.Popen[bytes]:
        """Start `manage.py …` and wait until it is of use."""
        return self._start(arguments[0], [sys.executable, str(REPOSITORY / "manage.py"), *arguments], wait_for)

    def core(self) -> subprocess.Popen[bytes]:
        """Start the trading core and wait until it answers on its socket."""
        return self.manage("runcore", wait_for=lambda: self.accepts("core"))

    def web(self) -> str:
        """Start daphne on a free loopback port and return the portal's address."""
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "portal.asgi:application"]
        self.environment["AURUM_PORT"] = str(port)
        self._start("daphne", command, lambda: _answers(f"{address}/health/ready"))
        return address

    def accepts(self, name: str) -> bool:
        """Say whether the process behind a named socket accepts a connection."""
        from portal.lib.paths import socket_path

        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            try:
                probe.connect(str(socket_path(name)))
            except OSError:
                return False
        return True

    def log(self, name: str) -> str:
        """Return what a process wrote."""
        return (self.root / "log" / f"test-{name}.log").read_text(encoding="utf-8", errors="replace")

    def stop(self, process: subprocess.Popen[bytes], *, seconds_max: float = 20.0) -> int:
        """Stop one process cleanly and return its exit status."""
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(seconds_max)
            except subprocess.TimeoutExpired:
                process.kill()
        self.running = [(name, other) for name, other in self.running if other is not process]
        return process.wait()

    def stop_all(self) -> None:
        """Stop everything, the last started first."""
        for _name, process in reversed(list(self.running)):
            with contextlib.suppress(ProcessLookupError):
                self.stop(process)

    def _start(self, name: str, command: list[str], wait_for: Callable[[], bool] | None) -> subprocess.Popen[bytes]:
        (self.root / "log").mkdir(parents=True, exist_ok=True)
        with (self.root / "log" / f"test-{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=self.environment, cwd=REPOSITORY, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        self.running.append((name, process))
        deadline = time.monotonic() + START_SECONDS_MAX
        while wait_for is not None and not wait_for():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not come up:\n{self.log(name)[-3000:]}")
            time.sleep(0.05)
        return process


@pytest.fixture
def processes() -> Iterator[Processes]:
    """Processes of the product on this worker's database; all are stopped after the test."""
    database = current_world().database
    environment = database.environment(AURUM_LOG_LEVEL="INFO")
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    environment.pop("AURUM_ROLE", None)
    group = Processes(root=database.root, environment=environment)
    yield group
    group.stop_all()


@pytest.fixture
def core_process(committed: None, processes: Processes) -> subprocess.Popen[bytes]:
    """A running trading core over committed data."""
    return processes.core()


@pytest.fixture
def portal_url(committed: None, processes: Processes) -> str:
    """The address of a running web server over committed data."""
    return processes.web()


def free_port() -> int:
    """Return a loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  (loopback, our own)
            return bool(answer.status < 600)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
