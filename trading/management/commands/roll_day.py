"""Ends the trading day: every contract settles at a given price or the day's mean, and the next day begins."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.audit import SystemActor
from portal.lib.errors import Refused
from trading.management.prices import price_of
from trading.services.instruments import day_roll
from trading.services.settlement import statements_await


class Command(BaseCommand):
    """`manage.py roll_day [SHFE.au2612=1001.00 …] [--next-day YYYYMMDD] [--json]`"""

    help = "End the trading day at settlement prices and begin the next; needs the running core."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare prices, the next day and the one-line form."""
        parser.add_argument("prices", nargs="*", metavar="SYMBOL=PRICE", help="settlement prices given by hand")
        parser.add_argument(
            "--next-day", type=int, default=None, help="YYYYMMDD (default: the calendar's next trading day)"
        )
        parser.add_argument(
            "--statements", type=float, default=0.0, metavar="SECONDS", help="wait for the day's statements so long"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Roll the day and say from where to where."""
        prices = dict(price_of(text) for text in options["prices"])
        try:
            rolled = day_roll(actor=SystemActor(name="roll_day"), next_trading_day=options["next_day"], prices=prices)
        except Refused as refused:
            raise CommandError(f"{refused.code}: {refused.detail} {refused.figures or ''}".strip()) from None
        if options["statements"] and not statements_await(rolled.ended, seconds=options["statements"]):
            raise CommandError(f"{rolled.ended} has ended, but its statements are not made: do the followers run?")
        if options["json"]:
            self.stdout.write(json.dumps({"ended": rolled.ended, "begun": rolled.begun, "seq": rolled.seq}))
        else:
            self.stdout.write(f"{rolled.ended} has ended, {rolled.begun} has begun (journal number {rolled.seq:,})")
