"""Acts that one person proposes and another approves. Written by the web; the counter refuses maker = checker too."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantModel
from trading.choices import ProposalKind, ProposalState


class Proposal(TenantModel):
    """What was asked, by whom, who decided, and what came of it."""

    aurum_scope = "account"

    kind = models.CharField(_("kind"), max_length=16, choices=ProposalKind)
    # Empty for an act on the whole broker (rates).
    account_id = models.BigIntegerField(_("account"), null=True)
    payload: Any = models.JSONField()
    reason = models.CharField(_("reason"), max_length=400, default="", blank=True)
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("maker"),
    )
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("checker"),
    )
    state = models.CharField(_("state"), max_length=16, choices=ProposalState, default=ProposalState.PROPOSED)
    result: Any = models.JSONField(null=True, blank=True)
    journal_seq = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(_("proposed"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True)

    class Meta(TenantModel.Meta):
        db_table = "trading_proposal"
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(checker__isnull=True) | ~Q(checker=F("maker")), name="trading_proposal_four_eyes"
            ),
            models.CheckConstraint(
                condition=Q(state=ProposalState.PROPOSED, checker__isnull=True)
                | Q(state=ProposalState.WITHDRAWN)
                | Q(checker__isnull=False),
                name="trading_proposal_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
