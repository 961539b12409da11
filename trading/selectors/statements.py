"""Stored statements, what was confirmed of them, and the broker's rules."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.auth.actor import Actor
from trading.engine.bounds import RATE_PPM_MAX
from trading.models import Confirmation, Statement, TenantRules
from trading.selectors.visibility import visible

_WITHOUT_BODY = ("body",)


@dataclass(frozen=True, slots=True)
class Rules:
    """A broker's rules as they stand; a broker that never set any has these."""

    confirms: bool = False
    withdraw_ppm: int = RATE_PPM_MAX
    reserve_fen: int = 0


def tenant_rules() -> Rules:
    """Return the rules of the tenant in scope."""
    row = TenantRules.objects.first()
    return Rules() if row is None else Rules(row.confirms, row.withdraw_ppm, row.reserve_fen)


def statements_list(*, actor: Actor, account_id: int) -> QuerySet[Statement]:
    """Return the newest version of each day of an account, newest day first, without the documents."""
    rows = visible(Statement.objects.defer(*_WITHOUT_BODY), actor=actor).filter(account_id=account_id)
    return rows.order_by("-trading_day", "-version").distinct("trading_day")


def statement_get(*, actor: Actor, account_id: int, trading_day: int, version: int | None = None) -> Statement | None:
    """Return one statement with its document: a version, or the newest one."""
    rows = visible(Statement.objects.all(), actor=actor).filter(account_id=account_id, trading_day=trading_day)
    if version is not None:
        rows = rows.filter(version=version)
    return rows.order_by("-version").first()


def versions_list(*, actor: Actor, account_id: int, trading_day: int) -> list[int]:
    """Return the versions of one day's statement, oldest first."""
    rows = visible(Statement.objects.all(), actor=actor).filter(account_id=account_id, trading_day=trading_day)
    return list(rows.order_by("version").values_list("version", flat=True))


def confirmed_versions(*, actor: Actor, account_id: int, trading_days: list[int]) -> dict[int, int]:
    """Return the newest confirmed version by day; a day that nobody confirmed is not in it."""
    rows = visible(Confirmation.objects.all(), actor=actor).filter(account_id=account_id, trading_day__in=trading_days)
    return dict(rows.order_by("trading_day", "version").values_list("trading_day", "version"))
