"""Measures how busy the terminal keeps a browser's main thread; the last line is one JSON object."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.lib.paths import REPOSITORY


class Command(BaseCommand):
    """`manage.py bench_page [--seconds 10] [--updates 20]`"""

    help = "Measure the main thread of the terminal page in headless Chromium."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare how long to watch and how many market updates a second to send."""
        parser.add_argument("--seconds", type=float, default=10)
        parser.add_argument("--updates", type=float, default=20)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the measurement in a process of its own: the browser's driver wants its own event loop."""
        chosen = ["--seconds", str(options["seconds"]), "--updates", str(options["updates"])]
        ended = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.page_bench", *chosen], cwd=REPOSITORY, check=False
        )
        sys.exit(ended.returncode)
