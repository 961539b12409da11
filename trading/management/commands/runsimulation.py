"""`manage.py runsimulation`: a living market, out of a seeded walk or a recording."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connections

from trading.core.client import CoreUnavailable
from trading.marketdata.recorded import Recording, RecordingError, open_recording
from trading.simulation.house import HouseRefused, participants
from trading.simulation.paths import Path as PricePath
from trading.simulation.paths import RandomPath, RecordedPath
from trading.simulation.runner import Plan, Simulation


class Command(BaseCommand):
    """Runs until SIGTERM; cancels its orders on leaving."""

    help = "Run market makers and noise traders as ordinary clients of the core."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--replay", type=Path, metavar="FILE", help="follow recorded prices (csv, csv.gz, zip)")
        parser.add_argument("--member", help="of a zip: the member whose name contains this; else the largest")
        parser.add_argument("--speed", type=float, default=1.0, help="recorded seconds a second")
        parser.add_argument("--symbol", action="append", default=[], help="trade this contract only; may be repeated")
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--activity", type=float, default=1.0, help="how often noise traders come; 1 is usual")
        parser.add_argument("--makers", type=int, default=3)
        parser.add_argument("--traders", type=int, default=5)
        parser.add_argument("--seconds", type=float, help="stop after this time")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Make the participants and let them trade."""
        recording = self._recording(options)
        if options["makers"] < 1 or options["traders"] < 1 or options["activity"] <= 0:
            raise CommandError("--makers, --traders and --activity must be above zero")
        accounts = self._accounts(options["makers"] + options["traders"])
        plan = Plan(
            accounts=accounts,
            makers=options["makers"],
            seed=options["seed"],
            activity=options["activity"],
            symbols=options["symbol"],
        )

        def make_path(start_ticks: int) -> PricePath:
            if recording is None:
                return RandomPath(start_ticks=start_ticks, seed=options["seed"])
            return RecordedPath(recording, start_ticks=start_ticks, speed=options["speed"])

        asyncio.run(self._run(Simulation(plan, make_path=make_path), seconds=options["seconds"]))

    def _recording(self, options: dict[str, Any]) -> Recording | None:
        if options["replay"] is None:
            return None
        try:
            recording = open_recording(options["replay"], member=options["member"])
            # A file that is broken further on should be refused now and not in an hour.
            count = sum(1 for _point in recording.points())
            RecordedPath(recording, start_ticks=1, speed=options["speed"])
        except (RecordingError, ValueError) as problem:
            raise CommandError(str(problem)) from None
        if not count:
            raise CommandError(f"{recording.name}: expected prices, every row is without one")
        self.stdout.write(f"{recording.name}: {recording.format_name}, {count:,} points")
        return recording

    def _accounts(self, count: int) -> list[int]:
        """Open the participants' accounts, waiting for a core that is still starting."""
        while True:
            try:
                return participants(count)
            except (CoreUnavailable, DatabaseError) as problem:
                self.stderr.write(f"waiting: {str(problem).strip()}")
                time.sleep(1.0)
            except HouseRefused as problem:
                raise CommandError(str(problem)) from None
            finally:
                connections.close_all()

    async def _run(self, simulation: Simulation, *, seconds: float | None) -> None:
        task = asyncio.create_task(simulation.run(seconds=seconds))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task
