"""What operators propose to each other: one list of everything that holds for all brokers and waits for a second."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin, Button, Done, ReasonForm
from trading.admin import operator_words
from trading.admin.venue_forms import VenueRuleForm
from trading.choices import OperatorProposalKind, ProposalState
from trading.engine.ladders import CLOSE_WINDOW_S
from trading.models import OperatorProposal
from trading.services.operator_proposals import operator_proposal_approve, operator_proposal_reject
from trading.services.venue_rules import delivery_propose, ladder_propose


def _approve(actor: Actor, row: Any, _chosen: Mapping[str, Any]) -> Done:
    decided = operator_proposal_approve(actor=actor, proposal_id=row.pk)
    if decided.state == ProposalState.APPLIED:
        return Done(_("Applied at journal number %(seq)s.") % {"seq": decided.journal_seq})
    return Done(_("The counter refused it: %(code)s.") % {"code": (decided.result or {}).get("code", "")})


def _reject(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    decided = operator_proposal_reject(actor=actor, proposal_id=row.pk, reason=chosen["reason"])
    return Done(str(ProposalState(decided.state).label))


def _waits(row: Any) -> bool:
    return bool(row.state == ProposalState.PROPOSED)


@admin.register(OperatorProposal)
class OperatorProposalAdmin(AurumModelAdmin):
    """Rows of the exchange, venue rules, contracts: as proposed and decided. Venue rules are proposed here."""

    view_right = Right.INSTRUMENT_EDIT
    waits_in = ProposalState.PROPOSED
    add_right = Right.INSTRUMENT_EDIT
    add_form = VenueRuleForm
    list_display = ("id", "kind", "what", "state", "maker", "checker", "created_at", "decided_at")
    list_select_related = ("maker", "checker")
    list_filter = ("state", "kind")
    ordering = ("-id",)
    fields = ("kind", "act", "reason", "state", "maker", "checker", "created_at", "decided_at", "outcome")
    readonly_fields = ("act", "outcome")
    buttons = (
        Button(name="approve", label=gettext_lazy("Approve"), right=Right.INSTRUMENT_EDIT, run=_approve, shown=_waits),
        Button(
            name="refuse",
            label=gettext_lazy("Refuse"),
            right=Right.INSTRUMENT_EDIT,
            run=_reject,
            form=ReasonForm,
            shown=_waits,
            danger=True,
        ),
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Operators only: the row policy shows the rows to nobody else."""
        return self._has(request, Right.INSTRUMENT_EDIT)

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Propose a venue rule."""
        names = {"venue": chosen["venue"], "product": chosen["product"], "reason": chosen["reason"]}
        if chosen["kind"] == OperatorProposalKind.LADDER:
            steps = [(ppm(add), ppm(over), halts) for add, over, halts in chosen["table"]]
            minutes = chosen.get("window_minutes") or CLOSE_WINDOW_S // 60
            proposal = ladder_propose(actor=actor, steps=steps, window_s=minutes * 60, **names)
        else:
            proposal = delivery_propose(actor=actor, rule=chosen["table"], **names)
        return Done(_("Proposal %(number)s waits for a checker.") % {"number": proposal.pk})

    def audit_target(self, row: OperatorProposal) -> str:
        """Return the name that the service writes."""
        return row.audit_name

    def waiting_words(self, row: OperatorProposal) -> str:
        """Kind and act."""
        return f"{OperatorProposalKind(row.kind).label} · {self.what(row)}"

    @admin.display(description=gettext_lazy("what"))
    def what(self, row: OperatorProposal) -> str:
        """Return the proposed act in a line."""
        return " · ".join(operator_words.lines(row.kind, row.payload))

    @admin.display(description=gettext_lazy("what"))
    def act(self, row: OperatorProposal) -> SafeString:
        """Return the proposed act, a line for each thing it says."""
        return format_html_join("", "<div>{}</div>", ((line,) for line in operator_words.lines(row.kind, row.payload)))

    @admin.display(description=gettext_lazy("outcome"))
    def outcome(self, row: OperatorProposal) -> str:
        """Return what the counter answered."""
        result = row.result or {}
        if row.state == ProposalState.APPLIED:
            return _("Applied at journal number %(seq)s.") % {"seq": row.journal_seq}
        return str(result.get("code") or result.get("reason") or "–")


def ppm(percent: Decimal) -> int:
    """Percent points as millionths."""
    return int(percent * 10_000)
