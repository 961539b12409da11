"""What holds for all brokers moves by four eyes too: one platform operator proposes, another approves.

Each kind says which commands carry it out; the table is the only place that knows them all. They are sent inside the
transaction that marks the proposal; should that be lost after the counter acted, approving once more says the same
twice, or finds the row where it was put.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.db import connection

from accounts import audit
from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.permissions import Right
from portal.lib.errors import Refused
from trading.choices import OperatorProposalKind, ProposalState
from trading.engine import rejects
from trading.engine.commands import Command
from trading.models import OperatorProposal
from trading.selectors.contracts import contracts_forget
from trading.services.contract_commands import change_commands, listing_commands
from trading.services.core_calls import actor_name, command_send, require
from trading.services.deciding import proposal_decide, reason_checked
from trading.services.parameter_rows import put_before, put_command, withdraw_command
from trading.services.venue_commands import delivery_commands, ladder_commands

RIGHT: Final = Right.INSTRUMENT_EDIT
EXCHANGE: Final = 0
"""The tenant number under which the counter keeps what holds for everybody."""

_LOCK: Final = 0x4F505250  # "OPRP": keeps this advisory lock apart from all others


class Act(NamedTuple):
    """How a kind is carried out: its commands for (proposal, maker, checker); all are made before one is sent."""

    commands: Callable[[OperatorProposal, str, str], Sequence[Command]]
    done_before: Callable[[OperatorProposal], int | None] = lambda _proposal: None


def operator_propose(
    *, actor: Actor, kind: OperatorProposalKind, payload: dict[str, Any], reason: str
) -> OperatorProposal:
    """Keep an act that another service has checked as far as it can be now, and wait for a second operator."""
    require(actor, RIGHT)
    proposal = OperatorProposal(kind=kind, payload=payload, reason=reason_checked(reason), maker_id=actor.user_id)
    proposal.save(force_insert=True)
    audit.record(
        actor=actor,
        action=f"operators.{kind}.propose",
        target=proposal.audit_name,
        after=payload,
        reason=proposal.reason,
    )
    return proposal


def operator_proposal_approve(*, actor: Actor, proposal_id: int) -> OperatorProposal:
    """Carry a proposal out; its maker may not.

    Where an act is several commands and a later one is refused, the outcome names the refusal and the number of the
    last that was carried out.
    """
    proposal = _proposed(actor, proposal_id)
    if proposal.maker_id == actor.user_id:
        raise Refused(rejects.MAKER_IS_CHECKER, status=403)
    _one_at_a_time()
    act, state, seq = _ACTS[proposal.kind], ProposalState.APPLIED, None
    try:
        for command in act.commands(proposal, f"u{proposal.maker_id}", actor_name(actor)):
            seq = command_send(command).seq
        result: dict[str, Any] = {"seq": seq}
    except Refused as refused:
        if refused.status >= 500:
            raise
        found = act.done_before(proposal) if refused.code == rejects.PARAMETER_OVERLAP else None
        if found is not None:
            seq, result = found, {"seq": found}
        else:
            state = ProposalState.REFUSED
            result = {"code": refused.code, "figures": dict(refused.figures)} | ({} if seq is None else {"seq": seq})
    contracts_forget()
    return _decide(actor, proposal, state=state, result=result, seq=seq, reason="")


def operator_proposal_reject(*, actor: Actor, proposal_id: int, reason: str = "") -> OperatorProposal:
    """Refuse a proposal, or take one's own back."""
    proposal = _proposed(actor, proposal_id)
    own = proposal.maker_id == actor.user_id
    state = ProposalState.WITHDRAWN if own else ProposalState.REFUSED
    return _decide(actor, proposal, state=state, result={"reason": reason}, seq=None, reason=reason)


def _proposed(actor: Actor, proposal_id: int) -> OperatorProposal:
    require(actor, RIGHT)
    proposal = OperatorProposal.objects.select_for_update().filter(pk=proposal_id).first()
    if proposal is None:
        raise not_found()
    if proposal.state != ProposalState.PROPOSED:
        raise Refused("wrong_state", {"state": proposal.state}, status=409)
    return proposal


def _one_at_a_time() -> None:
    """Let each act be made from what the one before it left: two new months must not take the same number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK])


def _decide(
    actor: Actor, proposal: OperatorProposal, *, state: str, result: dict[str, Any], seq: int | None, reason: str
) -> OperatorProposal:
    action = f"operators.{proposal.kind}"
    proposal_decide(
        actor, proposal, state=state, result=result, seq=seq, reason=reason, action=action, target=proposal.audit_name
    )
    return proposal


def _put_row(proposal: OperatorProposal, maker: str, checker: str) -> Sequence[Command]:
    return [put_command(proposal.payload, tenant_id=EXCHANGE, account_id=0, maker=maker, checker=checker)]


def _take_row_back(proposal: OperatorProposal, maker: str, checker: str) -> Sequence[Command]:
    data, reason = proposal.payload, proposal.reason
    return [withdraw_command(data, tenant_id=EXCHANGE, reason=reason, maker=maker, checker=checker)]


def _row_put_before(proposal: OperatorProposal) -> int | None:
    """Return the number at which this very row was taken in, when its approval was lost after the counter acted."""
    seq = put_before(proposal.payload, tenant_id=EXCHANGE, account_id=0, maker=f"u{proposal.maker_id}")
    taken = seq is not None and OperatorProposal.objects.filter(journal_seq=seq).exclude(pk=proposal.pk).exists()
    return None if taken else seq


_ACTS: Final[Mapping[str, Act]] = {
    OperatorProposalKind.PARAMETERS: Act(_put_row, _row_put_before),
    OperatorProposalKind.PARAMETERS_BACK: Act(_take_row_back),
    OperatorProposalKind.LADDER: Act(lambda row, maker, checker: ladder_commands(row.payload, maker, checker)),
    OperatorProposalKind.DELIVERY: Act(lambda row, maker, checker: delivery_commands(row.payload, maker, checker)),
    OperatorProposalKind.CONTRACT: Act(lambda row, maker, checker: change_commands(row.payload, maker, checker)),
    OperatorProposalKind.LISTING: Act(lambda row, maker, checker: listing_commands(row.payload, maker, checker)),
}
