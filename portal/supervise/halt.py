"""Stops a portal that runs in the background, or what a killed supervisor left behind."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import Final

from portal.postgres.cluster import Cluster
from portal.postgres.server_kind import PORTAL_CLUSTER
from portal.supervise import state
from vmhosting.park import machines_park

STOP_SECONDS_MAX: Final = 120.0


def main(arguments: Sequence[str]) -> int:
    """Stop everything; returns 1 when something would not stop."""
    argparse.ArgumentParser(prog="manage.py stop", description=__doc__).parse_args(list(arguments))
    return run()


def run() -> int:
    """Ask the supervisor to stop and wait for it; end orphans when there is no supervisor."""
    current = state.read_state()
    if current is None:
        _stop_database()
        _say("the portal does not run")
        return 0
    if current.alive():
        os.kill(current.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS_MAX
        while current.alive():
            if time.monotonic() > deadline:
                _say(f"the supervisor (process {current.pid}) did not stop; see var/log/run_all.log")
                return 1
            time.sleep(0.1)
    ended = state.end_orphans(current.processes)
    if ended:
        machines_park()
    _stop_database()
    state.forget_state()
    _say("stopped" + (f"; ended {ended} processes that had lost their supervisor" if ended else ""))
    return 0


def _stop_database() -> None:
    cluster = Cluster.named(PORTAL_CLUSTER)
    if cluster.running_pid() is not None:
        cluster.stop()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
