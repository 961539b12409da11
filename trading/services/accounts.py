"""Opening money accounts: the paper is a row, the account begins with the counter's command.

The row is committed first and pending; the command follows the commit, and a sweep sends it again where it got lost.
Opening twice does no harm: the counter answers that the account exists, the projection activates the row.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from typing import Final

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import SystemActor
from accounts.auth.actor import Actor
from accounts.choices import ClientKind
from accounts.errors import not_found
from accounts.models import Client
from accounts.permissions import Right
from accounts.services.holders import account_holder_register
from accounts.tenancy.context import require_tenant_id
from portal.lib.errors import Refused
from trading.choices import AccountState
from trading.engine import rejects
from trading.engine.commands import OpenAccount, SetHolderKind
from trading.models import MoneyAccount
from trading.services.core_calls import actor_name, command_send, require

log = logging.getLogger(__name__)

NAME_LENGTH_MAX: Final = 80
SWEEP_MAX: Final = 200
SWEEP_AFTER: Final = timedelta(seconds=3)


def money_account_open(
    *, actor: Actor | SystemActor, client_id: int, name: str, user_id: int | None = None
) -> MoneyAccount:
    """Open a money account for a client of the tenant in scope.

    All accounts of one client are under one control: their orders never trade with each other. `user_id`, when
    given, must be the client's own login.
    """
    if isinstance(actor, Actor):
        require(actor, Right.ACCOUNT_OPEN)
    client = Client.objects.filter(pk=client_id).first()
    if client is None or (user_id is not None and client.user_id != user_id):
        raise not_found()
    title = name.strip()
    if not title or len(title) > NAME_LENGTH_MAX:
        figures = {"length": len(title), "limit": NAME_LENGTH_MAX}
        raise Refused("invalid_field", figures, detail="Give the account a name.", status=422, pointer="/name")
    account = MoneyAccount(client=client, name=title, group_id=client.pk)
    account.save(force_insert=True)
    account_holder_register(account_id=account.id, client_id=client.pk)
    audit.record(
        actor=actor, action="account.open", target=f"account {account.id}", after={"client": client.pk, "name": title}
    )
    who = actor_name(actor) if isinstance(actor, Actor) else "system"
    tenant_id = require_tenant_id()
    transaction.on_commit(
        partial(
            _open_or_leave_to_sweep,
            tenant_id=tenant_id,
            account_id=account.id,
            group_id=client.pk,
            who=who,
            natural=is_natural(client),
        )
    )
    return account


def pending_sweep() -> int:
    """Send OpenAccount again for every account that is still pending; returns how many were sent.

    Looks at every tenant, which only the core's database role may; the web role sees none outside a scope.
    """
    asked_before = timezone.now() - SWEEP_AFTER
    rows = MoneyAccount.unscoped.filter(state=AccountState.PENDING, asked_at__lt=asked_before).order_by("id")
    pending = list(rows.values_list("tenant_id", "id", "group_id", "client__kind")[:SWEEP_MAX])
    for tenant_id, account_id, group_id, kind in pending:
        account_open_send(
            tenant_id=tenant_id,
            account_id=account_id,
            group_id=group_id,
            who="system",
            natural=kind == ClientKind.NATURAL,
        )
    return len(pending)


def is_natural(client: Client) -> bool:
    """Say whether a client is a natural person: its accounts must be out before delivery."""
    return bool(client.kind == ClientKind.NATURAL)


def holder_kind_set(*, actor: Actor | SystemActor, account_id: int) -> int:
    """Tell the counter what the papers say of an account's holder; returns the journal number."""
    if isinstance(actor, Actor):
        require(actor, Right.ACCOUNT_OPEN)
    account = MoneyAccount.objects.filter(id=account_id).select_related("client").first()
    if account is None or account.client is None:
        raise not_found()
    natural = is_natural(account.client)
    who = actor_name(actor) if isinstance(actor, Actor) else "system"
    answer = command_send(SetHolderKind(require_tenant_id(), account_id, natural, who))
    audit.record(
        actor=actor,
        action="account.holder_kind",
        target=f"account {account_id}",
        before={"natural": account.natural},
        after={"natural": natural},
        journal_seq=answer.seq,
    )
    return answer.seq


def account_open_send(*, tenant_id: int, account_id: int, group_id: int, who: str, natural: bool = False) -> bool:
    """Have the counter open an account; True also when it exists already."""
    try:
        command_send(OpenAccount(tenant_id, account_id, group_id, who, natural))
    except Refused as refused:
        if refused.code != rejects.ACCOUNT_EXISTS:
            raise
    return True


def _open_or_leave_to_sweep(*, tenant_id: int, account_id: int, group_id: int, who: str, natural: bool) -> None:
    try:
        account_open_send(tenant_id=tenant_id, account_id=account_id, group_id=group_id, who=who, natural=natural)
    except Refused as refused:
        log.warning("account %s stays pending: %s", account_id, refused.code)
