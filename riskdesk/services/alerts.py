"""What officers do with alerts."""

from __future__ import annotations

import json

from django.db import connection
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.lib.errors import Refused
from riskdesk import states
from riskdesk.alert_book import NOTIFY_CHANNEL
from riskdesk.models import Alert, AlertCounter, AlertNote
from riskdesk.selectors.alerts import alerts_visible

NOTE_MAX = 500


def alert_acknowledge(*, actor: Actor, number: int, note: str) -> Alert:
    """Take note of an alert, with a note that says what was done about it.

    Raises `Refused` with `alert_not_found` (also for an account the actor may not see), `invalid_field` without a
    note, `alert_state` when somebody was first.
    """
    if not actor.has(Right.RISK_ACK):
        raise Refused("permission_denied", {"right": Right.RISK_ACK.value}, status=403)
    text = note.strip()
    if not text or len(text) > NOTE_MAX:
        raise Refused("invalid_field", {"length": len(text), "limit": NOTE_MAX}, status=422, pointer="/note",
                      detail=_("A note of 1 to %(limit)s characters is needed.") % {"limit": NOTE_MAX})  # fmt: skip
    # The counter's lock comes first, as in the follower, so that the two can not wait for each other.
    counter = AlertCounter.objects.select_for_update().first()
    alert = alerts_visible(actor=actor).select_related(None).select_for_update().filter(number=number).first()
    if alert is None or counter is None:
        raise Refused("alert_not_found", {"number": number}, status=404)
    stands = alert.level and alert.cleared_at_ns is None
    before = alert.state
    alert.state = states.next_state(alert.state, states.ACKNOWLEDGE if stands else states.ACKNOWLEDGE_ENDED)
    alert.acknowledged_by_id = actor.user_id
    alert.acknowledged_at = timezone.now()
    alert.note = text
    AlertCounter.objects.filter(pk=counter.pk).update(changes=F("changes") + 1)
    alert.change_no = counter.changes + 1
    alert.save()
    AlertNote.objects.create(
        account_id=alert.account_id, alert=alert, user_id=actor.user_id, action="acknowledge", reason=text,
        journal_seq=alert.last_seq, created_at=alert.acknowledged_at,
    )  # fmt: skip
    audit.record(
        actor=actor, action="alert_acknowledge", target=f"alert:{number}", before={"state": before},
        after={"state": alert.state, "note": text}, journal_seq=alert.last_seq, reason=text,
    )  # fmt: skip
    with connection.cursor() as cursor:
        payload = json.dumps({"tenant": actor.tenant_id, "n": alert.change_no})
        cursor.execute("SELECT pg_notify(%s, %s)", (NOTIFY_CHANNEL, payload))
    return alert
