"""`manage.py runcore`: the one process that orders, applies and journals all commands."""

from __future__ import annotations

import asyncio
import sys
from fractions import Fraction
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import env
from portal.lib.errors import Failed
from portal.lib.paths import var_dir


class Command(BaseCommand):
    """Runs until SIGTERM. Exit codes: 0 stopped, 1 refused to start (the text says why), 70 stopped by a doubt."""

    help = "Run the trading core."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--take-over", action="store_true", help="become the leader even if another core hangs")
        parser.add_argument("--wait", type=float, default=5.0, help="seconds to wait for a leading core to end")
        parser.add_argument(
            "--accept-shorter-journal",
            action="store_true",
            help="accept that the journal ends earlier than it once did (after a restore)",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the core."""
        from trading.core.journal import JournalCorrupt
        from trading.core.leader import NotLeader
        from trading.core.process import CoreOptions, CoreProcess
        from trading.core.replay import VersionMismatch

        core_options = CoreOptions(
            take_over=options["take_over"],
            wait_s=options["wait"],
            accept_shorter_journal=options["accept_shorter_journal"],
            snapshot_every=env.integer("AURUM_SNAPSHOT_EVERY", default=100_000, minimum=1),
            market_speed=_speed(env.text("AURUM_MARKET_SPEED", default="1")),
            disk_path=env.folder("AURUM_JOURNAL_DISK", default=var_dir()),
        )

        async def run() -> int:
            return await CoreProcess(core_options).run()

        try:
            code = asyncio.run(run())
        except NotLeader as refusal:
            raise CommandError(f"another core leads: {refusal}") from None
        except (JournalCorrupt, VersionMismatch) as refusal:
            raise CommandError(f"the journal is refused: {refusal}") from None
        except Failed as failure:
            raise CommandError(str(failure)) from None
        sys.exit(code)


def _speed(text: str) -> Fraction:
    try:
        speed = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise env.SettingError("AURUM_MARKET_SPEED", f"is {text!r}, expected a number such as 1, 60 or 1/2") from None
    if speed <= 0:
        raise env.SettingError("AURUM_MARKET_SPEED", f"is {text!r}, expected more than 0")
    return speed


