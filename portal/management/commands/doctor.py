"""`manage.py doctor`: see `portal.supervise.doctor`, which the command line runs without Django."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.supervise import doctor


class Command(BaseCommand):
    """Says what this machine lacks, what that turns off, and how to add it."""

    help = "Say what this machine lacks, what that turns off, and how to add it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the one-line form."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look and report."""
        sys.exit(doctor.run(as_json=options["json"]))
