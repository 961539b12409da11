"""Postings."""

from __future__ import annotations

from accounts.auth.actor import Actor
from trading.models import Posting
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
