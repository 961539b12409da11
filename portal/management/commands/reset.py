"""`manage.py reset`: see `portal.supervise.wipe`, which the command line runs without Django."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.supervise import wipe


class Command(BaseCommand):
    """Stops the portal and deletes its state; backups stay."""

    help = "Stop the portal and delete its state; a real installation only with --confirm."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the confirmation."""
        parser.add_argument("--confirm", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete."""
        sys.exit(wipe.run(confirm=options["confirm"]))
