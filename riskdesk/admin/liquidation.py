"""Lines of risk by maker and checker; notices and proposed liquidations to look at."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin, Button, Done, ReasonForm
from riskdesk.choices import LinesState
from riskdesk.liquidation.deadline import clock_text
from riskdesk.liquidation.ladder import Lines
from riskdesk.models import LiquidationProposal, RiskLines, RiskNotice
from riskdesk.services.lines import lines_approve, lines_propose, lines_refuse
from trading.admin.shown import money, ratio
from trading.choices import MarginBasis

_PPM_A_PERCENT: Final = 10_000


def _percent(label: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, min_value=Decimal("0.01"), max_value=Decimal(90_000), decimal_places=2)


class LinesForm(forms.Form):
    """A ladder of one basis in percent of risk degree, to be approved by another person."""

    basis = forms.TypedChoiceField(label=gettext_lazy("margin basis"), choices=MarginBasis.choices, coerce=int)
    warn = _percent(gettext_lazy("Warn"))
    call = _percent(gettext_lazy("Margin call"))
    close_only = _percent(gettext_lazy("Close only"))
    liquidate = _percent(gettext_lazy("Liquidate"))
    target = _percent(gettext_lazy("Target"))
    automatic = forms.BooleanField(label=gettext_lazy("automatic"), required=False)
    pay_by = forms.TimeField(
        label=gettext_lazy("Deadline of a margin call"), required=False, input_formats=["%H:%M"],
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("Time of the next trading day, Shanghai time; empty: no deadline."),
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


def _propose(actor: Actor, chosen: Mapping[str, Any]) -> Any:
    names = ("warn", "call", "close_only", "liquidate", "target")
    warn, call, close_only, liquidate, target = (int(chosen[name] * _PPM_A_PERCENT) for name in names)
    at = chosen["pay_by"]
    pay_by_min = None if at is None else at.hour * 60 + at.minute
    lines = Lines(chosen["basis"], warn, call, close_only, liquidate, target, chosen["automatic"], pay_by_min)
    return lines_propose(actor=actor, lines=lines, reason=chosen["reason"])


def _approve(actor: Actor, row: Any, _chosen: Mapping[str, Any]) -> Done:
    lines_approve(actor=actor, lines_id=row.pk)
    return Done(_("In force."))


def _refuse(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    lines_refuse(actor=actor, lines_id=row.pk, reason=chosen["reason"])
    return Done(_("Refused."))


def _waits(row: Any) -> bool:
    return bool(row.state == LinesState.PROPOSED)


@admin.register(RiskLines)
class RiskLinesAdmin(AurumModelAdmin):
    """Every version of the lines; the add form proposes one, the buttons decide."""

    view_right = Right.RISK_VIEW
    waits_in = LinesState.PROPOSED
    add_right = Right.RISK_INTERVENE
    add_form = LinesForm
    list_display = (
        "id", "basis", "ladder", "target", "automatic", "pay_by", "state", "maker", "checker", "created_at",
    )  # fmt: skip
    fields = (
        "basis", "ladder", "target", "automatic", "pay_by", "state", "reason", "maker", "checker", "created_at",
        "decided_at",
    )  # fmt: skip
    list_select_related = ("maker", "checker")
    list_filter = ("state", "basis")
    ordering = ("-id",)
    buttons: ClassVar[tuple[Button, ...]] = (
        Button(
            name="approve", label=gettext_lazy("Approve"), right=Right.RISK_INTERVENE, run=_approve, shown=_waits
        ),
        Button(
            name="refuse", label=gettext_lazy("Refuse"), right=Right.RISK_INTERVENE, run=_refuse, form=ReasonForm,
            shown=_waits, danger=True,
        ),
    )  # fmt: skip

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Propose."""
        _propose(actor, chosen)
        return Done(_("Proposed; another person has to approve it."))

    def waiting_words(self, row: RiskLines) -> str:
        """Basis and lines."""
        return f"{row.get_basis_display()} · {self.ladder(row)}"

    @admin.display(description=gettext_lazy("lines"))
    def ladder(self, row: RiskLines) -> str:
        """Return the four lines in percent."""
        lines = (row.warn_ppm, row.call_ppm, row.close_only_ppm, row.liquidate_ppm)
        return " / ".join(f"{ppm / _PPM_A_PERCENT:g} %" for ppm in lines)

    @admin.display(description=gettext_lazy("Deadline of a margin call"), ordering="pay_by_min")
    def pay_by(self, row: RiskLines) -> str:
        """Return the time of the next trading day by which a margin call must be met."""
        return clock_text(row.pay_by_min) or "–"

    @admin.display(description=gettext_lazy("Target"), ordering="target_ppm")
    def target(self, row: RiskLines) -> str:
        """Return the degree at which a liquidation is over."""
        return ratio(row.target_ppm)


@admin.register(RiskNotice)
class RiskNoticeAdmin(AurumModelAdmin):
    """What clients were told, and how far the telling has come."""

    view_right = Right.RISK_VIEW
    engine_owned = True
    list_display = (
        "sent_at", "account_id", "kind", "basis", "degree", "delivered_at", "read_at", "confirmed_at", "due_at",
        "deadline", "ended_at",
    )  # fmt: skip
    list_filter = ("kind", "basis")
    search_fields = ("=account_id",)
    ordering = ("-id",)
    fields = (
        "account_id", "kind", "basis", "line", "degree", "equity", "margin", "short", "trigger_seq", "sent_at",
        "delivered_at", "read_at", "confirmed_at", "confirmed_by", "due_at", "met_at", "missed_at", "ended_at",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("what became of the deadline"))
    def deadline(self, row: RiskNotice) -> str:
        """Return what has become of the deadline."""
        return str(row.deadline.label) if row.deadline is not None else "–"

    @admin.display(description=gettext_lazy("risk degree"), ordering="degree_ppm")
    def degree(self, row: RiskNotice) -> str:
        """Return the risk degree that the client was told of."""
        return ratio(row.degree_ppm)

    @admin.display(description=gettext_lazy("line"))
    def line(self, row: RiskNotice) -> str:
        """Return the line that was passed."""
        return ratio(row.line_ppm)

    @admin.display(description=gettext_lazy("equity"))
    def equity(self, row: RiskNotice) -> str:
        """Return the equity then."""
        return money(row.equity_fen)

    @admin.display(description=gettext_lazy("margin"))
    def margin(self, row: RiskNotice) -> str:
        """Return the margin then, on the notice's basis."""
        return money(row.margin_fen)

    @admin.display(description=gettext_lazy("short of"))
    def short(self, row: RiskNotice) -> str:
        """Return what was missing."""
        return money(row.short_fen)


@admin.register(LiquidationProposal)
class LiquidationProposalAdmin(AurumModelAdmin):
    """Proposed liquidations; the place to act is the desk."""

    view_right = Right.RISK_VIEW
    engine_owned = True
    list_display = ("id", "account_id", "reason", "basis", "degree", "state", "maker", "checker", "number")
    list_select_related = ("maker", "checker")
    list_filter = ("state",)
    search_fields = ("=account_id",)
    ordering = ("-id",)
    fields = (
        "account_id", "reason", "basis", "degree", "equity", "margin", "lines", "target", "rows", "trigger_seq",
        "state", "maker", "notice", "checker", "number", "journal_seq", "created_at", "decided_at",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("risk degree"), ordering="degree_ppm")
    def degree(self, row: LiquidationProposal) -> str:
        """Return the risk degree behind the proposal."""
        return ratio(row.degree_ppm)

    @admin.display(description=gettext_lazy("equity"))
    def equity(self, row: LiquidationProposal) -> str:
        """Return the equity behind the proposal."""
        return money(row.equity_fen)

    @admin.display(description=gettext_lazy("margin"))
    def margin(self, row: LiquidationProposal) -> str:
        """Return the margin behind the proposal, on its basis."""
        return money(row.margin_fen)

    @admin.display(description=gettext_lazy("lines"))
    def lines(self, row: LiquidationProposal) -> str:
        """Return the lines that were in force."""
        return " / ".join(ratio(ppm) for ppm in row.lines_ppm)

    @admin.display(description=gettext_lazy("Target"))
    def target(self, row: LiquidationProposal) -> str:
        """Return the degree at which the liquidation would be over."""
        return ratio(row.target_ppm)
