"""Forced liquidation by four eyes: an officer or a rule proposes, another officer approves, either may stop."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone

from accounts import audit
from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.permissions import Right
from portal.lib.errors import Refused
from riskdesk.choices import PlanState
from riskdesk.margin_calls import rule_name
from riskdesk.models import LiquidationProposal
from riskdesk.selectors.liquidations import plan_built
from trading.choices import FORCE_REASON_CODES, MARGIN_BASIS_CODES
from trading.engine import rejects
from trading.engine.commands import OpenLiquidation, StopLiquidation
from trading.engine.liquidation_events import LiquidationOpened
from trading.engine.types import FORCE_DEPOSIT
from trading.services.core_calls import account_seen, actor_name, command_send, core_query, require, tenant_of

NOTE_MAX: Final = 400


def liquidation_propose(
    *, actor: Actor, account_id: int, basis: str, reason: str = "lack_of_deposit", note: str = ""
) -> LiquidationProposal:
    """Propose to close an account's positions by force, by the plan as it is built now.

    Raises `Refused`: `account_not_found`, `right_missing`, `invalid_field`, `liquidation_plan` with nothing to close,
    `liquidation_not_needed` at or below the target, `wrong_state` while another proposal waits.
    """
    account_seen(actor, account_id)
    require(actor, Right.RISK_INTERVENE)
    if basis not in MARGIN_BASIS_CODES or reason not in FORCE_REASON_CODES or len(note) > NOTE_MAX or "\x00" in note:
        raise Refused("invalid_field", {"bases": sorted(MARGIN_BASIS_CODES)}, status=422, pointer="/basis")
    if LiquidationProposal.objects.filter(account_id=account_id, state=PlanState.PROPOSED).exists():
        raise Refused("wrong_state", {"state": PlanState.PROPOSED.value}, status=409)
    plan = plan_built(actor=actor, account_id=account_id, basis=MARGIN_BASIS_CODES[basis])
    code = FORCE_REASON_CODES[reason]
    # Only money that is missing comes back while positions are closed; other reasons work the plan to its end.
    target = plan.lines.target_ppm if code == FORCE_DEPOSIT else 0
    if not plan.rows:
        raise Refused(rejects.LIQUIDATION_PLAN, {"qty": 0, "held": 0}, status=409)
    if target and plan.degree_ppm <= target:
        figures = {"degree": f"{plan.degree_ppm / 10_000:g} %", "target": f"{target / 10_000:g} %"}
        raise Refused(rejects.LIQUIDATION_NEEDLESS, figures, status=409)
    row = LiquidationProposal.objects.create(
        account_id=account_id, reason=code, basis=plan.lines.basis, trigger_seq=plan.seq,
        lines_ppm=plan.lines.as_list() if target else [], target_ppm=target, equity_fen=plan.view.equity_fen,
        margin_fen=plan.margin_fen, degree_ppm=plan.degree_ppm, rows=plan.rows, note=note.strip(),
        maker_id=actor.user_id,
    )  # fmt: skip
    _record(actor, row, "liquidation.propose", before={})
    return row


def liquidation_approve(*, actor: Actor, proposal_id: int) -> LiquidationProposal:
    """Open the proposed liquidation; never by whoever proposed it. What the counter refuses stays proposed."""
    row = _waiting(actor, proposal_id)
    require(actor, Right.RISK_INTERVENE)
    if row.maker_id == actor.user_id:
        raise Refused(rejects.MAKER_IS_CHECKER, status=403)
    answer = command_send(
        OpenLiquidation(
            tenant_of(actor), row.account_id, row.reason, row.basis, row.trigger_seq, row.lines_ppm, row.target_ppm,
            [(one[0], one[1], one[2], one[3]) for one in row.rows], _maker_name(row), actor_name(actor),
        )
    )  # fmt: skip
    row.number = answer.event.number if isinstance(answer.event, LiquidationOpened) else None
    row.journal_seq = answer.seq
    return _decided(actor, row, PlanState.OPENED)


def liquidation_refuse(*, actor: Actor, proposal_id: int) -> LiquidationProposal:
    """Refuse a proposal, or withdraw one's own."""
    row = _waiting(actor, proposal_id)
    require(actor, Right.RISK_INTERVENE)
    return _decided(actor, row, PlanState.WITHDRAWN if row.maker_id == actor.user_id else PlanState.REFUSED)


def liquidation_stop(*, actor: Actor, account_id: int, reason: str) -> dict[str, Any]:
    """End an account's open liquidation before its time; a reason is needed."""
    account_seen(actor, account_id)
    require(actor, Right.RISK_INTERVENE)
    text = reason.strip()
    if not 0 < len(text) <= NOTE_MAX or "\x00" in text:
        raise Refused("invalid_field", {"limit": NOTE_MAX}, status=422, pointer="/reason", detail="Give a reason.")
    open_ones = core_query("liquidations", tenant_id=tenant_of(actor))
    number = next((item.number for item in open_ones if item.account_id == account_id), 0)
    answer = command_send(StopLiquidation(tenant_of(actor), account_id, number, text, actor_name(actor)))
    audit.record(
        actor=actor, action="liquidation.stop", target=f"account {account_id}", before={"number": number},
        after={"state": "stopped"}, journal_seq=answer.seq, reason=text,
    )  # fmt: skip
    return {"account": account_id, "number": number, "seq": answer.seq}


def _maker_name(row: LiquidationProposal) -> str:
    return f"u{row.maker_id}" if row.notice_id is None else rule_name(row.notice_id)


def _waiting(actor: Actor, proposal_id: int) -> LiquidationProposal:
    tenant_of(actor)
    row = LiquidationProposal.objects.select_for_update().filter(pk=proposal_id).first()
    if row is None or not actor.can_see(row.account_id):
        raise not_found()
    if row.state != PlanState.PROPOSED:
        raise Refused("wrong_state", {"state": row.state}, status=409)
    return row


def _decided(actor: Actor, row: LiquidationProposal, state: PlanState) -> LiquidationProposal:
    before = {"state": row.state}
    row.state, row.decided_at = state, timezone.now()
    if row.maker_id != actor.user_id:
        row.checker_id = actor.user_id
    row.save()
    _record(actor, row, f"liquidation.{state}", before=before)
    return row


def _record(actor: Actor, row: LiquidationProposal, action: str, *, before: dict[str, Any]) -> None:
    after = {"state": row.state, "account": row.account_id, "rows": row.rows, "number": row.number}
    audit.record(
        actor=actor, action=action, target=f"liquidation proposal {row.pk}", before=before, after=after,
        journal_seq=row.journal_seq, reason=row.note,
    )  # fmt: skip
