"""Dated rows of the exchange, as proposals of one operator to another."""

from __future__ import annotations

from accounts.auth.actor import Actor
from accounts.errors import not_found
from trading.choices import OperatorProposalKind
from trading.models import ExchangeParameters, OperatorProposal
from trading.services.core_calls import require
from trading.services.operator_proposals import EXCHANGE, RIGHT, operator_propose
from trading.services.parameter_rows import Wanted, payload_of, row_withdrawable


def exchange_parameters_propose(*, actor: Actor, wanted: Wanted, reason: str = "") -> OperatorProposal:
    """Propose a row for everybody."""
    require(actor, RIGHT)
    payload = payload_of(wanted, tenant_id=EXCHANGE, account_id=0)
    return operator_propose(actor=actor, kind=OperatorProposalKind.PARAMETERS, payload=payload, reason=reason)


def exchange_withdraw_propose(*, actor: Actor, row_id: int, reason: str) -> OperatorProposal:
    """Propose to take back a row whose day has not begun."""
    require(actor, RIGHT)
    row = ExchangeParameters.objects.filter(id=row_id).first()
    if row is None:
        raise not_found()
    row_withdrawable(row)
    kind = OperatorProposalKind.PARAMETERS_BACK
    return operator_propose(actor=actor, kind=kind, payload={"row": row.id}, reason=reason)
