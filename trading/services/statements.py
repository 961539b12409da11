"""What people do about statements: the client confirms, the back office proposes corrections and rules."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts import audit
from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.lib.errors import Refused
from trading.choices import ProposalKind
from trading.engine import rejects
from trading.engine.bounds import CASH_FEN_MAX, RATE_PPM_MAX
from trading.engine.commands import ConfirmStatement
from trading.engine.views import AccountView
from trading.models import Proposal, Statement
from trading.selectors.statements import tenant_rules
from trading.services.core_calls import (
    account_seen,
    account_traded,
    actor_name,
    command_send,
    core_query,
    require,
    tenant_of,
)
from trading.services.proposals import proposal_make


def statement_confirm(*, actor: Actor, account_id: int, trading_day: int, version: int) -> int:
    """Confirm the last statement of one's own account; returns the journal number."""
    account_traded(actor, account_id, right=Right.TRADE_PLACE)
    answer = command_send(ConfirmStatement(tenant_of(actor), account_id, trading_day, version, actor_name(actor)))
    audit.record(
        actor=actor,
        action="statement.confirm",
        target=f"account {account_id}",
        after={"trading_day": trading_day, "version": version},
        journal_seq=answer.seq,
    )
    return answer.seq


def statement_waiting(*, actor: Actor, account_id: int) -> tuple[int, int] | None:
    """Return (day, version) of the statement that must be confirmed before opening; None when nothing waits.

    The counter says so. While it is away nothing can be opened either, so nothing is asked for.
    """
    if not tenant_rules().confirms:
        return None
    try:
        view: AccountView = core_query("account", tenant_id=tenant_of(actor), account_id=account_id)
    except Refused:
        return None
    if view.statement_version == 0 or view.confirmed_version == view.statement_version:
        return None
    return view.statement_day, view.statement_version


def correction_propose(*, actor: Actor, account_id: int, trading_day: int, amount_fen: int, reason: str) -> Proposal:
    """Propose to put an ended day right: a new version of its statement, the balance on the current day."""
    account_seen(actor, account_id)
    require(actor, Right.CASH_PROPOSE)
    if not 0 < abs(amount_fen) <= CASH_FEN_MAX:
        raise Refused(rejects.AMOUNT_BAD, {"amount_fen": amount_fen}, status=422, pointer="/amount")
    if not reason.strip():
        raise Refused("invalid_field", detail=_("Say what was wrong."), status=422, pointer="/reason")
    if not Statement.objects.filter(account_id=account_id, trading_day=trading_day).exists():
        raise Refused(rejects.STATEMENT_UNKNOWN, {"trading_day": trading_day}, status=404, pointer="/trading_day")
    payload = {"trading_day": trading_day, "amount_fen": amount_fen}
    return proposal_make(
        actor=actor, kind=ProposalKind.CORRECTION, payload=payload, account_id=account_id, reason=reason
    )


def rules_propose(
    *,
    actor: Actor,
    confirms: bool | None = None,
    withdraw_ppm: int | None = None,
    reserve_fen: int | None = None,
    reason: str = "",
) -> Proposal:
    """Propose a broker's rules; what is left out stays as it is."""
    require(actor, Right.RATE_PROPOSE)
    now = tenant_rules()
    payload = {
        "confirms": now.confirms if confirms is None else confirms,
        "withdraw_ppm": now.withdraw_ppm if withdraw_ppm is None else withdraw_ppm,
        "reserve_fen": now.reserve_fen if reserve_fen is None else reserve_fen,
    }
    if not 0 <= payload["withdraw_ppm"] <= RATE_PPM_MAX:
        raise Refused("invalid_field", detail=_("A part lies between 0 and 1."), status=422, pointer="/withdraw_part")
    if not 0 <= payload["reserve_fen"] <= CASH_FEN_MAX:
        raise Refused(rejects.AMOUNT_BAD, {"amount_fen": payload["reserve_fen"]}, status=422, pointer="/reserve")
    return proposal_make(actor=actor, kind=ProposalKind.RULES, payload=payload, account_id=None, reason=reason)
