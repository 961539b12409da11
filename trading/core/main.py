"""The core's command line. It loads no Django: a core that was killed is back before a web framework would be up."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from fractions import Fraction

import psycopg

from portal import env
from portal.lib.errors import Failed
from portal.lib.paths import var_dir
from trading.calendar.model import CalendarError
from trading.calendar.named import ALWAYS_OPEN, calendar_path, open_calendar
from trading.calendar.timeline import Calendar, moment_ns
from trading.core import logs
from trading.core.journal import JournalCorrupt
from trading.core.leader import NotLeader
from trading.core.process import CoreOptions, CoreProcess
from trading.core.replay import VersionMismatch

EXIT_REFUSED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `manage.py runcore`."""
    parser.add_argument("--take-over", action="store_true", help="become the leader even if another core hangs")
    parser.add_argument("--wait", type=float, default=5.0, help="seconds to wait for a leading core to end")
    parser.add_argument(
        "--accept-shorter-journal",
        action="store_true",
        help="accept that the journal ends earlier than it once did (after a restore)",
    )
    parser.add_argument(
        "--calendar",
        default="",
        metavar="NAME|FILE",
        help="when contracts trade (default: AURUM_CALENDAR, always_open)",
    )
    parser.add_argument("--market-speed", default="", metavar="N", help="how fast the venue's clock runs, such as 60")
    parser.add_argument(
        "--market-start",
        default="",
        metavar="TIME",
        help="where a fast venue clock begins, Shanghai time such as 2026-11-20T20:50; a journal further on wins",
    )


def main(arguments: Sequence[str]) -> int:
    """Run the core; returns 0 when stopped, 1 when it refused to start, 70 when it stopped by a doubt."""
    parser = argparse.ArgumentParser(prog="manage.py runcore", description="Run the trading core.")
    add_arguments(parser)
    chosen = parser.parse_args(list(arguments))
    _configure_logging()
    speed = _speed(chosen.market_speed or env.text("AURUM_MARKET_SPEED", default="1"))
    try:
        calendar = _calendar(chosen.calendar or env.text("AURUM_CALENDAR", default=ALWAYS_OPEN))
        start_ns = _start_ns(chosen.market_start, speed=speed)
    except ValueError as refusal:
        return _refused(str(refusal))
    return run(
        CoreOptions(
            take_over=chosen.take_over,
            wait_s=chosen.wait,
            accept_shorter_journal=chosen.accept_shorter_journal,
            snapshot_every=env.integer("AURUM_SNAPSHOT_EVERY", default=50_000, minimum=1),
            market_speed=speed,
            market_start_ns=start_ns,
            calendar=calendar,
            disk_path=env.folder("AURUM_JOURNAL_DISK", default=var_dir()),
        )
    )


def run(options: CoreOptions) -> int:
    """Run a core with these options and put a refusal into words."""

    async def serve() -> int:
        return await CoreProcess(options).run()

    try:
        return asyncio.run(serve())
    except NotLeader as refusal:
        words = f"another core leads: {refusal}"
    except (JournalCorrupt, VersionMismatch) as refusal:
        words = f"the journal is refused: {refusal}"
    except (Failed, psycopg.OperationalError) as failure:
        words = str(failure).strip()
    return _refused(words)


def _refused(words: str) -> int:
    sys.stderr.write(f"runcore: {words}\n")
    sys.stderr.flush()
    return EXIT_REFUSED


def _calendar(name_or_file: str) -> Calendar:
    try:
        return open_calendar(name_or_file)
    except CalendarError as refusal:
        raise ValueError(f"the calendar {calendar_path(name_or_file)} is refused: {refusal}") from None
    except OSError as problem:
        raise ValueError(f"there is no calendar {name_or_file!r}: {problem}") from None


def _start_ns(text: str, *, speed: Fraction) -> int:
    if not text:
        return 0
    if speed == 1:
        raise ValueError("--market-start is for a clock that runs at another speed: add --market-speed")
    return moment_ns(text)


def _configure_logging() -> None:
    level = env.text("AURUM_LOG_LEVEL", default="INFO", choices=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
    logs.configure(level=level, as_json=env.flag("AURUM_LOG_JSON", default=True))


def _speed(text: str) -> Fraction:
    try:
        speed = Fraction(text)
    except (ValueError, ZeroDivisionError):
        speed = Fraction(0)
    if speed <= 0:
        raise env.SettingError("AURUM_MARKET_SPEED", f"is {text!r}, expected a number above 0 such as 1, 60 or 1/2")
    return speed
