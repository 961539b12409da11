"""A liquidation that one officer proposes and another approves."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import AccountModel
from riskdesk.choices import PlanState
from trading.choices import ForceReason, MarginBasis


class LiquidationProposal(AccountModel):
    """The plan as it was built, on which figures, by whom; `number` is the engine's once it is open."""

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
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("maker")
    )
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
            models.CheckConstraint(
                condition=Q(checker__isnull=True) | ~Q(checker=F("maker")),
                name="riskdesk_liquidation_proposal_four_eyes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.state}"
