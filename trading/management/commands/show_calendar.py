"""Shows what a calendar says of a moment and of its trading day."""

from __future__ import annotations

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from trading.calendar.model import WORDS, CalendarError
from trading.calendar.named import ALWAYS_OPEN, open_calendar
from trading.calendar.timeline import Calendar, moment_ns, wall_time


class Command(BaseCommand):
    """`manage.py show_calendar [NAME|FILE] [--at 2026-11-20T20:57] [--changes N] [--json]`"""

    help = "Show phases, trading day and the next changes of a trading calendar."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare calendar, moment and form."""
        parser.add_argument("calendar", nargs="?", default=ALWAYS_OPEN, metavar="NAME|FILE")
        parser.add_argument("--at", default="", metavar="TIME", help="Shanghai wall time (default: now)")
        parser.add_argument("--changes", type=int, default=12, help="how many coming changes are listed (at most 1000)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Look it up and print it."""
        try:
            calendar = open_calendar(options["calendar"])
            at_ns = moment_ns(options["at"]) if options["at"] else time.time_ns()
        except (CalendarError, ValueError) as refusal:
            raise CommandError(f"{options['calendar']}: {refusal}") from None
        except OSError as problem:
            raise CommandError(f"there is no calendar {options['calendar']!r}: {problem}") from None
        changes = _changes(calendar, at_ns, count=min(max(options["changes"], 0), 1_000))
        if options["json"]:
            self.stdout.write(json.dumps(_facts(calendar, at_ns) | {"changes": changes}, ensure_ascii=False))
            return
        for name, value in _facts(calendar, at_ns).items():
            self.stdout.write(f"{name:16} {value}")
        for change in changes:
            self.stdout.write(f"{change['at']}  {change['product']:12} {change['phase']:14} {change['trading_day']}")


def _facts(calendar: Calendar, at_ns: int) -> dict[str, Any]:
    day = calendar.trading_day_of(at_ns)
    return {
        "calendar": calendar.name,
        "at": wall_time(at_ns).isoformat(),
        "covered": calendar.covers(at_ns),
        "trading_day": day or None,
        "day_ended": calendar.day_ended(at_ns),
        "next_trading_day": calendar.trading_day_after(day) or None,
        "phases": {product: WORDS[calendar.phase_at(at_ns, product).phase] for product in calendar.templates}
        or {"*": "continuous"},
        "day_confirmed": calendar.is_confirmed(day),
        "unconfirmed_days": len(calendar.unconfirmed_days()),
        "unconfirmed": [source.key for source in calendar.sources.values() if not source.confirmed],
    }


def _changes(calendar: Calendar, at_ns: int, *, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before = {product: calendar.phase_at(at_ns, product) for product in calendar.templates}
    while len(found) < count:
        change_ns = calendar.next_change(at_ns)
        if change_ns is None:
            break
        at_ns = change_ns
        for product, moment in before.items():
            now = calendar.phase_at(at_ns, product)
            if now != moment:
                before[product] = now
                at = wall_time(at_ns).isoformat()
                found.append({"at": at, "product": product, "phase": WORDS[now.phase], "trading_day": now.trading_day})
    return found[:count]
