"""A throw-away installation for chaos runs and benchmarks: own cluster, own core, own followers, nothing shared."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from typing import IO

import psycopg

from portal.lib.errors import Failed
from portal.lib.paths import REPOSITORY
from portal.postgres.migrations_hash import migrations_hash
from portal.postgres.scratch import Scratch, ScratchDatabase

_STOP_S = 30.0


class Installation:
    """Processes of the product on a scratch database; `AURUM_VAR` of this process points there while it is open."""

    def __init__(self, name: str) -> None:
        self.scratch = Scratch(name)
        self.database: ScratchDatabase
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: list[IO[bytes]] = []

    def open(self) -> None:
        """Start the cluster with an empty migrated database."""
        self.database = self.scratch.fresh(key=migrations_hash())
        head_files = self.database.root / "journal-head"
        for file in head_files.glob("*.json") if head_files.exists() else ():
            file.unlink()

    def close(self) -> None:
        """Stop everything that still runs."""
        for name in list(self._processes):
            self.stop(name)
        for log in self._logs:
            log.close()
        self.scratch.stop()

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Make this process a client of the installation."""
        before = os.environ.get("AURUM_VAR")
        os.environ["AURUM_VAR"] = str(self.database.root)
        try:
            yield
        finally:
            if before is None:
                del os.environ["AURUM_VAR"]
            else:
                os.environ["AURUM_VAR"] = before

    def make_tenants(self, count: int) -> None:
        """Make brokers 2 and up as rows; number 1 is the house that migrations made."""
        with psycopg.connect(self.database.dsns["owner"], autocommit=True) as owner:
            for number in range(1, count + 1):
                owner.execute(
                    "insert into accounts_tenant (id, code, name, name_en, kind, status, created_at)"
                    " values (%s, %s, %s, %s, 'broker', 'active', now()) on conflict do nothing",
                    [number, f"rig{number}", f"rig{number}", f"rig{number}"],
                )

    def start(self, *arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start `manage.py …` under the name of its command."""
        name = arguments[0]
        folder = self.database.root / "log"
        folder.mkdir(parents=True, exist_ok=True)
        log = (folder / f"{name}.log").open("ab")
        self._logs.append(log)
        process = subprocess.Popen(
            [sys.executable, str(REPOSITORY / "manage.py"), *arguments],
            env=self.database.environment(**dict(environment or {})),
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        self._processes[name] = process
        return process

    def running(self, name: str) -> bool:
        """Say whether a process is alive."""
        return name in self._processes and self._processes[name].poll() is None

    def kill(self, name: str) -> None:
        """Kill a process as a power cut would."""
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def stop(self, name: str) -> int:
        """Stop a process cleanly; returns its exit code."""
        process = self._processes.pop(name)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            return process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def manage(self, *arguments: str, seconds_max: float = 600.0) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, str(REPOSITORY / "manage.py"), *arguments],
            env=self.database.environment(),
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            timeout=seconds_max,
            check=False,
        )

    def kill_database(self) -> None:
        """Kill PostgreSQL with all its children and start it again, as its supervisor would."""
        self.scratch.cluster.kill()
        self.scratch.cluster.start()

    def core_connection(self) -> psycopg.Connection[tuple[object, ...]]:
        """Open a connection as the core's role."""
        return psycopg.connect(self.database.dsns["core"], autocommit=True)

    def wait_for_followers(self, *, seconds_max: float) -> None:
        """Wait until every follower that has a position has reached the journal's head."""
        deadline = time.monotonic() + seconds_max
        with self.core_connection() as connection:
            while True:
                behind = connection.execute(
                    "select name, seq from trading_follower_position"
                    " where seq < (select coalesce(max(last_seq), 0) from trading_journal)"
                ).fetchall()
                if not behind:
                    return
                if time.monotonic() > deadline:
                    raise Failed("followers did not reach the journal's head", cause=str(behind))
                time.sleep(0.1)
