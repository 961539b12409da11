"""`manage.py replay_orders`: an order-level recording of a real market, played through the engine that it judges."""

from __future__ import annotations

import sys
import time
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from trading.marketdata.recorded.points import RecordingError
from trading.recordings import formats
from trading.recordings.judge import Outcome
from trading.recordings.records import E9, Recording
from trading.recordings.session import Session


class Command(BaseCommand):
    """Figures go to stdout, remarks to stderr. Exit code 1 for a bad file, or when a core's book is not identical."""

    help = "Play every order of a recording through the engine and compare its fills and its book."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("file", type=Path, help="the recording, plain or gz")
        parser.add_argument("--format", choices=formats.NAMES, default="", help="told by the first line unless given")
        parser.add_argument("--json", action="store_true", help="print one JSON object on stdout and nothing else")
        parser.add_argument("--tick", default="0", help="price step, where it cannot be found from the prices")
        parser.add_argument("--lot", type=int, default=0, help="bitstamp: hundred-millionths of a coin in a lot")
        parser.add_argument("--through-core", action="store_true", help="also through a core on a cluster of its own")
        parser.add_argument(
            "--kill-at", type=int, default=0, metavar="N", help="kill -9 the core once N commands are sent; 0: never"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Play and report."""
        if options["kill_at"] and not options["through_core"]:
            raise CommandError("--kill-at needs --through-core")
        began = time.perf_counter()
        recording = self._read(options)
        session = Session(recording)
        outcome = session.run()
        problems = self._through_core(session, kill_at=options["kill_at"]) if options["through_core"] else []
        outcome.seconds = round(time.perf_counter() - began, 2)
        self._report(outcome, recording, json=options["json"])
        for verdict in session.replay.judge.others[:20]:
            self.stderr.write(f"line {verdict.line}: recorded {verdict.recorded}, engine {verdict.engine}")
        for problem in problems:
            self.stderr.write(f"NOT IDENTICAL  {problem}")
        if problems:
            sys.exit(1)

    def _read(self, options: dict[str, Any]) -> Recording:
        try:
            tick_e9 = int(Decimal(options["tick"]) * E9)
        except (InvalidOperation, ValueError, OverflowError):
            raise CommandError(f"--tick: expected a number, found {options['tick']}") from None
        if tick_e9 < 0 or options["lot"] < 0 or options["kill_at"] < 0:
            raise CommandError("--tick, --lot and --kill-at are not negative")
        try:
            return formats.read(options["file"], name=options["format"], tick_e9=tick_e9, lot=options["lot"])
        except RecordingError as problem:
            raise CommandError(str(problem)) from None

    def _through_core(self, session: Session, *, kill_at: int) -> list[str]:
        from trading.recordings.through_core import CoreRun

        if kill_at > len(session.commands):
            raise CommandError(f"--kill-at {kill_at}: the recording is only {len(session.commands)} commands long")
        run = CoreRun(session.commands, session.answers, session.machine, kill_at=kill_at, say=self.stderr.write)
        problems = run.run()
        if not problems:
            self.stderr.write("the core's book, accounts and journal are identical")
        return problems

    def _report(self, outcome: Outcome, recording: Recording, *, json: bool) -> None:
        if json:
            encode = msgspec.json.Encoder(decimal_format="number").encode
            self.stdout.write(encode(outcome).decode())
        else:
            for name in outcome.__struct_fields__:
                self.stdout.write(f"{name:22} {getattr(outcome, name)}")
        for what, count in recording.notes.items():
            self.stderr.write(f"note: {count} {what}")
