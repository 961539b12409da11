"""Which client holds which money account, written by whoever opens accounts."""

from __future__ import annotations

from accounts.errors import not_found
from accounts.models import AccountHolder, Client


def account_holder_register(*, account_id: int, client_id: int) -> AccountHolder:
    """Note that a client of the tenant in scope holds an account; repeating it changes nothing.

    Its own act is the opening of the account, which leaves the audit line; this is part of it.
    """
    client = Client.objects.filter(pk=client_id).first()
    if client is None:
        raise not_found()
    holder, _made = AccountHolder.objects.get_or_create(
        account_id=account_id, defaults={"client": client, "tenant_id": client.tenant_id}
    )
    return holder
