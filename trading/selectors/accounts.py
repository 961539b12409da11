"""Money accounts, their money and their positions."""

from __future__ import annotations

from django.db.models import F, QuerySet

from accounts.auth.actor import Actor
from trading.choices import AccountState
from trading.models import AccountDay, Balance, MoneyAccount, Position
from trading.selectors.visibility import visible


def accounts_list(*, actor: Actor, state: int | None = None) -> QuerySet[MoneyAccount]:
    """Return the accounts the actor may see, by number, with their clients."""
    rows = visible(MoneyAccount.objects.select_related("client"), actor=actor, column="id").order_by("id")
    return rows if state is None else rows.filter(state=state)


def account_get(*, actor: Actor, account_id: int) -> MoneyAccount | None:
    """Return one account, or None when it does not exist or is not the actor's to see."""
    return accounts_list(actor=actor).filter(id=account_id).first()


def accounts_pending() -> QuerySet[MoneyAccount]:
    """Return the accounts of the tenant in scope that the counter has not opened yet."""
    return MoneyAccount.objects.filter(state=AccountState.PENDING).order_by("id")


def balances_list(*, actor: Actor) -> QuerySet[Balance]:
    """Return the money of the accounts the actor may see."""
    return visible(Balance.objects.all(), actor=actor).order_by("account_id")


def balances_get(*, actor: Actor, account_id: int) -> Balance | None:
    """Return one account's money, or None."""
    return balances_list(actor=actor).filter(account_id=account_id).first()


def positions_list(
    *, actor: Actor, account_id: int | None = None, instrument_id: int | None = None
) -> QuerySet[Position]:
    """Return the open positions the actor may see, with their contracts."""
    rows = visible(Position.objects.select_related("instrument"), actor=actor)
    rows = rows.filter(today_qty__gt=-F("yesterday_qty"))
    if account_id is not None:
        rows = rows.filter(account_id=account_id)
    if instrument_id is not None:
        rows = rows.filter(instrument_id=instrument_id)
    return rows.order_by("account_id", "instrument_id", "side")


def account_days_list(*, actor: Actor, account_id: int) -> QuerySet[AccountDay]:
    """Return an account's ended days, newest first."""
    return visible(AccountDay.objects.all(), actor=actor).filter(account_id=account_id).order_by("-trading_day")
