"""Takes the demo clients' first positions, once the market trades."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.demo.cast import BROKERS
from portal.demo.people import broker_find
from portal.demo.trades import first_trades
from portal.lib.errors import Refused


class Command(BaseCommand):
    """`manage.py seed_trades`; safe to repeat."""

    requires_system_checks: list[str] = []
    help = "Take the demo clients' first positions; needs the running core and its market."

    def handle(self, *args: Any, **options: Any) -> None:
        """Send every broker's first orders and say how many were taken and refused."""
        if not settings.DEMO:
            raise CommandError("this is not a demo (AURUM_DEMO is off)")
        taken = refused = 0
        for broker in BROKERS:
            tenant = broker_find(broker)
            if tenant is None:
                raise CommandError(f"{broker.code} is missing: run manage.py seed_demo first")
            try:
                results = first_trades(tenant, broker)
            except Refused as problem:
                raise CommandError(f"{problem.code}: {problem.detail}") from None
            taken += sum(result.accepted for result in results)
            refused += sum(not result.accepted for result in results)
        self.stdout.write(f"{taken} first orders taken, {refused} refused by a limit")
