"""`manage.py runcore`: the one process that orders, applies and journals all commands.

`manage.py` itself hands this command to `trading.core.main` before Django is loaded; this class is for
`call_command` and for the list of commands.
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from trading.core import main


class Command(BaseCommand):
    """Runs until SIGTERM. Exit codes: 0 stopped, 1 refused to start (the text says why), 70 stopped by a doubt."""

    help = "Run the trading core."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        main.add_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the core."""
        arguments = ["--wait", str(options["wait"])]
        arguments += ["--take-over"] if options["take_over"] else []
        arguments += ["--accept-shorter-journal"] if options["accept_shorter_journal"] else []
        for name in ("calendar", "market_speed", "market_start"):
            arguments += [f"--{name.replace('_', '-')}", options[name]] if options[name] else []
        sys.exit(main.main(arguments))
