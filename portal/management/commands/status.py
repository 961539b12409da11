"""`manage.py status`: see `portal.supervise.show`, which the command line runs without Django."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.supervise import show


class Command(BaseCommand):
    """Shows the processes of the portal; exits with 1 when it does not run."""

    help = "Show the processes of the portal; exits with 1 when it does not run."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        show.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the state and exit accordingly."""
        sys.exit(show.run(as_json=options["json"]))
