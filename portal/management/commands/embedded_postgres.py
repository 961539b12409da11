"""`manage.py embedded_postgres`: see `portal.postgres.serve`, which the command line runs without Django."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.postgres import serve


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C."""

    help = "Run the embedded PostgreSQL server until SIGTERM or Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        serve.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Supervise one server."""
        sys.exit(serve.run(name=options["name"]))
