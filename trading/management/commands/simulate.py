"""`manage.py simulate`: random life of the core in this process, beside an independent slow model."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Touches no database and no running portal; exit code 0 when every seed held."""

    help = "Run seeded random commands and deaths against the slow model; every invariant after every command."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--seeds", default="1..200", help="A..B, both included, or one number")
        parser.add_argument("--commands", type=int, default=1_000, help="commands a seed")
        parser.add_argument("--json", action="store_true", help="print one JSON object on one line and nothing else")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run and report."""
        from trading.proving.run import run_seeds

        report = run_seeds(_seeds(options["seeds"]), commands=options["commands"])
        if options["json"]:
            self.stdout.write(msgspec.json.encode(report).decode())
        else:
            for failure in report.failures:
                self.stdout.write(f"seed {failure.seed}, command {failure.step}: {failure.what}")
            self.stdout.write(f"{report.seeds} seeds, {report.commands:,} commands, {len(report.failures)} failures")
        if report.failures:
            sys.exit(1)


def _seeds(text: str) -> range:
    first, _, last = text.partition("..")
    try:
        found = range(int(first), int(last or first) + 1)
    except ValueError:
        raise CommandError(f"--seeds: {text!r} is not A..B") from None
    if not found:
        raise CommandError(f"--seeds: {text!r} holds no seed")
    return found
