"""Postings."""

from __future__ import annotations

from django.db import connection

from accounts.auth.actor import Actor
from accounts.tenancy.context import require_tenant_id
from trading.models import MoneyAccount, Posting
from trading.selectors.visibility import visible


def postings_list(
    *, actor: Actor, account_id: int, before_seq: int | None = None, kinds: list[int] | None = None, limit: int = 100
) -> list[Posting]:
    """Return an account's postings, newest first."""
    rows = visible(Posting.objects.all(), actor=actor).filter(account_id=account_id)
    if before_seq is not None:
        rows = rows.filter(journal_seq__lt=before_seq)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    return list(rows.order_by("-journal_seq", "-n")[: max(1, min(limit, 1000))])


def newest_postings_from(*, actor: Actor, limit: int) -> tuple[list[int], int]:
    """Return the accounts that the actor may see, and the journal number from which their newest postings begin.

    One index walk an account, joined side by side: sorting the whole ledger would cost more the longer it gets.
    """
    accounts = list(visible(MoneyAccount.objects.all(), actor=actor, column="id").values_list("id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(journal_seq) FROM (SELECT p.journal_seq FROM unnest(%s::bigint[]) AS a(id) CROSS JOIN LATERAL"
            " (SELECT journal_seq FROM trading_posting WHERE tenant_id = %s AND account_id = a.id"
            " ORDER BY journal_seq DESC LIMIT %s) AS p ORDER BY p.journal_seq DESC LIMIT %s) AS newest",
            [accounts, require_tenant_id(), limit, limit],
        )
        row = cursor.fetchone()
    return accounts, int(row[0] or 0) if row else 0
