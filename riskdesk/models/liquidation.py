"""A liquidation that one officer proposes, or a rule, and another officer approves."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import AccountModel
from riskdesk.choices import PlanState
from riskdesk.models.notice import RiskNotice
from trading.choices import ForceReason, MarginBasis


class LiquidationProposal(AccountModel):
    """The plan as it was built, on which figures, by whom; `number` is the engine's once it is open.

    Without a maker it was proposed by rule, because the deadline of the margin call `notice` was missed.
    """

    reason = models.SmallIntegerField(_("reason"), choices=ForceReason)
    basis = models.SmallIntegerField(_("margin basis"), choices=MarginBasis)
    trigger_seq = models.BigIntegerField()
    lines_ppm: Any = models.JSONField(default=list)
    target_ppm = models.IntegerField()
    equity_fen = models.BigIntegerField()
    margin_fen = models.BigIntegerField()
    degree_ppm = models.BigIntegerField()
    rows: Any = models.JSONField(default=list)  # [contract, direction, offset, lots, lots needed at the last prices]
    note = models.CharField(_("note"), max_length=400, default="", blank=True)
    state = models.CharField(_("state"), max_length=16, choices=PlanState, default=PlanState.PROPOSED)
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, null=True,
        verbose_name=_("maker"),
    )  # fmt: skip
    notice = models.ForeignKey(
        RiskNotice, on_delete=models.PROTECT, related_name="+", db_index=False, null=True,
        verbose_name=_("risk notice"),
    )  # fmt: skip
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, null=True,
        verbose_name=_("checker"),
    )  # fmt: skip
    number = models.BigIntegerField(null=True)
    journal_seq = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(_("proposed"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True)

    class Meta(AccountModel.Meta):
        db_table = "riskdesk_liquidation_proposal"
        verbose_name = _("proposed liquidation")
        verbose_name_plural = _("proposed liquidations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account_id"],
                condition=Q(state=PlanState.PROPOSED),
                name="riskdesk_liquidation_proposal_one",
            ),
            # A missed deadline gives one plan, whatever happens to the process that proposes it.
            models.UniqueConstraint(fields=["tenant", "notice"], name="riskdesk_liquidation_proposal_notice"),
            models.CheckConstraint(
                condition=Q(maker__isnull=False, notice__isnull=True) | Q(maker__isnull=True, notice__isnull=False),
                name="riskdesk_liquidation_proposal_by",
            ),
            models.CheckConstraint(
                condition=Q(checker__isnull=True) | ~Q(checker=F("maker")),
                name="riskdesk_liquidation_proposal_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.state}"
