"""`manage.py stress_story`: what the risk desk would have done in a week of the past."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from riskdesk.story.days import DaysError, between, read_days
from riskdesk.story.week import Row, Week, percent, price_text


class Command(BaseCommand):
    """Prints a table, one line a happening; `--json` one line of JSON."""

    help = "Play recorded days through the engine and the desk's rules: bands, alerts, margin calls, forced closes."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "file", type=Path, help="CSV (plain or gzipped): date,open,high,low,close,volume,hold,settle"
        )
        parser.add_argument("first", help="first day, 2013-04-12")
        parser.add_argument("last", help="last day, 2013-04-17")
        parser.add_argument("--json", action="store_true", help="one line of JSON on standard output")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Play and tell."""
        try:
            before, days = between(read_days(options["file"]), options["first"], options["last"])
        except DaysError as problem:
            raise CommandError(str(problem)) from None
        rows = Week().play(before, days)
        if options["json"]:
            self.stdout.write(json.dumps({"days": len(days), "rows": [asdict(row) for row in rows]}))
            return
        self.stdout.write(f"{'day':<11}{'price':>8}  {'account':<8}{'company':>10}{'exchange':>10}  what happened")
        for row in rows:
            self.stdout.write(_line(row))


def _line(row: Row) -> str:
    degrees = f"{percent(row.company_ppm):>10}{percent(row.exchange_ppm):>10}" if row.account_id else " " * 20
    account = str(row.account_id or "")
    return f"{row.date:<11}{price_text(row.price):>8}  {account:<8}{degrees}  {row.kind}: {row.text}"
