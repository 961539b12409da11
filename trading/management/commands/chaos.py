"""`manage.py chaos`: kill the core and PostgreSQL under load and count what was lost."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    """Works on its own cluster under `var/chaos`; exit code 0 when nothing was lost or doubled and the books hold."""

    help = "Kill the core and PostgreSQL under load; no acknowledged order may be lost or doubled."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--core-kills", type=int, default=10)
        parser.add_argument("--db-kills", type=int, default=2)
        parser.add_argument("--seed", type=int, default=1, help="of the schedule and the orders")
        parser.add_argument("--json", action="store_true", help="print one JSON object on stdout and nothing else")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run and report."""
        from trading.core.rig.chaos import Chaos

        outcome = Chaos(
            core_kills=options["core_kills"],
            db_kills=options["db_kills"],
            seed=options["seed"],
            say=self.stderr.write,
        ).run()
        figures = msgspec.to_builtins(outcome)
        if options["json"]:
            self.stdout.write(msgspec.json.encode(figures).decode())
        else:
            for name, value in figures.items():
                self.stdout.write(f"{name:22} {value}")
        if outcome.lost or outcome.doubled or not outcome.books_ok:
            sys.exit(1)
