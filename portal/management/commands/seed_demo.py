"""Loads the demo: contracts, two brokers with people in every role, accounts with money, keys, a settled day."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal.demo import machines, money, people
from portal.demo.cast import BROKERS
from portal.demo.contracts import gold_contracts
from portal.demo.credentials import credentials_load
from portal.lib.errors import Failed, Refused
from trading.services.core_calls import core_query
from trading.services.instruments import day_roll, instrument_put


class Command(BaseCommand):
    """`manage.py seed_demo`; safe to repeat: it goes on where an earlier run stopped."""

    requires_system_checks: list[str] = []
    help = "Load the demo's contracts, brokers, people, money and machines; needs the running core."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load everything, saying each part as it is done."""
        if not settings.DEMO:
            raise CommandError("this is not a demo (AURUM_DEMO is off): brokers are made by manage.py tenant_create")
        started = time.monotonic()
        try:
            accounts = self._load()
        except (Failed, Refused) as problem:
            raise CommandError(str(problem)) from None
        status = core_query("status")
        self.stdout.write(
            f"{len(BROKERS)} brokers, {accounts} accounts, trading day {status['trading_day']}, "
            f"journal number {status['seq']:,} ({time.monotonic() - started:.1f} s)"
        )

    def _load(self) -> int:
        credentials = credentials_load(url=f"http://127.0.0.1:{settings.PORT}/")
        self._contracts()
        self._say("contracts")
        people.operators_make(credentials)
        brokers = [(people.broker_make(broker, credentials), broker) for broker in BROKERS]
        credentials.save()
        self._say("brokers and people")
        for tenant, broker in brokers:
            money.accounts_await(tenant)
            money.deposits_make(tenant, broker)
            money.rates_make(tenant, broker)
            money.limits_make(tenant, broker)
            money.grants_make(tenant, broker)
            money.keys_make(tenant, broker, credentials)
        self._say("accounts, deposits, rates, limits, keys")
        self._second_day()
        self._say("one day rolled")
        call_command("seed_history", stdout=self.stdout)
        for tenant, broker in brokers:
            machines.hosting_make(tenant, broker)
            machines.strategy_make(tenant, broker)
        self._say("hosts and machines")
        return sum(len(broker.accounts) for broker in BROKERS)

    def _contracts(self) -> None:
        """List the contracts that are not listed yet and open the first trading day."""
        listed = {spec.symbol for spec, _lower, _upper in core_query("instruments")}
        for contract in gold_contracts():
            if contract.symbol not in listed:
                instrument_put(actor=people.MAKER, instrument=contract)
        if core_query("status")["trading_day"] == 0:
            day_roll(actor=people.MAKER, next_trading_day=trading_day(days_back=1))

    def _second_day(self) -> None:
        """Roll once more, so that every account has a settled day behind it."""
        if core_query("status")["day_number"] == 1:
            day_roll(actor=people.MAKER, next_trading_day=trading_day(days_back=0))

    def _say(self, what: str) -> None:
        self.stdout.write(f"  {what}")
        self.stdout.flush()


def trading_day(*, days_back: int) -> int:
    """Return today's or an earlier trading day as YYYYMMDD, weekends left out."""
    day = timezone.localdate()
    while True:
        while day.weekday() >= 5:
            day -= timedelta(days=1)
        if days_back == 0:
            return day.year * 10_000 + day.month * 100 + day.day
        day -= timedelta(days=1)
        days_back -= 1
