"""Proposals: what waits for a second person, and what became of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin, Button, Done, ReasonForm
from trading.admin import shown
from trading.admin.parameters import payload_text
from trading.choices import CASH_KIND_CODES, CashKind, ProposalKind, ProposalState
from trading.models import Proposal
from trading.services.proposals import proposal_approve, proposal_reject

_APPROVERS = {
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
_WITHDRAWERS = {
    ProposalKind.CASH: Right.CASH_PROPOSE,
    ProposalKind.LIMITS: Right.LIMIT_PROPOSE,
    ProposalKind.RATES: Right.RATE_PROPOSE,
    ProposalKind.RULES: Right.RATE_PROPOSE,
    ProposalKind.CORRECTION: Right.CASH_PROPOSE,
    ProposalKind.PARAMETERS: Right.RATE_PROPOSE,
    ProposalKind.PARAMETERS_BACK: Right.RATE_PROPOSE,
    ProposalKind.HEDGE: Right.RATE_PROPOSE,
}


def _approve(actor: Actor, row: Any, _chosen: Mapping[str, Any]) -> Done:
    decided = proposal_approve(actor=actor, proposal_id=row.pk)
    if decided.state == ProposalState.APPLIED:
        return Done(_("Applied at journal number %(seq)s.") % {"seq": decided.journal_seq})
    return Done(_("The counter refused it: %(code)s.") % {"code": (decided.result or {}).get("code", "")})


def _reject(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    decided = proposal_reject(actor=actor, proposal_id=row.pk, reason=chosen["reason"])
    return Done(str(ProposalState(decided.state).label))


def _waits(kind: ProposalKind) -> Any:
    return lambda row: row.kind == kind and row.state == ProposalState.PROPOSED


def _decisions() -> list[Button]:
    """Approve and refuse, for each kind with its own right; a maker may take his own back."""
    buttons = []
    for kind, right in _APPROVERS.items():
        buttons.append(
            Button(name=f"approve-{kind}", label=gettext_lazy("Approve"), right=right, run=_approve, shown=_waits(kind))
        )
        buttons.append(
            Button(
                name=f"refuse-{kind}",
                label=gettext_lazy("Refuse"),
                right=right,
                run=_reject,
                form=ReasonForm,
                shown=_waits(kind),
                danger=True,
            )
        )
    for kind, right in _WITHDRAWERS.items():
        buttons.append(
            Button(
                name=f"withdraw-{kind}",
                label=gettext_lazy("Withdraw"),
                right=right,
                run=_reject,
                form=ReasonForm,
                shown=_waits(kind),
            )
        )
    return buttons


_LIMIT_WORDS: Final = {
    "max_order_qty": gettext_lazy("Largest order"),
    "max_position_qty": gettext_lazy("Largest position"),
    "max_working_orders": gettext_lazy("Working orders at most"),
    "max_orders_per_second": gettext_lazy("Orders a second at most"),
}


@admin.register(Proposal)
class ProposalAdmin(AurumModelAdmin):
    """Everything that needs four eyes."""

    view_right = Right.ACCOUNT_VIEW
    waits_in = ProposalState.PROPOSED
    list_display = ("id", "kind", "account_id", "what", "state", "maker", "checker", "created_at", "decided_at")
    list_select_related = ("maker", "checker")
    list_filter = ("state", "kind")
    search_fields = ("=account_id",)
    ordering = ("-id",)
    fields = (
        "kind",
        "account_id",
        "what",
        "reason",
        "state",
        "maker",
        "checker",
        "created_at",
        "decided_at",
        "outcome",
    )
    readonly_fields = ("what", "outcome")
    buttons = tuple(_decisions())

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever proposes or approves anything."""
        wanted = {*_APPROVERS.values(), *_WITHDRAWERS.values()}
        return any(self._has(request, right) for right in wanted)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As the list itself."""
        return self.has_view_permission(request)

    def waiting_words(self, row: Proposal) -> str:
        """Kind, account and act."""
        account = f" {row.account_id}" if row.account_id else ""
        return f"{ProposalKind(row.kind).label}{account} · {self.what(row)}"

    @admin.display(description=gettext_lazy("what"))
    def what(self, row: Proposal) -> str:
        """Return the proposed act in a line."""
        data = row.payload
        if row.kind == ProposalKind.CASH:
            label = CashKind(CASH_KIND_CODES[data["kind"]]).label
            return f"{label} {shown.money(data['amount_fen'])} ({data['reference']})"
        if row.kind == ProposalKind.RATES:
            margins = f"{shown.ratio(data['long_margin_ppm'])} / {shown.ratio(data['short_margin_ppm'])}"
            return f"{data['symbol']} {margins}"
        if row.kind == ProposalKind.CORRECTION:
            return f"{shown.day(data['trading_day'])} {shown.money(data['amount_fen'])}"
        if row.kind == ProposalKind.RULES:
            confirms = _("confirmed") if data["confirms"] else _("not confirmed")
            return f"{confirms} · {shown.ratio(data['withdraw_ppm'])} · {shown.money(data['reserve_fen'])}"
        if row.kind in (ProposalKind.PARAMETERS, ProposalKind.PARAMETERS_BACK):
            return payload_text(data)
        if row.kind == ProposalKind.HEDGE:
            return _("Hedging") if data["hedge"] else _("Speculation")
        return " · ".join(f"{_LIMIT_WORDS.get(name, name)} {value}" for name, value in data.items())

    @admin.display(description=gettext_lazy("outcome"))
    def outcome(self, row: Proposal) -> str:
        """Return what the counter answered."""
        result = row.result or {}
        if row.journal_seq:
            return _("Applied at journal number %(seq)s.") % {"seq": row.journal_seq}
        return str(result.get("code") or result.get("reason") or "–")
