"""`make bench`: the textbook endpoint, the socket and the core in one run on one PostgreSQL; last line one JSON object.

Every run has fresh tables; the figure of a form is that of its best run of the rounds. Orders of the socket are counted
from journal rows whose time lies inside the measured window, not from what the generator believes.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg

from portal.lib import compiled
from portal.lib.errors import Failed
from portal.lib.paths import REPOSITORY
from portal.postgres.roles import database_make
from portal.postgres.scratch import database_drop
from portal.supervise.programs import WEB_COMMAND
from tests.benchmarks.http_bench import HttpPlan
from tests.benchmarks.socket_bench import Plan
from trading.core.rig.installation import Installation

TRADING_DAY = "2026-11-23"
START_S = 30.0
WATCHERS = 50
ORDER_RATE = "100000"
# From the core's stamp of each command to the commit that made its rows readable; a batch counts once a command.
LAG_OF_EACH_ORDER = """
SELECT coalesce(percentile_disc(0.99) WITHIN GROUP (ORDER BY f.committed_ns - j.at_ns), 0)
FROM trading_journal j
JOIN trading_follower_lag f ON f.name = 'projection' AND j.last_seq BETWEEN f.first_seq AND f.last_seq AND f.orders > 0,
  generate_series(j.first_seq, j.last_seq)
WHERE j.at_ns BETWEEN %s AND %s
"""


@dataclass
class SocketRun:
    """One measurement of the socket."""

    orders_per_s: float
    p50_ms: float
    p99_ms: float
    refused_share: float
    fills: int
    lag_p99_ms: float
    followers_on: bool


def say(text: str) -> None:
    """Show progress; a run takes minutes."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def free_port() -> int:
    """Return a loopback port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def daphne(
    application: str,
    *,
    environment: dict[str, str],
    log: str,
    command: Sequence[str] = (sys.executable, "-m", "daphne"),
) -> Iterator[int]:
    """Run daphne on a free port until the block ends."""
    port = free_port()
    command = [*command, "-b", "127.0.0.1", "-p", str(port), "-v", "0", application]
    with open(log, "ab") as output:
        process = subprocess.Popen(
            command, env=environment | {"AURUM_PORT": str(port)}, cwd=REPOSITORY, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + START_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"daphne did not start {application}", cause=f"see {log}")
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def generator(module: str, plan: msgspec.Struct, *, folder: Any) -> dict[str, Any]:
    """Run a load generator in a process of its own and return its figures."""
    file = folder / f"plan-{module}.json"
    file.write_bytes(msgspec.json.encode(plan))
    answer = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{module}", "--plan", str(file)],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if answer.returncode != 0:
        raise Failed(f"the load generator {module} failed", cause=answer.stderr[-2000:])
    figures: dict[str, Any] = json.loads(answer.stdout.strip().splitlines()[-1])
    return figures


def textbook_run(installation: Installation, *, seconds: float) -> dict[str, Any]:
    """Measure the textbook endpoint on a fresh database of the same server."""
    cluster = installation.scratch.cluster
    name = "textbook"
    with psycopg.connect(cluster.admin_dsn(), autocommit=True) as admin:
        database_drop(admin, name=name)
        database_make(admin, name=name)
    environment = os.environ | {
        "TEXTBOOK_DSN": cluster.admin_dsn(dbname=name),
        "DJANGO_SETTINGS_MODULE": "tests.benchmarks.textbook.settings",
    }
    prepared = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.textbook.prepare"],
        env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if prepared.returncode != 0:
        raise Failed("the textbook's tables were not made", cause=prepared.stderr[-2000:])
    keys = json.loads(prepared.stdout.strip().splitlines()[-1])
    root = installation.database.root
    (root / "log").mkdir(parents=True, exist_ok=True)
    log = str(root / "log" / "textbook.log")
    with daphne("tests.benchmarks.textbook.asgi:application", environment=environment, log=log) as port:
        plan = HttpPlan(host="127.0.0.1", port=port, keys=keys, seconds=seconds)
        figures = generator("http_bench", plan, folder=root)
    if figures["failed"]:
        raise Failed("the textbook endpoint failed orders", cause=f"{figures['failed']} of {figures['answered']}")
    return figures


@contextlib.contextmanager
def fresh_portal(installation: Installation) -> Iterator[list[tuple[str, list[int]]]]:
    """Run core and followers on a fresh database with the bench's people; yields their keys."""
    installation.open()
    try:
        installation.start("runcore")
        installation.start("runfollowers")
        wait_for_core(installation)
        made = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.people"],
            env=installation.database.environment(), cwd=REPOSITORY, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if made.returncode != 0:
            raise Failed("the bench's people were not made", cause=made.stderr[-2000:])
        yield [(bearer, accounts) for bearer, accounts in json.loads(made.stdout.strip().splitlines()[-1])]
    finally:
        for name in ("runfollowers", "runcore"):
            if installation.running(name):
                installation.stop(name)


def wait_for_core(installation: Installation) -> None:
    """Wait until the core answers."""
    deadline = time.monotonic() + START_S
    socket_file = installation.database.root / "run" / "core.sock"
    while True:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(socket_file))
            return
        if not installation.running("runcore") or time.monotonic() > deadline:
            raise Failed("the core did not start", cause=f"see {installation.database.root}/log/runcore.log")
        time.sleep(0.1)


def socket_run(installation: Installation, *, in_flight: int, seconds: float) -> SocketRun:
    """Measure the socket at 32 sockets with so many orders in flight on each."""
    root = installation.database.root
    with fresh_portal(installation) as keys:
        environment = installation.database.environment(AURUM_ROLE="web", AURUM_SOCKET_ORDERS_PER_S=ORDER_RATE)
        log = str(root / "log" / "web.log")
        with daphne("portal.asgi:application", environment=environment, log=log, command=WEB_COMMAND) as port:
            plan = Plan(
                host="127.0.0.1", port=port, trading_day=TRADING_DAY, keys=keys, in_flight=in_flight,
                watchers=WATCHERS, seconds=seconds,
            )  # fmt: skip
            figures = generator("socket_bench", plan, folder=root)
        installation.wait_for_followers(seconds_max=60)
        counted = from_journal(installation, figures)
        followers_on = installation.running("runfollowers")
    return SocketRun(
        orders_per_s=counted["orders"] / seconds,
        p50_ms=figures["p50_ms"],
        p99_ms=figures["p99_ms"],
        refused_share=figures["refused"] / max(1, figures["answered"]),
        fills=counted["fills"],
        lag_p99_ms=counted["lag_p99_ms"],
        followers_on=followers_on,
    )


def from_journal(installation: Installation, figures: dict[str, Any]) -> dict[str, Any]:
    """Count what the journal and the query tables hold of the measured window."""
    began_ns, ended_ns = figures["began_ns"], figures["ended_ns"]
    with installation.core_connection() as connection:
        orders = one(
            connection,
            "select coalesce(sum(last_seq - first_seq + 1), 0) from trading_journal where at_ns between %s and %s",
            began_ns, ended_ns,
        )  # fmt: skip
        fills = one(connection, "select count(*) from trading_fill where at_ns between %s and %s", began_ns, ended_ns)
        lag = one(
            connection,
            LAG_OF_EACH_ORDER, began_ns, ended_ns,
        )  # fmt: skip
    return {"orders": orders, "fills": fills, "lag_p99_ms": lag / 1e6}


def one(connection: psycopg.Connection[Any], query: str, *values: object) -> int:
    """Return the single number of a query."""
    row = connection.execute(query, values).fetchone()
    return int(row[0]) if row else 0


def core_run(installation: Installation, *, rounds: int, form: str) -> dict[str, float]:
    """Measure the core behind its socket on a fresh database, plain ("0") or compiled ("1")."""
    from tests.benchmarks.core_bench import core_figures, open_market

    installation.open()
    with installation.entered():
        installation.start("runcore", environment={"AURUM_COMPILED": form})
        open_market(installation)
        figures = core_figures(installation, rounds=rounds)
        installation.stop("runcore")
    return figures


def run_all(*, rounds: int, seconds: float) -> dict[str, Any]:
    """Take the rounds in turn, so that a drift of the machine meets every form alike."""
    form = compiled.activate()
    say(f"engine and shapes: {form}; the core's own figure is of the plain form")
    installation = Installation("bench")
    installation.open()
    books: list[dict[str, Any]] = []
    narrow: list[SocketRun] = []
    wide: list[SocketRun] = []
    try:
        for number in range(1, rounds + 1):
            books.append(textbook_run(installation, seconds=seconds))
            say(f"round {number}: textbook 32 x 1   {books[-1]}")
            narrow.append(socket_run(installation, in_flight=1, seconds=seconds))
            say(f"round {number}: socket   32 x 1   {narrow[-1]}")
            wide.append(socket_run(installation, in_flight=8, seconds=seconds))
            say(f"round {number}: socket   32 x 8   {wide[-1]}")
        core = core_run(installation, rounds=rounds, form="0")
        say(f"core, plain: {core}")
        fast = core_run(installation, rounds=rounds, form="1") if form == "compiled" else None
        say(f"core, compiled: {fast}")
    finally:
        installation.close()
    book = max(books, key=lambda run: float(run["orders_per_s"]))
    one_each = max(narrow, key=lambda run: run.orders_per_s)
    eight_each = max(wide, key=lambda run: run.orders_per_s)
    say(
        f"socket / textbook: {one_each.orders_per_s / book['orders_per_s']:.1f} x at 32,"
        f" {eight_each.orders_per_s / book['orders_per_s']:.1f} x at 256;"
        f" p50 1/{book['p50_ms'] / one_each.p50_ms:.0f}, p99 1/{book['p99_ms'] / one_each.p99_ms:.0f};"
        f" core / pgbench {core['core_to_pgbench']:.2f} x"
    )
    return {
        "textbook_orders_per_s_32": book["orders_per_s"],
        "textbook_p50_ms_32": book["p50_ms"],
        "textbook_p99_ms_32": book["p99_ms"],
        "socket_orders_per_s_32": round(one_each.orders_per_s),
        "socket_p50_ms_32": one_each.p50_ms,
        "socket_p99_ms_32": one_each.p99_ms,
        "socket_orders_per_s_256": round(eight_each.orders_per_s),
        "core_orders_per_s_128": core["core_orders_per_s_128"],
        "pgbench_commits_per_s": core["pgbench_commits_per_s"],
        "core_to_pgbench": core["core_to_pgbench"],
        "core_compiled_to_pgbench": fast["core_to_pgbench"] if fast else None,
        "form": form,
        "projection_lag_p99_ms": round(max(one_each.lag_p99_ms, eight_each.lag_p99_ms), 1),
        "refused_share": round(max(one_each.refused_share, eight_each.refused_share), 5),
        "fills": one_each.fills,
        "followers_on": one_each.followers_on and eight_each.followers_on,
    }


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0)
    chosen = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ.setdefault("AURUM_ROLE", "web")
    import django

    django.setup()
    gc.freeze()
    figures = run_all(rounds=chosen.rounds, seconds=chosen.seconds)
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
