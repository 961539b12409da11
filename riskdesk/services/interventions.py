"""Interventions on one account: a journaled command with a reason, and a row that names its number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.lib.errors import Refused
from riskdesk.choices import Intervention
from riskdesk.models import AlertNote
from riskdesk.selectors.alerts import alert_get
from trading.engine.bounds import REASON_LEN_MAX
from trading.services import interventions as commands

REASON_MAX: Final = REASON_LEN_MAX

_COMMANDS: Final[dict[str, Callable[..., Any]]] = {
    Intervention.CLOSE_ONLY: commands.account_close_only,
    Intervention.BLOCK: commands.account_block,
    Intervention.CANCEL_ALL: commands.account_cancel_all,
    Intervention.RELEASE: commands.account_release,
}


def account_intervene(
    *, actor: Actor, account_id: int, action: str, reason: str, alert_number: int | None = None
) -> dict[str, Any]:
    """Carry out an intervention and return its effective journal number.

    Raises `Refused`: `account_not_found` (also when not visible), `invalid_field` for an unknown action or a missing
    reason, and whatever the counter refuses.
    """
    if not actor.has(Right.RISK_INTERVENE):
        raise Refused("permission_denied", {"right": Right.RISK_INTERVENE.value}, status=403)
    text = reason.strip()
    if not text or len(text) > REASON_MAX:
        raise Refused("invalid_field", {"length": len(text), "limit": REASON_MAX}, status=422, pointer="/reason",
                      detail=_("A reason of 1 to %(limit)s characters is needed.") % {"limit": REASON_MAX})  # fmt: skip
    if action not in _COMMANDS:
        raise Refused("invalid_field", {"allowed": ", ".join(_COMMANDS)}, status=422, pointer="/action",
                      detail=_("There is no such action."))  # fmt: skip
    if not actor.can_see(account_id):
        raise Refused("account_not_found", {"account": account_id}, status=404)
    alert = alert_get(actor=actor, number=alert_number) if alert_number is not None else None
    result = _COMMANDS[action](actor=actor, account_id=account_id, reason=text)
    AlertNote.objects.create(
        account_id=account_id, alert=alert, user_id=actor.user_id, action=action, reason=text,
        journal_seq=result.seq, created_at=timezone.now(),
    )  # fmt: skip
    return {"account": account_id, "action": action, "seq": result.seq}
