"""Runs the embedded PostgreSQL in the foreground: starts it, starts it again when it dies, stops it on SIGTERM."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.lib.errors import Failed
from portal.postgres.cluster import Cluster
from portal.postgres.installation import PORTAL_CLUSTER

_LOOK_EVERY_SECONDS = 0.25


class Command(BaseCommand):
    """`manage.py embedded_postgres [--name pg]`"""

    help = "Run the embedded PostgreSQL server until SIGTERM or Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Let tests and operators name another cluster."""
        parser.add_argument("--name", default=PORTAL_CLUSTER, help="folder of the cluster below AURUM_VAR")

    def handle(self, *args: Any, **options: Any) -> None:
        """Supervise one server."""
        stopping = threading.Event()

        def stop(_number: int, _frame: FrameType | None) -> None:
            stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        cluster = Cluster.named(options["name"])
        try:
            cluster.start()
            self.stdout.write(f"PostgreSQL {cluster.version} answers on {cluster.socket_dir}")
            if cluster.moved:
                self.stdout.write(
                    f"The clone is out of reach of the user {cluster.identity.name}, so the data is in {cluster.home}"
                )
            while not stopping.wait(_LOOK_EVERY_SECONDS):
                if cluster.running_pid() is None:
                    self.stderr.write("PostgreSQL died; starting it again")
                    cluster.start()
            cluster.stop()
        except Failed as problem:
            raise CommandError(str(problem)) from None
