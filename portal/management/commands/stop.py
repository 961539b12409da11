"""Stops a portal that runs in the background, or what a killed supervisor left behind."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.postgres.cluster import Cluster
from portal.postgres.installation import PORTAL_CLUSTER
from portal.supervise import state

STOP_SECONDS_MAX = 120.0


class Command(BaseCommand):
    """`manage.py stop`"""

    help = "Stop every process of the portal; does nothing when it does not run."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask the supervisor to stop and wait for it; end orphans when there is no supervisor."""
        current = state.read_state()
        if current is None:
            self._stop_database()
            self.stdout.write("the portal does not run")
            return
        if current.alive():
            os.kill(current.pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS_MAX
            while current.alive():
                if time.monotonic() > deadline:
                    raise CommandError(f"the supervisor (process {current.pid}) did not stop; see var/log/run_all.log")
                time.sleep(0.1)
        ended = state.end_orphans(current.processes)
        self._stop_database()
        state.forget_state()
        self.stdout.write("stopped" + (f"; ended {ended} processes that had lost their supervisor" if ended else ""))

    def _stop_database(self) -> None:
        cluster = Cluster.named(PORTAL_CLUSTER)
        if cluster.running_pid() is not None:
            cluster.stop()
