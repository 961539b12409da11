"""The core behind its socket against pgbench's best one-row commit rate, in neighbouring windows of one run.

`python -m tests.benchmarks.core_bench --json` prints one line; `make bench` calls `core_figures` on its own
installation. The figures are the best of the rounds, ratios are of the same round's neighbours.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import psycopg

from portal.lib.paths import socket_path
from tests.benchmarks.lean_client import Window, measure
from trading.core import protocol
from trading.core.client import CoreUnavailable, call, query
from trading.core.rig.installation import Installation
from trading.core.rig.market import OrderFlow, opening_commands

ACCOUNTS = 100
TENANTS = 10
LINKS = 4
IN_FLIGHT = 128
PGBENCH_CLIENTS = (8, 32, 64)
READY_PER_S = 90_000  # more than any core takes
ONE_ROW = "insert into bench_commit (body) values ('\\x" + "5a" * 64 + "');\n"


def core_figures(installation: Installation, *, rounds: int = 3, seconds: float = 3.0) -> dict[str, float]:
    """Return the figures of an open installation whose core runs on an opened market."""
    _make_bench_table(installation)
    throughput: list[Window] = []
    lone: list[Window] = []
    commits: list[float] = []
    bare: list[float] = []
    orders = OrderTape()
    for _ in range(rounds):
        turns = [_turn(installation, orders, clients=clients, seconds=seconds) for clients in PGBENCH_CLIENTS]
        commits.append(max(commit for commit, _window in turns))
        throughput.append(max((window for _commit, window in turns), key=_speed))
        bare.append(bare_commit_p50_ms(installation, seconds=seconds / 2))
        lone.append(_window(orders, links=1, each=1, seconds=seconds / 2))
    best = max(throughput, key=_speed)
    return {
        "core_orders_per_s_128": round(best.orders_per_s),
        "core_p50_ms_128": round(best.p50_ms, 3),
        "core_p99_ms_128": round(best.p99_ms, 3),
        "pgbench_commits_per_s": round(max(commits)),
        "core_to_pgbench": round(
            statistics.median(window.orders_per_s / commit for window, commit in zip(throughput, commits, strict=True)),
            2,
        ),
        "core_p50_ms_1": round(min(window.p50_ms for window in lone), 3),
        "bare_commit_p50_ms": round(min(bare), 3),
        "lone_to_bare": round(
            statistics.median(window.p50_ms / p50 for window, p50 in zip(lone, bare, strict=True)), 2
        ),
    }


def _turn(installation: Installation, orders: OrderTape, *, clients: int, seconds: float) -> tuple[float, Window]:
    """One window of pgbench and one of the core beside it, so that both have as many tries."""
    commits = pgbench(installation, clients=clients, seconds=seconds)
    orders.make(round(seconds * READY_PER_S))
    return commits, _window(orders, links=LINKS, each=IN_FLIGHT // LINKS, seconds=seconds)


def _speed(window: Window) -> float:
    return window.orders_per_s


class OrderTape(Iterator[bytes]):
    """Endless encoded orders. What is made before a window costs its processors nothing."""

    def __init__(self) -> None:
        prefix = f"b{time.time_ns()}"
        self._flow = OrderFlow(seed=11, accounts=ACCOUNTS, tenants=TENANTS, prefix=prefix, lots_max=1)
        self._made: deque[bytes] = deque()

    def make(self, count: int) -> None:
        """Have as many ready."""
        for _ in range(count - len(self._made)):
            self._made.append(protocol.encode(self._flow.next()))

    def __next__(self) -> bytes:
        return self._made.popleft() if self._made else protocol.encode(self._flow.next())


def pgbench(installation: Installation, *, clients: int, seconds: float) -> float:
    """Return pgbench's one-row commits a second with prepared statements on the unix socket."""
    script = installation.database.root / "one_row.sql"
    script.write_text(ONE_ROW)
    threads = min(clients, os.cpu_count() or 1)
    # fmt: off
    answer = subprocess.run(
        [installation.scratch.cluster.bin_dir / "pgbench", "-n", "-M", "prepared", "-c", str(clients),
         "-j", str(threads), "-T", str(max(round(seconds), 1)), "-f", script, installation.database.dsns["owner"]],
        capture_output=True, text=True, check=True,
    )
    # fmt: on
    rates = [float(line.split()[2]) for line in answer.stdout.splitlines() if line.startswith("tps")]
    return rates[0] if rates else 0.0  # no line: not one transaction ended in time


def bare_commit_p50_ms(installation: Installation, *, seconds: float) -> float:
    """Return the median of one prepared one-row insert and its commit through psycopg."""
    with psycopg.connect(installation.database.dsns["owner"], autocommit=True) as connection:
        body, latencies = b"\x5a" * 64, []
        until_s = time.perf_counter() + seconds
        while (began_s := time.perf_counter()) < until_s:
            connection.execute("insert into bench_commit (body) values (%b)", [body], prepare=True)
            latencies.append(time.perf_counter() - began_s)
    return 1000 * statistics.median(latencies)


def open_market(installation: Installation) -> None:
    """Wait for the core and make the market."""
    deadline = time.monotonic() + 30
    while True:
        try:
            query("status")
            break
        except CoreUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    for command in opening_commands(accounts=ACCOUNTS, tenants=TENANTS):
        call(command)


def _window(orders: Iterator[bytes], *, links: int, each: int, seconds: float) -> Window:
    return asyncio.run(
        measure(path=socket_path("core"), encoded=orders, links=links, in_flight_each=each, seconds=seconds)
    )


def _make_bench_table(installation: Installation) -> None:
    with psycopg.connect(installation.database.dsns["owner"], autocommit=True) as owner:
        owner.execute(
            "create table if not exists bench_commit (id bigint generated always as identity primary key, body bytea)"
        )


def main() -> None:
    """Measure on an own cluster under `var/bench-core`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ.setdefault("AURUM_ROLE", "web")
    import django

    django.setup()
    gc.freeze()
    installation = Installation("bench-core")
    installation.open()
    try:
        with installation.entered():
            installation.start("runcore")
            open_market(installation)
            figures = core_figures(installation, rounds=chosen.rounds, seconds=chosen.seconds)
    finally:
        installation.close()
    if chosen.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        for name, value in figures.items():
            sys.stdout.write(f"{name:24} {value}\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main()
