"""Which money accounts a person may see or trade."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from accounts.auth.actor import Actor
from accounts.models import AccountGrant, AccountHolder

VIEW: Final = "view_account"
TRADE: Final = "trade_account"


def accounts_held_by(*, user_id: int) -> frozenset[int]:
    """Return the accounts of the clients that this user is, in the tenant in scope."""
    return frozenset(AccountHolder.objects.filter(client__user_id=user_id).values_list("account_id", flat=True))


@dataclass(frozen=True, slots=True)
class Granted:
    """The accounts granted to one person one by one."""

    seen: frozenset[int]
    traded: frozenset[int]


def accounts_granted_to(*, user_id: int) -> Granted:
    """Return the accounts granted to this user in the tenant in scope.

    Guardian's own shortcut asks for the user row, for groups and once a permission; one query says the same.
    """
    rows = AccountGrant.objects.filter(user_id=user_id, permission__content_type__app_label="accounts")
    found: dict[str, set[int]] = {VIEW: set(), TRADE: set()}
    for codename, account_id in rows.values_list("permission__codename", "content_object__account_id"):
        found.setdefault(codename, set()).add(account_id)
    return Granted(seen=frozenset(found[VIEW]), traded=frozenset(found[TRADE]))


def accounts_visible_to(actor: Actor) -> frozenset[int] | None:
    """Return the account ids the actor may see; None means every account of its tenant."""
    return actor.account_ids


def users_seeing_account(*, account_id: int) -> frozenset[int]:
    """Return the users bound to single accounts for whom this account is one of them."""
    holders = AccountHolder.objects.filter(account_id=account_id, client__user__isnull=False)
    granted = AccountGrant.objects.filter(content_object__account_id=account_id)
    return frozenset(holders.values_list("client__user_id", flat=True)) | frozenset(
        granted.values_list("user_id", flat=True)
    )
