"""Measures orders a second against the textbook endpoint and pgbench; the last line is one JSON object."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.lib.paths import REPOSITORY


class Command(BaseCommand):
    """`manage.py bench [--rounds 3] [--seconds 10]`"""

    help = "Measure the trading socket, the core and the textbook endpoint on an own cluster."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare how often and how long to measure."""
        parser.add_argument("--rounds", type=int, default=3)
        parser.add_argument("--seconds", type=float, default=10.0)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the measurement in a process of its own, without this one's database settings."""
        chosen = ["--rounds", str(options["rounds"]), "--seconds", str(options["seconds"])]
        ended = subprocess.run([sys.executable, "-m", "tests.benchmarks.bench", *chosen], cwd=REPOSITORY, check=False)
        sys.exit(ended.returncode)
