"""What becomes of a notice after it was sent: delivered to a door, read on the page, confirmed by the client."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from accounts import audit
from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.permissions import Right
from riskdesk.models import RiskNotice
from riskdesk.selectors.liquidations import notices_of
from trading.services.core_calls import require


def notices_delivered(*, actor: Actor, rows: Iterable[RiskNotice], read: bool = False) -> None:
    """Note that a client's own door was given them; `read` when a person looks. An officer's look changes nothing."""
    own = [row for row in rows if row.account_id in actor.own_account_ids]
    now = timezone.now()
    fresh = [row.pk for row in own if row.delivered_at is None]
    if fresh:
        RiskNotice.objects.filter(pk__in=fresh, delivered_at__isnull=True).update(delivered_at=now)
    unread = [row.pk for row in own if row.read_at is None]
    if read and unread:
        RiskNotice.objects.filter(pk__in=unread, read_at__isnull=True).update(read_at=now)


def notice_confirm(*, actor: Actor, notice_id: int) -> RiskNotice:
    """The client says that he has taken note. Saying it again changes nothing."""
    require(actor, Right.ACCOUNT_VIEW)
    row = notices_of(actor=actor).select_for_update().filter(pk=notice_id).first()
    if row is None or row.account_id not in actor.own_account_ids:
        raise not_found()
    if row.confirmed_at is None:
        now = timezone.now()
        row.delivered_at, row.read_at = row.delivered_at or now, row.read_at or now
        row.confirmed_at, row.confirmed_by_id = now, actor.user_id
        row.save()
        audit.record(
            actor=actor, action="risk_notice.confirm", target=f"risk notice {row.pk}",
            after={"kind": row.kind, "basis": row.basis, "account": row.account_id}, journal_seq=row.trigger_seq,
        )  # fmt: skip
    return row
