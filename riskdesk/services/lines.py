"""A broker's ladder of lines changes by four eyes: proposed by one, in force when another approves."""

from __future__ import annotations

from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts import audit
from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.permissions import Right
from portal.lib.errors import Refused
from riskdesk.choices import LinesState
from riskdesk.liquidation.ladder import Lines, lines_problem
from riskdesk.models import RiskLines
from trading.engine import rejects
from trading.services.core_calls import require, tenant_of

_LADDER: Final = gettext_lazy("The lines must ascend above zero, and the target lie below the last.")
_PROBLEMS: Final = {"pay_by": gettext_lazy("The deadline of a margin call must be a time of day, 00:00 to 23:59.")}


def lines_propose(*, actor: Actor, lines: Lines, reason: str) -> RiskLines:
    """Propose lines of one basis. Raises `Refused`: `right_missing`, `invalid_field` for what is no ladder."""
    tenant_of(actor)
    require(actor, Right.RISK_INTERVENE)
    problem = lines_problem(lines)
    if problem:
        raise Refused("invalid_field", {"field": problem}, status=422, pointer=f"/{problem}",
                      detail=str(_PROBLEMS.get(problem, _LADDER)))  # fmt: skip
    row = RiskLines.objects.create(
        basis=lines.basis, warn_ppm=lines.warn_ppm, call_ppm=lines.call_ppm, close_only_ppm=lines.close_only_ppm,
        liquidate_ppm=lines.liquidate_ppm, target_ppm=lines.target_ppm, automatic=lines.automatic,
        pay_by_min=lines.pay_by_min, reason=reason.strip()[:400], maker_id=actor.user_id,
    )  # fmt: skip
    audit.record(
        actor=actor, action="risk_lines.propose", target=f"risk lines {row.pk}", after=_figures(row), reason=row.reason
    )
    return row


def lines_approve(*, actor: Actor, lines_id: int) -> RiskLines:
    """Put proposed lines in force in place of those that are; never by whoever proposed them."""
    row = _proposed(actor, lines_id)
    if row.maker_id == actor.user_id:
        raise Refused(rejects.MAKER_IS_CHECKER, status=403)
    now = timezone.now()
    before = RiskLines.objects.select_for_update().filter(basis=row.basis, state=LinesState.IN_FORCE).first()
    if before is not None:
        before.state, before.decided_at = LinesState.REPLACED, now
        before.save()
    row.state, row.checker_id, row.decided_at = LinesState.IN_FORCE, actor.user_id, now
    row.save()
    audit.record(
        actor=actor, action="risk_lines.in_force", target=f"risk lines {row.pk}",
        before=_figures(before) if before is not None else {}, after=_figures(row),
    )  # fmt: skip
    return row


def lines_refuse(*, actor: Actor, lines_id: int, reason: str) -> RiskLines:
    """Refuse proposed lines, or take one's own back."""
    row = _proposed(actor, lines_id)
    row.state, row.decided_at = LinesState.REFUSED, timezone.now()
    if row.maker_id != actor.user_id:
        row.checker_id = actor.user_id
    row.save()
    audit.record(
        actor=actor,
        action="risk_lines.refused",
        target=f"risk lines {row.pk}",
        after=_figures(row),
        reason=reason[:400],
    )
    return row


def _proposed(actor: Actor, lines_id: int) -> RiskLines:
    tenant_of(actor)
    require(actor, Right.RISK_INTERVENE)
    row = RiskLines.objects.select_for_update().filter(pk=lines_id).first()
    if row is None:
        raise not_found()
    if row.state != LinesState.PROPOSED:
        raise Refused("wrong_state", {"state": row.state}, status=409)
    return row


def _figures(row: RiskLines) -> dict[str, object]:
    names = (
        "basis", "warn_ppm", "call_ppm", "close_only_ppm", "liquidate_ppm", "target_ppm", "automatic", "pay_by_min",
        "state",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}
