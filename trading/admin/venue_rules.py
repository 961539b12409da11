"""Rules of the venue: operators propose them and approve each other's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin, Button, Done, ReasonForm
from trading.admin import shown
from trading.admin.venue_forms import VenueRuleForm
from trading.choices import ProposalState, VenueProposalKind
from trading.engine.ladders import CLOSE_WINDOW_S
from trading.models import VenueProposal
from trading.services.venue_rules import (
    delivery_propose,
    ladder_propose,
    venue_proposal_approve,
    venue_proposal_reject,
)


def _approve(actor: Actor, row: Any, _chosen: Mapping[str, Any]) -> Done:
    decided = venue_proposal_approve(actor=actor, proposal_id=row.pk)
    if decided.state == ProposalState.APPLIED:
        return Done(_("Applied at journal number %(seq)s.") % {"seq": decided.journal_seq})
    return Done(_("The counter refused it: %(code)s.") % {"code": (decided.result or {}).get("code", "")})


def _reject(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    decided = venue_proposal_reject(actor=actor, proposal_id=row.pk, reason=chosen["reason"])
    return Done(str(ProposalState(decided.state).label))


def _waits(row: Any) -> bool:
    return bool(row.state == ProposalState.PROPOSED)


@admin.register(VenueProposal)
class VenueProposalAdmin(AurumModelAdmin):
    """Ladders of one-sided markets and roads to delivery, as proposed and decided."""

    view_right = Right.INSTRUMENT_EDIT
    add_right = Right.INSTRUMENT_EDIT
    add_form = VenueRuleForm
    list_display = ("id", "kind", "what", "state", "maker", "checker", "created_at", "decided_at")
    list_select_related = ("maker", "checker")
    list_filter = ("state", "kind")
    ordering = ("-id",)
    fields = ("kind", "what", "reason", "state", "maker", "checker", "created_at", "decided_at", "outcome")
    readonly_fields = ("what", "outcome")
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

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Propose a rule."""
        names = {"venue": chosen["venue"], "product": chosen["product"], "reason": chosen["reason"]}
        if chosen["kind"] == VenueProposalKind.LADDER:
            steps = [(ppm(add), ppm(over), halts) for add, over, halts in chosen["table"]]
            minutes = chosen.get("window_minutes") or CLOSE_WINDOW_S // 60
            proposal = ladder_propose(actor=actor, steps=steps, window_s=minutes * 60, **names)
        else:
            proposal = delivery_propose(actor=actor, rule=chosen["table"], **names)
        return Done(_("Proposal %(number)s waits for a checker.") % {"number": proposal.pk})

    def audit_target(self, row: VenueProposal) -> str:
        """Return the name that the service writes."""
        return f"venue proposal {row.pk}"

    @admin.display(description=gettext_lazy("what"))
    def what(self, row: VenueProposal) -> str:
        """Return the proposed table in a line."""
        data = row.payload
        name = f"{data['venue']}.{data['product']}" if data["product"] else data["venue"]
        if row.kind == VenueProposalKind.LADDER:
            steps = [
                f"D{number}: +{shown.ratio(add)}, +{shown.ratio(over)}" + (f" {_('halt')}" if halts else "")
                for number, (add, over, halts) in enumerate(data["steps"], 2)
            ]
            window = _("watched %(minutes)s min before the close") % {
                "minutes": f"{data.get('window_s', CLOSE_WINDOW_S) / 60:g}"
            }
            return f"{name} · " + (" · ".join([*steps, window]) if steps else _("taken away"))
        return f"{name} · " + " · ".join(_road_words(data["rule"]))

    @admin.display(description=gettext_lazy("outcome"))
    def outcome(self, row: VenueProposal) -> str:
        """Return what the core answered."""
        if row.journal_seq and row.state == ProposalState.APPLIED:
            return _("Applied at journal number %(seq)s.") % {"seq": row.journal_seq}
        result = row.result or {}
        return str(result.get("code") or result.get("reason") or "–")


def _road_words(rule: Mapping[str, Any]) -> Iterator[str]:
    """The steps of a road in the order in which they were written, each with the day it is counted from."""
    for step in rule.get("steps", []):
        margin = shown.ratio(step.get("margin_ppm") or 0)
        limit = step.get("position_limit") or "∞"
        yield f"{_anchor(step)}: {margin}, × {step.get('lot_multiple') or 1}, ≤ {limit}"
    for name in ("natural_open", "natural_zero"):
        if rule.get(name):
            yield f"{name}: {_anchor(rule[name])}"


def _anchor(step: Mapping[str, Any]) -> str:
    return f"{step['anchor']} {step['n']}" if step.get("n") else str(step["anchor"])


def ppm(percent: Decimal) -> int:
    """Percent points as millionths."""
    return int(percent * 10_000)
