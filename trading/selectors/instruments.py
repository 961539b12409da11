"""Contracts, the trading day, kill switches."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from django.db.models import QuerySet

from accounts.tenancy.context import current_scope
from trading.models import ContractRules, Instrument, KillSwitch, TenantRates, TradingDay

_FORMS: Final = re.compile(r"(?:(?P<before>[A-Z]{2,12})\.)?(?P<code>[A-Z]{1,6}\d{3,4})(?:\.(?P<after>[A-Z]{2,12}))?\Z")


def instruments_list(*, tradable_only: bool = False) -> QuerySet[Instrument]:
    """Return all contracts by symbol, each with its day's figures (`market_day`)."""
    rows = Instrument.objects.select_related("market_day").order_by("symbol")
    return rows.filter(tradable=True) if tradable_only else rows


def instrument_by_symbol(symbol: str) -> Instrument | None:
    """Return a contract by its symbol in any accepted spelling: SHFE.au2612, au2612.SHFE, AU2612."""
    match = _FORMS.match(symbol.strip().upper())
    if match is None or (match["before"] and match["after"]):
        return None
    venue = match["before"] or match["after"]
    rows = Instrument.objects.select_related("market_day")
    if venue:
        return rows.filter(symbol__iexact=f"{venue}.{match['code']}").first()
    return rows.filter(symbol__iendswith=f".{match['code']}").order_by("id").first()


def instrument_phases(instrument_ids: Collection[int]) -> dict[int, int]:
    """Return the phase of each of these contracts, as far as the projection has come."""
    return dict(Instrument.objects.filter(id__in=instrument_ids).values_list("id", "phase"))


def contract_rules(instrument_ids: Collection[int]) -> dict[int, ContractRules]:
    """Return what venue rules make of these contracts; one that is under none is left out."""
    return {row.instrument_id: row for row in ContractRules.objects.filter(instrument_id__in=instrument_ids)}


def own_rates(instrument_id: int) -> TenantRates | None:
    """Return the own margins and fees of the tenant in scope for a contract; None without a tenant or without any."""
    scope = current_scope()
    if scope is None or not scope.tenant_id:
        return None
    return TenantRates.objects.filter(instrument_id=instrument_id).first()


def trading_day_current() -> TradingDay | None:
    """Return the trading day in force, as far as the projection has come."""
    return TradingDay.objects.order_by("-day_number").first()


def kill_switches() -> QuerySet[KillSwitch]:
    """Return the kill switches that the tenant in scope may know of."""
    return KillSwitch.objects.order_by("scope", "target_id")
