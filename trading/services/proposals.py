"""Money, limits and rates move by four eyes: one person proposes, another approves, the counter carries it out.

The service and the counter both refuse maker = checker. The command is sent inside the transaction that marks the
proposal; should that transaction be lost after the counter acted, the proposal is open again and approving it once
more finds the act done: a cash reference is good for one movement only, limits and rates say the same twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from accounts import audit
from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.permissions import Right
from portal.lib.errors import Refused
from trading.choices import CASH_KIND_CODES, PostingKind, ProposalKind, ProposalState
from trading.engine import rejects
from trading.engine import types as t
from trading.engine.bounds import CASH_FEN_MAX, NAME_LEN_MAX
from trading.engine.commands import Command, MoveCash, SetAccountLimits, SetAccountStatus, SetHedge, SetTenantRates
from trading.engine.instrument import Fees, Rates
from trading.models import Posting, Proposal
from trading.selectors.contracts import contract_of
from trading.services.core_calls import account_seen, actor_name, command_send, require, tenant_of
from trading.services.deciding import proposal_decide, reason_checked
from trading.services.parameter_rows import put_before, put_command, withdraw_command
from trading.services.statement_commands import correct_command, correction_reference, set_rules_command

_MAY_PROPOSE: Final[Mapping[str, Right]] = {
    ProposalKind.CASH: Right.CASH_PROPOSE,
    ProposalKind.LIMITS: Right.LIMIT_PROPOSE,
    ProposalKind.RATES: Right.RATE_PROPOSE,
    ProposalKind.RELEASE: Right.RISK_INTERVENE,
    ProposalKind.RULES: Right.RATE_PROPOSE,
    ProposalKind.CORRECTION: Right.CASH_PROPOSE,
    ProposalKind.PARAMETERS: Right.RATE_PROPOSE,
    ProposalKind.PARAMETERS_BACK: Right.RATE_PROPOSE,
    ProposalKind.HEDGE: Right.RATE_PROPOSE,
}
_MAY_APPROVE: Final[Mapping[str, Right]] = {
    ProposalKind.CASH: Right.CASH_APPROVE,
    ProposalKind.LIMITS: Right.LIMIT_APPROVE,
    ProposalKind.RATES: Right.RATE_APPROVE,
    ProposalKind.RELEASE: Right.RISK_INTERVENE,
    ProposalKind.RULES: Right.RATE_APPROVE,
    ProposalKind.CORRECTION: Right.CASH_APPROVE,
    ProposalKind.PARAMETERS: Right.RATE_APPROVE,
    ProposalKind.PARAMETERS_BACK: Right.RATE_APPROVE,
    ProposalKind.HEDGE: Right.RATE_APPROVE,
}
_LIMIT_NAMES: Final = ("max_order_qty", "max_position_qty", "max_working_orders", "max_orders_per_second")
_LIMIT_MAX: Final = 1_000_000
_FEE_NAMES: Final = ("open_fen", "close_fen", "close_today_fen", "open_ppm", "close_ppm", "close_today_ppm")
_OPEN_STATES: Final = (ProposalState.PROPOSED, ProposalState.APPROVED, ProposalState.APPLIED)


def cash_propose(
    *, actor: Actor, account_id: int, kind: str, amount_fen: int, reference: str, reason: str = ""
) -> Proposal:
    """Propose a deposit or withdrawal; `reference` names the bank's movement and is used once per tenant."""
    account_seen(actor, account_id)
    require(actor, Right.CASH_PROPOSE)
    if kind not in CASH_KIND_CODES:
        raise _invalid("/kind", "Choose deposit or withdraw.")
    if not 0 < amount_fen <= CASH_FEN_MAX:
        raise Refused(rejects.AMOUNT_BAD, {"amount_fen": amount_fen}, status=422, pointer="/amount")
    text = reference.strip()
    if not 0 < len(text) <= NAME_LEN_MAX or not text.isprintable():
        raise _invalid("/reference", "Give the bank's reference.", length=len(text), limit=NAME_LEN_MAX)
    if Proposal.objects.filter(kind=ProposalKind.CASH, payload__reference=text, state__in=_OPEN_STATES).exists():
        raise Refused(rejects.REFERENCE_USED, {"reference": text}, status=409, pointer="/reference")
    payload = {"kind": kind, "amount_fen": amount_fen, "reference": text}
    return proposal_enter(actor, ProposalKind.CASH, payload, account_id=account_id, reason=reason)


def limits_propose(*, actor: Actor, account_id: int, limits: Mapping[str, int], reason: str = "") -> Proposal:
    """Propose an account's own limits; 0 means none, a name left out stays as it is."""
    account = account_seen(actor, account_id)
    require(actor, Right.LIMIT_PROPOSE)
    payload = {name: int(getattr(account, name)) for name in _LIMIT_NAMES}
    for name, value in limits.items():
        if name not in payload or not 0 <= value <= _LIMIT_MAX:
            raise _invalid(f"/{name}", "Not a limit, or out of bounds.", limit=_LIMIT_MAX)
        payload[name] = value
    return proposal_enter(actor, ProposalKind.LIMITS, payload, account_id=account_id, reason=reason)


def rates_propose(
    *,
    actor: Actor,
    symbol: str,
    long_margin_ppm: int,
    short_margin_ppm: int,
    fees: Mapping[str, int],
    reason: str = "",
) -> Proposal:
    """Propose the broker's own margin ratios and fees for a contract."""
    require(actor, Right.RATE_PROPOSE)
    contract = contract_of(symbol)
    if contract is None:
        raise Refused(rejects.INSTRUMENT_UNKNOWN, status=422, pointer="/symbol")
    for name, ppm in (("long_margin_ppm", long_margin_ppm), ("short_margin_ppm", short_margin_ppm)):
        if not 0 < ppm <= 1_000_000:
            raise _invalid(f"/{name}", "A margin ratio lies between 0 and 1.")
    if set(fees) - set(_FEE_NAMES) or any(value < 0 for value in fees.values()):
        raise _invalid("/fees", "Unknown or negative fee.")
    payload = {
        "symbol": contract.symbol,
        "instrument_id": contract.instrument.instrument_id,
        "long_margin_ppm": long_margin_ppm,
        "short_margin_ppm": short_margin_ppm,
        "fees": {name: int(fees.get(name, 0)) for name in _FEE_NAMES},
    }
    return proposal_enter(actor, ProposalKind.RATES, payload, account_id=None, reason=reason)


def release_propose(*, actor: Actor, account_id: int, reason: str) -> Proposal:
    """Propose that a blocked or close-only account may trade again; another officer approves."""
    account_seen(actor, account_id)
    require(actor, Right.RISK_INTERVENE)
    return proposal_enter(actor, ProposalKind.RELEASE, {}, account_id=account_id, reason=reason)


def proposal_approve(*, actor: Actor, proposal_id: int) -> Proposal:
    """Carry a proposal out: send the command with both names and note what came of it."""
    proposal = _decidable(actor, proposal_id)
    if proposal.maker_id == actor.user_id:
        raise Refused(rejects.MAKER_IS_CHECKER, status=403)
    try:
        seq: int | None = command_send(_command(actor, proposal)).seq
        state: ProposalState = ProposalState.APPLIED
        result: dict[str, Any] = {"seq": seq}
    except Refused as refused:
        if refused.status >= 500:
            raise
        again = {rejects.REFERENCE_USED: _done_before, rejects.PARAMETER_OVERLAP: _put_before}
        seq = again[refused.code](proposal) if refused.code in again else None
        state = ProposalState.APPLIED if seq is not None else ProposalState.REFUSED
        result = {"seq": seq} if seq is not None else {"code": refused.code, "figures": refused.figures}
    return _decide(actor, proposal, state=state, result=result, seq=seq, reason="")


def proposal_reject(*, actor: Actor, proposal_id: int, reason: str = "") -> Proposal:
    """Refuse a proposal, or withdraw one's own."""
    proposal = _proposed(actor, proposal_id)
    if proposal.maker_id == actor.user_id:
        return _decide(actor, proposal, state=ProposalState.WITHDRAWN, result=None, seq=None, reason=reason)
    require(actor, _MAY_APPROVE[proposal.kind])
    return _decide(actor, proposal, state=ProposalState.REFUSED, result={"reason": reason}, seq=None, reason=reason)


def proposal_make(
    *, actor: Actor, kind: ProposalKind, payload: dict[str, Any], account_id: int | None, reason: str
) -> Proposal:
    """Write a proposal of a kind whose fields another service has checked."""
    require(actor, _MAY_PROPOSE[kind])
    return proposal_enter(actor, kind, payload, account_id=account_id, reason=reason)


def proposal_enter(
    actor: Actor, kind: str, payload: dict[str, Any], *, account_id: int | None, reason: str
) -> Proposal:
    """Keep an act that was checked as far as it can be now, and wait for a second person."""
    tenant_of(actor)
    proposal = Proposal(
        kind=kind, account_id=account_id, payload=payload, reason=reason_checked(reason), maker_id=actor.user_id
    )
    proposal.save(force_insert=True)
    audit.record(
        actor=actor,
        action=f"{kind}.propose",
        target=f"proposal {proposal.pk}",
        after={"account": account_id, **payload},
        reason=proposal.reason,
    )
    return proposal


def _proposed(actor: Actor, proposal_id: int) -> Proposal:
    tenant_of(actor)
    proposal = Proposal.objects.select_for_update().filter(pk=proposal_id).first()
    if proposal is None or not _sees(actor, proposal):
        raise not_found()
    if proposal.state != ProposalState.PROPOSED:
        raise Refused("wrong_state", {"state": proposal.state}, status=409)
    return proposal


def _decidable(actor: Actor, proposal_id: int) -> Proposal:
    proposal = _proposed(actor, proposal_id)
    require(actor, _MAY_APPROVE[proposal.kind])
    return proposal


def _sees(actor: Actor, proposal: Proposal) -> bool:
    may_look = actor.has(_MAY_PROPOSE[proposal.kind]) or actor.has(_MAY_APPROVE[proposal.kind])
    return may_look and (proposal.account_id is None or actor.can_see(proposal.account_id))


def _decide(
    actor: Actor,
    proposal: Proposal,
    *,
    state: str,
    result: dict[str, Any] | None,
    seq: int | None,
    reason: str,
) -> Proposal:
    action, target = str(proposal.kind), f"proposal {proposal.pk}"
    proposal_decide(actor, proposal, state=state, result=result, seq=seq, reason=reason, action=action, target=target)
    return proposal


def _command(actor: Actor, proposal: Proposal) -> Command:
    build: Mapping[str, Callable[[int, Proposal, str, str], Command]] = {
        ProposalKind.CASH: _move_cash,
        ProposalKind.LIMITS: _set_limits,
        ProposalKind.RATES: _set_rates,
        ProposalKind.RELEASE: _release,
        ProposalKind.RULES: set_rules_command,
        ProposalKind.CORRECTION: correct_command,
        ProposalKind.PARAMETERS: _put_parameters,
        ProposalKind.PARAMETERS_BACK: _withdraw_parameters,
        ProposalKind.HEDGE: _set_hedge,
    }
    return build[proposal.kind](tenant_of(actor), proposal, f"u{proposal.maker_id}", actor_name(actor))


def _move_cash(tenant_id: int, proposal: Proposal, maker: str, checker: str) -> Command:
    data = proposal.payload
    kind = CASH_KIND_CODES[data["kind"]]
    return MoveCash(tenant_id, proposal.account_id or 0, kind, data["amount_fen"], data["reference"], maker, checker)


def _set_limits(tenant_id: int, proposal: Proposal, maker: str, checker: str) -> Command:
    orders, position, working, per_second = (int(proposal.payload[name]) for name in _LIMIT_NAMES)
    account_id = proposal.account_id or 0
    return SetAccountLimits(tenant_id, account_id, orders, position, working, per_second, maker, checker)


def _set_rates(tenant_id: int, proposal: Proposal, maker: str, checker: str) -> Command:
    data = proposal.payload
    rates = Rates(data["long_margin_ppm"], data["short_margin_ppm"], Fees(**data["fees"]))
    return SetTenantRates(tenant_id, data["instrument_id"], rates, maker, checker)


def _release(tenant_id: int, proposal: Proposal, _maker: str, checker: str) -> Command:
    return SetAccountStatus(tenant_id, proposal.account_id or 0, t.ACTIVE, False, proposal.reason, checker)


def _put_parameters(tenant_id: int, proposal: Proposal, maker: str, checker: str) -> Command:
    account_id = proposal.account_id or 0
    return put_command(proposal.payload, tenant_id=tenant_id, account_id=account_id, maker=maker, checker=checker)


def _withdraw_parameters(tenant_id: int, proposal: Proposal, maker: str, checker: str) -> Command:
    return withdraw_command(proposal.payload, tenant_id=tenant_id, reason=proposal.reason, maker=maker, checker=checker)


def _set_hedge(tenant_id: int, proposal: Proposal, maker: str, checker: str) -> Command:
    return SetHedge(tenant_id, proposal.account_id or 0, proposal.payload["hedge"], maker, checker)


def _put_before(proposal: Proposal) -> int | None:
    """Return the number at which this very row was taken in, when its approval was lost after the counter acted."""
    seq = put_before(
        proposal.payload,
        tenant_id=proposal.tenant_id,
        account_id=proposal.account_id or 0,
        maker=f"u{proposal.maker_id}",
    )
    taken = seq is not None and Proposal.objects.filter(journal_seq=seq).exclude(pk=proposal.pk).exists()
    return None if taken else seq


def _done_before(proposal: Proposal) -> int | None:
    """Return the number at which this very movement was booked, when its approval was lost after the counter acted."""
    data = proposal.payload
    corrects = proposal.kind == ProposalKind.CORRECTION
    posting = Posting.objects.filter(
        account_id=proposal.account_id or 0,
        reference=correction_reference(proposal) if corrects else data["reference"],
        amount_fen=abs(data["amount_fen"]),
        kind=PostingKind.CORRECTION if corrects else CASH_KIND_CODES[data["kind"]],
    ).first()
    if posting is None:
        return None
    taken = Proposal.objects.filter(kind=proposal.kind, journal_seq=posting.journal_seq).exclude(pk=proposal.pk)
    return None if taken.exists() else int(posting.journal_seq)


def _invalid(pointer: str, detail: str, **figures: object) -> Refused:
    return Refused("invalid_field", figures, detail=detail, status=422, pointer=pointer)
