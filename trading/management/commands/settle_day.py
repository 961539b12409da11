"""Settles the trading day in steps and begins the next; run again, it goes on where it was cut off."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.audit import SystemActor
from portal.lib.errors import Refused
from trading.management.prices import price_of
from trading.services.settlement import day_settle, statements_await


class Command(BaseCommand):
    """`manage.py settle_day [SHFE.au2612=1001.00 …] [--next-day YYYYMMDD] [--json]`"""

    help = "Settle the trading day: prices, accounts in chunks, the next day. Needs the running core; can be resumed."
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
        """Settle, showing how far it is."""
        prices = dict(price_of(text) for text in options["prices"])

        def progress(done: int, everyone: int) -> None:
            if not options["json"]:
                self.stdout.write(f"{done:,} of {everyone:,} accounts settled")

        try:
            settled = day_settle(
                actor=SystemActor(name="settle_day"),
                next_trading_day=options["next_day"],
                prices=prices,
                progress=progress,
            )
        except Refused as refused:
            hint = " Run it again to go on." if refused.code == "trading_unavailable" else ""
            raise CommandError(f"{refused.code}: {refused.detail} {refused.figures or ''}".strip() + hint) from None
        if options["statements"] and not statements_await(settled.ended, seconds=options["statements"]):
            raise CommandError(f"{settled.ended} has ended, but its statements are not made: do the followers run?")
        if options["json"]:
            self.stdout.write(json.dumps(asdict(settled)))
            return
        again = " (taken up again)" if settled.resumed else ""
        self.stdout.write(
            f"{settled.ended} is settled{again}, {settled.begun} has begun (journal number {settled.seq:,})"
        )
