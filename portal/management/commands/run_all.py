"""`manage.py run_all`: see `portal.supervise.run`, which the command line runs without Django."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.supervise import run


class Command(BaseCommand):
    """Starts every process of the portal and keeps them running until SIGTERM or Ctrl-C."""

    help = "Start every process of the portal and keep them running until SIGTERM or Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        run.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, watch, stop."""
        sys.exit(run.run(argparse.Namespace(**options), arguments=sys.argv[2:]))
