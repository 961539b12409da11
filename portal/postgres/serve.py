"""Runs the embedded PostgreSQL in the foreground: starts it, starts it again when it dies, stops it on SIGTERM."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import Final

from portal.lib.errors import Failed
from portal.postgres.cluster import Cluster
from portal.postgres.server_kind import PORTAL_CLUSTER

_LOOK_EVERY_SECONDS: Final = 0.25


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `manage.py embedded_postgres`."""
    parser.add_argument("--name", default=PORTAL_CLUSTER, help="folder of the cluster below AURUM_VAR")


def main(arguments: Sequence[str]) -> int:
    """Supervise one server until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="manage.py embedded_postgres", description=__doc__)
    add_arguments(parser)
    return run(name=parser.parse_args(list(arguments)).name)


def run(*, name: str) -> int:
    """Keep one server running; returns 1 when it cannot be started."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    cluster = Cluster.named(name)
    try:
        cluster.start()
        _say(f"PostgreSQL {cluster.version} answers on {cluster.socket_dir}")
        if cluster.moved:
            _say(f"The clone is out of reach of the user {cluster.identity.name}, so the data is in {cluster.home}")
        while not stopping.wait(_LOOK_EVERY_SECONDS):
            if cluster.running_pid() is None:
                _say("PostgreSQL died; starting it again")
                cluster.start()
        cluster.stop()
    except Failed as problem:
        _say(str(problem))
        return 1
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
