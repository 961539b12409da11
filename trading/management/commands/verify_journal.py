"""`manage.py verify_journal`: prove that the journal is whole and means what it meant when it was written."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandParser

from portal.lib.db import raw_connection


class Command(BaseCommand):
    """Exit code 0 when no breach was found, 1 otherwise; with --json exactly one line on stdout."""

    help = "Check the journal's chain from its first row and execute again what this engine version wrote."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Verify and report."""
        from trading.core.verification import verify

        with raw_connection("core", autocommit=True, application_name="aurum-verify-journal") as connection:
            report = verify(connection)
        if options["json"]:
            self.stdout.write(msgspec.json.encode(report).decode())
        else:
            for text in report.breaches:
                self.stdout.write(f"BREACH  {text}")
            self.stdout.write(
                f"{'ok' if report.ok else 'NOT OK'}: {report.rows} rows up to number {report.seq}; executed again: "
                f"{report.executed} commands from {report.executed_from or 'nowhere'} (engine version "
                f"{report.engine_version}), {report.snapshots_checked} snapshots, {report.seconds} s"
            )
        if not report.ok:
            sys.exit(1)
