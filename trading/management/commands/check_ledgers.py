"""`manage.py check_ledgers`: does the engine keep accounts as another simulator's ledgers do, to the fen?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trading.recordings.ledger_rows import LedgerError
from trading.recordings.ledger_terms import LAST, SETTLEMENT, parse_terms
from trading.recordings.ledgers import Report, check_ledgers


class Command(BaseCommand):
    """Exits with 1 when a figure differs."""

    help = "Replay the fills of TqSim ledgers through the engine and compare every day's account."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, help="CSV (plain or gzipped) with the columns script,kind,text")
        parser.add_argument("--json", action="store_true", help="one line of JSON on standard output")
        parser.add_argument(
            "--mark",
            choices=(LAST, SETTLEMENT),
            default=LAST,
            help="price that days end at: the last one, as the simulator does it (default), or the settlement price",
        )
        parser.add_argument(
            "--bars",
            action="append",
            default=[],
            metavar="SYMBOL=FILE",
            help="recorded bars to take the marks from, besides those that lie beside the ledger",
        )
        parser.add_argument(
            "--terms",
            action="append",
            default=[],
            metavar="SYMBOL=SIZE,COMMISSION,MARGIN",
            help="lot size, commission and margin of a lot in yuan, instead of those found in the ledger",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Replay, compare and tell."""
        try:
            report = check_ledgers(
                options["file"],
                mark=options["mark"],
                bars=[_bars(text) for text in options["bars"]],
                terms=[parse_terms(text) for text in options["terms"]],
            )
        except LedgerError as problem:
            raise CommandError(str(problem)) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict(), ensure_ascii=False))
        else:
            self._tell(report)
        if report.breaches:
            raise SystemExit(1)

    def _tell(self, report: Report) -> None:
        for note in report.notes:
            self.stdout.write(note)
        for breach in report.breaches:
            place = f"{breach.script} {breach.date} (line {breach.line})"
            text = f"{place}: {breach.figure}: the ledger has {breach.ledger}, the engine {breach.engine}"
            self.stdout.write(self.style.ERROR(text))
        self.stdout.write(f"{report.days} days, {report.equal} equal to the fen, {len(report.breaches)} breaches")


def _bars(text: str) -> tuple[str, Path]:
    symbol, equals, file = text.partition("=")
    if not equals:
        raise LedgerError(f"expected --bars SYMBOL=FILE, found {text[:80]!r}")
    return symbol, Path(file)
