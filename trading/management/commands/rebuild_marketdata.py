"""`manage.py rebuild_marketdata`: ticks and bars from the journal once more, compared, and repaired if asked."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.lib.db import raw_connection
from trading.marketdata.rebuild import rebuild


class Command(BaseCommand):
    """Exits with 1 when the tables are not what the journal says and were not replaced."""

    help = "Rebuild ticks, bars and the days' figures from the journal and compare them row for row with what stands."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="one line of JSON on standard output")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--check", action="store_true", help="compare and change nothing (this is the default)")
        what.add_argument("--replace", action="store_true", help="put the rebuilt rows in place of different ones")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Rebuild and tell."""
        with raw_connection("owner") as owner:
            found = rebuild(owner, replace=options["replace"])
        equal = not found.differences
        if options["json"]:
            report = {"ok": equal, "replaced": options["replace"] and not equal, **asdict(found)}
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            self.stdout.write(f"{sum(found.rows.values()):,} rows rebuilt to journal number {found.seq:,}")
            for item in found.differences:
                text = f"{item.table}: {item.missing} rows missing, {item.surplus} too many, such as {item.example}"
                self.stdout.write(self.style.ERROR(text))
            if equal:
                self.stdout.write(self.style.SUCCESS("ticks, bars and days are row for row what the journal says"))
        if not equal and not options["replace"]:
            raise SystemExit(1)
