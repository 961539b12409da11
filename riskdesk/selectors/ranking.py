"""Accounts by risk degree, as the monitors last worked it out."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.auth.actor import Actor
from riskdesk.models import AccountRisk, AlertNote

RANKING_LIMIT = 200


def risks_visible(*, actor: Actor) -> QuerySet[AccountRisk]:
    """Return the risk rows of the accounts that the actor may see."""
    rows = AccountRisk.objects.all()
    if actor.account_ids is not None:
        rows = rows.filter(account_id__in=actor.account_ids)
    return rows


def ranking(*, actor: Actor, limit: int = RANKING_LIMIT) -> dict[str, Any]:
    """Return the riskiest accounts and how many there are in all, above 80 % and above 100 %."""
    rows = risks_visible(actor=actor)
    top = rows.order_by("-degree_ppm", "account_id")[:limit]
    return {
        "accounts": [risk_row(risk) for risk in top],
        "total": rows.count(),
        "over_80": rows.filter(degree_ppm__gte=800_000).count(),
        "over_100": rows.filter(degree_ppm__gte=1_000_000).count(),
    }


def risks_changed_after(*, seq: int, limit: int = 2_000) -> list[AccountRisk]:
    """Return the tenant's rows written above a journal number; the caller filters by what each officer may see."""
    return list(AccountRisk.objects.filter(seq__gt=seq).order_by("seq")[:limit])


def risk_get(*, actor: Actor, account_id: int) -> AccountRisk | None:
    """Return one account's risk, or None when there is none to be seen."""
    return risks_visible(actor=actor).filter(account_id=account_id).first()


def account_history(*, actor: Actor, account_id: int, limit: int = 50) -> list[dict[str, Any]]:
    """Return what officers did with an account, newest first."""
    if not actor.can_see(account_id):
        return []
    notes = AlertNote.objects.filter(account_id=account_id).select_related("user", "alert").order_by("-id")[:limit]
    return [
        {
            "action": note.action,
            "reason": note.reason,
            "by": note.user.get_full_name() or note.user.get_username(),
            "at": note.created_at.isoformat(),
            "alert": note.alert.number if note.alert else None,
            "journal_seq": note.journal_seq,
        }
        for note in notes
    ]


def risk_row(risk: AccountRisk) -> dict[str, Any]:
    """Return a risk row as the API and the socket show it; money in fen, the degree in millionths."""
    return {
        "account": risk.account_id,
        "equity_fen": risk.equity_fen,
        "margin_fen": risk.margin_fen,
        "exchange_margin_fen": risk.exchange_margin_fen,
        "available_fen": risk.available_fen,
        "profit_fen": risk.profit_fen,
        "degree_ppm": risk.degree_ppm,
        "exposure_fen": risk.exposure_fen,
        "status": risk.status,
        "seq": risk.seq,
    }
