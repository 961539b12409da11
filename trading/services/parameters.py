"""A broker's dated rows and its hedging accounts: proposed by one person, approved by another."""

from __future__ import annotations

from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.permissions import Right
from trading.choices import ProposalKind
from trading.models import ClientParameters, Proposal, TenantParameters
from trading.services.core_calls import account_seen, require, tenant_of
from trading.services.parameter_rows import Wanted, payload_of, row_withdrawable
from trading.services.proposals import proposal_enter


def parameters_propose(*, actor: Actor, wanted: Wanted, account_id: int | None = None, reason: str = "") -> Proposal:
    """Propose a row for all accounts of the broker, or for one."""
    tenant_id = tenant_of(actor)
    if account_id is not None:
        account_seen(actor, account_id)
    require(actor, Right.RATE_PROPOSE)
    payload = payload_of(wanted, tenant_id=tenant_id, account_id=account_id or 0)
    return proposal_enter(actor, ProposalKind.PARAMETERS, payload, account_id=account_id, reason=reason)


def parameters_withdraw_propose(*, actor: Actor, row_id: int, reason: str) -> Proposal:
    """Propose to take back a row whose day has not begun."""
    tenant_of(actor)
    require(actor, Right.RATE_PROPOSE)
    found = TenantParameters.objects.filter(id=row_id).first() or ClientParameters.objects.filter(id=row_id).first()
    account_id = getattr(found, "account_id", None)
    if found is None or (account_id is not None and not actor.can_see(account_id)):
        raise not_found()
    row_withdrawable(found)
    return proposal_enter(actor, ProposalKind.PARAMETERS_BACK, {"row": found.id}, account_id=account_id, reason=reason)


def hedge_propose(*, actor: Actor, account_id: int, hedge: bool, reason: str) -> Proposal:
    """Propose that an account hedges from now on, or speculates; the counter wants it empty."""
    account_seen(actor, account_id)
    require(actor, Right.RATE_PROPOSE)
    return proposal_enter(actor, ProposalKind.HEDGE, {"hedge": hedge}, account_id=account_id, reason=reason)
