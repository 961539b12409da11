"""Reads of the audit of the tenant in scope."""

from __future__ import annotations

from accounts.models import AuditEntry


def audit_entries(
    *, target: str | None = None, action: str | None = None, after: int = 0, limit: int = 100
) -> list[AuditEntry]:
    """Return entries above a number in their order, all of them or those of one target or action."""
    rows = AuditEntry.objects.filter(number__gt=after).order_by("number")
    if target is not None:
        rows = rows.filter(target=target)
    if action is not None:
        rows = rows.filter(action=action)
    return list(rows[:limit])


def audit_head() -> tuple[int, str]:
    """Return number and hash of the last entry; (0, "") for an empty chain."""
    return AuditEntry.objects.order_by("-number").values_list("number", "hash").first() or (0, "")
