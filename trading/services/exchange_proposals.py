"""Dated rows of the exchange: one platform operator proposes, another approves."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone

from accounts import audit
from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.permissions import Right
from portal.lib.errors import Refused
from trading.choices import ParameterKind, ProposalState
from trading.engine import rejects
from trading.engine.bounds import REASON_LEN_MAX
from trading.engine.commands import Command
from trading.models import ExchangeParameters, ExchangeProposal
from trading.services.core_calls import actor_name, command_send, require
from trading.services.parameter_rows import (
    Wanted,
    payload_of,
    put_before,
    put_command,
    row_withdrawable,
    withdraw_command,
)

_EXCHANGE: Final = 0
"""The tenant number under which the counter keeps the exchange's rows."""


def exchange_parameters_propose(*, actor: Actor, wanted: Wanted, reason: str = "") -> ExchangeProposal:
    """Propose a row for everybody."""
    require(actor, Right.INSTRUMENT_EDIT)
    payload = payload_of(wanted, tenant_id=_EXCHANGE, account_id=0)
    return _enter(actor, ParameterKind.PARAMETERS, payload, reason)


def exchange_withdraw_propose(*, actor: Actor, row_id: int, reason: str) -> ExchangeProposal:
    """Propose to take back a row whose day has not begun."""
    require(actor, Right.INSTRUMENT_EDIT)
    row = ExchangeParameters.objects.filter(id=row_id).first()
    if row is None:
        raise not_found()
    row_withdrawable(row)
    return _enter(actor, ParameterKind.PARAMETERS_BACK, {"row": row.id}, reason)


def exchange_proposal_approve(*, actor: Actor, proposal_id: int) -> ExchangeProposal:
    """Carry a proposal out: send the command with both names and note what came of it."""
    proposal = _proposed(actor, proposal_id)
    if proposal.maker_id == actor.user_id:
        raise Refused(rejects.MAKER_IS_CHECKER, status=403)
    try:
        seq: int | None = command_send(_command(actor, proposal)).seq
        result: dict[str, Any] = {"seq": seq}
    except Refused as refused:
        if refused.status >= 500:
            raise
        seq = _done_before(proposal) if refused.code == rejects.PARAMETER_OVERLAP else None
        result = {"seq": seq} if seq is not None else {"code": refused.code, "figures": refused.figures}
    state = ProposalState.APPLIED if seq is not None else ProposalState.REFUSED
    return _decide(actor, proposal, state=state, result=result, seq=seq, reason="")


def exchange_proposal_reject(*, actor: Actor, proposal_id: int, reason: str) -> ExchangeProposal:
    """Refuse a proposal, or take one's own back."""
    proposal = _proposed(actor, proposal_id)
    own = proposal.maker_id == actor.user_id
    state = ProposalState.WITHDRAWN if own else ProposalState.REFUSED
    return _decide(actor, proposal, state=state, result={"reason": reason}, seq=None, reason=reason)


def _enter(actor: Actor, kind: ParameterKind, payload: dict[str, Any], reason: str) -> ExchangeProposal:
    if len(reason) > REASON_LEN_MAX or "\x00" in reason:
        raise Refused("invalid_field", {"limit": REASON_LEN_MAX}, detail="The reason is too long.", status=422)
    proposal = ExchangeProposal(kind=kind, payload=payload, reason=reason.strip()[:400], maker_id=actor.user_id)
    proposal.save(force_insert=True)
    audit.record(
        actor=actor,
        action=f"exchange.{kind}.propose",
        target=f"exchange proposal {proposal.pk}",
        after=payload,
        reason=proposal.reason,
    )
    return proposal


def _proposed(actor: Actor, proposal_id: int) -> ExchangeProposal:
    require(actor, Right.INSTRUMENT_EDIT)
    proposal = ExchangeProposal.objects.select_for_update().filter(pk=proposal_id).first()
    if proposal is None:
        raise not_found()
    if proposal.state != ProposalState.PROPOSED:
        raise Refused("wrong_state", {"state": proposal.state}, status=409)
    return proposal


def _command(actor: Actor, proposal: ExchangeProposal) -> Command:
    maker, checker = f"u{proposal.maker_id}", actor_name(actor)
    if proposal.kind == ParameterKind.PARAMETERS:
        return put_command(proposal.payload, tenant_id=_EXCHANGE, account_id=0, maker=maker, checker=checker)
    return withdraw_command(proposal.payload, tenant_id=_EXCHANGE, reason=proposal.reason, maker=maker, checker=checker)


def _done_before(proposal: ExchangeProposal) -> int | None:
    seq = put_before(proposal.payload, tenant_id=_EXCHANGE, account_id=0, maker=f"u{proposal.maker_id}")
    taken = seq is not None and ExchangeProposal.objects.filter(journal_seq=seq).exclude(pk=proposal.pk).exists()
    return None if taken else seq


def _decide(
    actor: Actor, proposal: ExchangeProposal, *, state: str, result: dict[str, Any], seq: int | None, reason: str
) -> ExchangeProposal:
    before = proposal.state
    proposal.state, proposal.result, proposal.journal_seq = state, result, seq
    proposal.decided_at = timezone.now()
    if proposal.maker_id != actor.user_id:
        proposal.checker_id = actor.user_id
    proposal.save(update_fields=["state", "result", "journal_seq", "decided_at", "checker"])
    audit.record(
        actor=actor,
        action=f"exchange.{proposal.kind}.{state}",
        target=f"exchange proposal {proposal.pk}",
        before={"state": before},
        after={"state": state, "result": result},
        journal_seq=seq,
        reason=reason[:400],
    )
    return proposal
