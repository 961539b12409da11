"""What every proposal has in common, a broker's or the operators': its reason, and how a decision is written down."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts import audit
from accounts.auth.actor import Actor
from portal.lib.errors import Refused
from trading.engine.bounds import REASON_LEN_MAX
from trading.models import OperatorProposal, Proposal


def reason_checked(reason: str) -> str:
    """Return a reason as it is kept; refuse one that the journal would not take."""
    if len(reason) > REASON_LEN_MAX or "\x00" in reason:
        detail = "The reason is too long."
        raise Refused("invalid_field", {"limit": REASON_LEN_MAX}, detail=detail, status=422, pointer="/reason")
    return reason.strip()[:400]


def proposal_decide(
    actor: Actor,
    proposal: Proposal | OperatorProposal,
    *,
    state: str,
    result: dict[str, Any] | None,
    seq: int | None,
    reason: str,
    action: str,
    target: str,
) -> None:
    """Write down what became of a proposal; whoever decides on another's is its checker."""
    before = proposal.state
    proposal.state, proposal.result, proposal.journal_seq = state, result, seq
    proposal.decided_at = timezone.now()
    if proposal.maker_id != actor.user_id:
        proposal.checker_id = actor.user_id
    proposal.save(update_fields=["state", "result", "journal_seq", "decided_at", "checker"])
    audit.record(
        actor=actor,
        action=f"{action}.{state}",
        target=target,
        before={"state": before},
        after={"state": state, "result": result},
        journal_seq=seq,
        reason=reason[:400],
    )
