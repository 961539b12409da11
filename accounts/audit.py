"""Who did what: one insert-only row an act, hash-chained per tenant.

The hash of a row covers every field and the hash of the row before it, so that nothing can be changed, removed or
slipped in afterwards without the chain saying where. Acts of the platform itself stand in the house's chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from accounts.auth.actor import Actor
from accounts.models import HOUSE_TENANT_ID, AuditEntry
from accounts.tenancy.context import Scope, current_scope, enter_scope

GENESIS: Final = "0" * 64
_LOCK_CLASS: Final = 0x41554454  # "AUDT": keeps these advisory locks apart from all others


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemActor:
    """A process that acts by itself; written into the audit instead of a person."""

    name: str
    tenant_id: int | None = None


def record(
    *,
    actor: Actor | SystemActor,
    action: str,
    target: str,
    before: Any = None,
    after: Any = None,
    journal_seq: int | None = None,
    reason: str = "",
) -> AuditEntry:
    """Write one entry in the transaction of the act itself: both are there, or neither is.

    The tenant is the one in scope; outside every tenant it is the house.
    """
    scope = current_scope()
    tenant_id = scope.tenant_id if scope is not None else None
    if tenant_id is not None:
        return _append(tenant_id, actor, action, target, before, after, journal_seq, reason)
    user_id = actor.user_id if isinstance(actor, Actor) else None
    with enter_scope(Scope(tenant_id=actor.tenant_id or HOUSE_TENANT_ID, user_id=user_id)) as house:
        return _append(house.tenant_id or HOUSE_TENANT_ID, actor, action, target, before, after, journal_seq, reason)


def _append(
    tenant_id: int,
    actor: Actor | SystemActor,
    action: str,
    target: str,
    before: Any,
    after: Any,
    journal_seq: int | None,
    reason: str,
) -> AuditEntry:
    with connection.cursor() as cursor:
        # Held to the end of the transaction: numbers stay gapless and each row sees the one before it.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_CLASS, tenant_id])
    last = AuditEntry.objects.order_by("-number").values_list("number", "hash").first()
    person = actor if isinstance(actor, Actor) else None
    entry = AuditEntry(
        tenant_id=tenant_id,
        number=1 if last is None else last[0] + 1,
        at=timezone.now(),
        user_id=None if person is None else person.user_id,
        username=actor.name if isinstance(actor, SystemActor) else actor.username,
        via="system" if person is None else person.via,
        ip="" if person is None else person.ip,
        action=action,
        target=target,
        before=_plain(before),
        after=_plain(after),
        reason=reason,
        journal_seq=journal_seq,
        prev_hash=GENESIS if last is None else last[1],
    )
    entry.hash = entry_hash(entry)
    entry.save(force_insert=True)
    return entry


def _plain(value: Any) -> Any:
    """Return the value as JSON will give it back, so that the hash of a row read again is the same."""
    return None if value is None else json.loads(json.dumps(value, default=str, sort_keys=True))


def entry_hash(entry: AuditEntry) -> str:
    """Return the hash that a row must carry."""
    at = entry.at.astimezone(UTC)
    fields = [
        entry.prev_hash,
        entry.tenant_id,
        entry.number,
        _at_text(at),
        entry.user_id,
        entry.username,
        entry.via,
        entry.ip,
        entry.action,
        entry.target,
        entry.before,
        entry.after,
        entry.reason,
        entry.journal_seq,
    ]
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _at_text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a check of one tenant's chain found; `broken_at` is the first number that does not fit."""

    entries: int
    head: str
    broken_at: int | None

    @property
    def ok(self) -> bool:
        """Whether every row fits the one before it."""
        return self.broken_at is None


def verify_chain(entries: Iterable[AuditEntry] | None = None) -> ChainReport:
    """Check the whole chain of the tenant in scope, or the given rows in order of their numbers."""
    rows = AuditEntry.objects.order_by("number").iterator(chunk_size=2000) if entries is None else entries
    count, head = 0, GENESIS
    for row in rows:
        count += 1
        if row.number != count or row.prev_hash != head or row.hash != entry_hash(row):
            return ChainReport(entries=count - 1, head=head, broken_at=count)
        head = row.hash
    return ChainReport(entries=count, head=head, broken_at=None)
