"""Checks a calendar file and installs it under its own name for `runcore --calendar NAME`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.lib.paths import private_dir
from trading.calendar.loader import load
from trading.calendar.model import CalendarError
from trading.calendar.named import ALWAYS_OPEN, installed_dir


class Command(BaseCommand):
    """`manage.py load_calendar FILE [--check]`; a running core reads its calendar when it starts."""

    help = "Check a trading calendar and install it by name."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file and the dry run."""
        parser.add_argument("file", type=Path, help="the form is described in trading/calendar/README.md")
        parser.add_argument("--check", action="store_true", help="only say whether the file is good")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check, install, and say what of it nobody has confirmed."""
        file: Path = options["file"]
        try:
            calendar = load(file)
        except CalendarError as refusal:
            raise CommandError(f"{file} is refused: {refusal}") from None
        except OSError as problem:
            raise CommandError(f"{file} cannot be read: {problem.strerror}") from None
        if calendar.name == ALWAYS_OPEN:
            raise CommandError(f"the name {ALWAYS_OPEN} is the product's own; name the calendar otherwise")
        trading = sum(day.trades for day in calendar.days)
        said = f"{calendar.name}: {', '.join(calendar.templates)}; {trading} trading days of {len(calendar.days)} dates"
        if calendar.days:
            said += f", {calendar.days[0].date} to {calendar.days[-1].date}"
        self.stdout.write(said)
        doubtful = calendar.unconfirmed_days()
        if doubtful:
            self.stdout.write(
                f"unconfirmed: {len(doubtful)} of {len(calendar.days)} dates, {doubtful[0].date} to {doubtful[-1].date}"
            )
        for source in calendar.sources.values():
            if not source.confirmed:
                self.stdout.write(f"unconfirmed, line {source.line}: {source.key}: {source.note}")
        if not options["check"]:
            target = private_dir(installed_dir()) / f"{calendar.name}.csv"
            temporary = target.with_suffix(".new")
            temporary.write_bytes(file.read_bytes())
            temporary.replace(target)
            self.stdout.write(f"installed as {target}; restart the core with --calendar {calendar.name}")
