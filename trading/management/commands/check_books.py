"""`manage.py check_books`: do the books hold? Asked of the database alone, in one view of it."""

from __future__ import annotations

import json
import time
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandParser

from portal.lib.db import raw_connection
from trading.projections.books.checker import BooksReport, check_books

_POLL_S = 0.05


class Command(BaseCommand):
    """Exits with 1 when any promise is broken; says which, how often, and gives examples."""

    help = "Check money, positions, orders, numbering and tenancy in the query tables."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="one line of JSON on standard output")
        parser.add_argument(
            "--wait", type=float, default=10.0, metavar="SECONDS", help="wait for the projection to reach the journal"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the checks and tell."""
        with raw_connection("core", application_name="aurum-check-books") as connection:
            _wait_for_projection(connection, seconds=options["wait"])
            report = check_books(connection)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False))
        else:
            self._tell(report)
        if not report.ok:
            raise SystemExit(1)

    def _tell(self, report: BooksReport) -> None:
        behind = f", {report.head - report.seq} behind the journal" if report.head > report.seq else ""
        self.stdout.write(f"{report.checks} checks at journal number {report.seq}{behind}")
        for breach in report.breaches:
            self.stdout.write(self.style.ERROR(f"{breach.code}: {breach.promise}: broken {breach.count} times"))
            for example in breach.examples:
                self.stdout.write(f"    {example}")
        if report.ok:
            self.stdout.write(self.style.SUCCESS("the books hold"))


def _wait_for_projection(connection: psycopg.Connection[Any], *, seconds: float) -> None:
    """Give the followers time to reach what the journal holds now; books that lag are still consistent books."""
    row = connection.execute("SELECT coalesce(max(last_seq), 0) FROM trading_journal").fetchone()
    head = int(row[0]) if row else 0
    deadline_s = time.monotonic() + seconds
    while time.monotonic() < deadline_s:
        row = connection.execute(
            "SELECT coalesce(min(seq), 0) FROM trading_follower_position WHERE name IN ('projection', 'marketdata')"
        ).fetchone()
        if row and int(row[0]) >= head:
            return
        time.sleep(_POLL_S)
