"""`manage.py statements`: make the statements of ended days, or compare them byte for byte with the journal."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.lib.db import raw_connection
from trading.services.statement_checking import Checked, statements_check
from trading.services.statement_making import StatementDiffers, statements_make
from trading.statements.build import StatementBroken
from trading.statements.facts import FactsError


class Command(BaseCommand):
    """`manage.py statements [--day YYYYMMDD] [--account N] [--check] [--json]`"""

    help = "Make missing statements of days that have ended (through a day), or check stored ones against the journal."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the day, the account, the comparison and the one-line form."""
        parser.add_argument("--day", type=int, default=None, help="YYYYMMDD: make through it, or check it alone")
        parser.add_argument("--account", type=int, default=None, help="check this account alone")
        parser.add_argument("--check", action="store_true", help="compare with the journal; exits with 1 on a breach")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make or check."""
        if options["account"] is not None and not options["check"]:
            raise CommandError("--account goes with --check: a day is made for everybody")
        with raw_connection("core", application_name="aurum-statements") as connection:
            if options["check"]:
                self._told(
                    statements_check(connection, trading_day=options["day"], account_id=options["account"]), options
                )
                return
            try:
                made = sum(statements_make(connection, through_day=options["day"] or 99_991_231))
            except (StatementBroken, StatementDiffers, FactsError) as problem:
                raise CommandError(str(problem)) from None
        self.stdout.write(json.dumps({"made": made}) if options["json"] else f"{made:,} statements made")

    def _told(self, checked: Checked, options: dict[str, Any]) -> None:
        if options["json"]:
            told = {"days": checked.days, "statements": checked.statements, "breaches": checked.breaches}
            self.stdout.write(json.dumps(told, ensure_ascii=False))
        else:
            for text in checked.breaches:
                self.stdout.write(self.style.ERROR(text))
            self.stdout.write(f"{checked.statements:,} statements of {checked.days:,} days compared with the journal")
        if checked.breaches:
            raise SystemExit(1)
