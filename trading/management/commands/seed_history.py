"""`manage.py seed_history`: bars of some sessions before now for every contract, marked as imported or synthetic."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.lib.db import raw_connection
from trading.marketdata.history import history_seed
from trading.marketdata.recorded import RecordingError


class Command(BaseCommand):
    """Safe to repeat: an older made-up past is replaced, bars that were traded here stay."""

    help = "Give every contract a past, so that charts are not empty."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--sessions", type=int, default=5, help="how many trading days of minute bars")
        parser.add_argument("--data", type=Path, default=settings.AURUM_DATA, help="folder with recorded bars")
        parser.add_argument("--synthetic", action="store_true", help="do not look for recorded bars")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the bars."""
        if not 1 <= options["sessions"] <= 60:
            raise CommandError("--sessions must be from 1 to 60")
        data = None if options["synthetic"] else options["data"]
        try:
            with raw_connection("core") as connection:
                _wait_for_projection(connection)
                count = history_seed(
                    connection,
                    now_s=int(time.time()),
                    sessions=options["sessions"],
                    data=data,
                    seed=options["seed"],
                )
        except (RecordingError, LookupError) as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(f"{count:,} bars of history")


def _wait_for_projection(connection: psycopg.Connection[Any], *, seconds: float = 15.0) -> None:
    """The contracts and the day come by projection: wait for what the journal holds now."""
    row = connection.execute("SELECT coalesce(max(last_seq), 0) FROM trading_journal").fetchone()
    head = int(row[0]) if row else 0
    deadline_s = time.monotonic() + seconds
    while time.monotonic() < deadline_s:
        row = connection.execute("SELECT seq FROM trading_follower_position WHERE name = 'projection'").fetchone()
        if row and int(row[0]) >= head:
            return
        time.sleep(0.05)
