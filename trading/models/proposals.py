"""Acts that one person proposes and another approves. Written by the web; the counter refuses maker = checker too."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import GlobalModel, TenantModel
from trading.choices import OperatorProposalKind, ProposalKind, ProposalState


def _two_people(table: str) -> list[models.BaseConstraint]:
    """Nobody checks his own act, and what is decided names its checker, unless its maker took it back."""
    return [
        models.CheckConstraint(condition=Q(checker__isnull=True) | ~Q(checker=F("maker")), name=f"{table}_four_eyes"),
        models.CheckConstraint(
            condition=Q(state=ProposalState.PROPOSED, checker__isnull=True)
            | Q(state=ProposalState.WITHDRAWN)
            | Q(checker__isnull=False),
            name=f"{table}_decided",
        ),
    ]


class ProposalFields(models.Model):
    """What was asked, by whom, who decided, and what came of it."""

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

    class Meta:
        abstract = True


class Proposal(ProposalFields, TenantModel):
    """An act of a broker."""

    aurum_scope = "account"

    kind = models.CharField(_("kind"), max_length=16, choices=ProposalKind)
    # Empty for an act on the whole broker (rates).
    account_id = models.BigIntegerField(_("account"), null=True)

    class Meta(TenantModel.Meta):
        db_table = "trading_proposal"
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-id"]
        constraints = _two_people("trading_proposal")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class OperatorProposal(ProposalFields, GlobalModel):
    """An act of the platform for all brokers; only operators see it (row policy)."""

    kind = models.CharField(_("kind"), max_length=16, choices=OperatorProposalKind)
    # The name in the audit of a row that was taken over from an earlier table ("venue proposal 3").
    former = models.CharField(max_length=64, default="", blank=True, editable=False)

    class Meta(GlobalModel.Meta):
        db_table = "trading_operator_proposal"
        verbose_name = _("operators' proposal")
        verbose_name_plural = _("operators' proposals")
        ordering = ["-id"]
        constraints = _two_people("trading_operator_proposal")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def audit_name(self) -> str:
        """The name under which the audit knows it."""
        return self.former or f"operators' proposal {self.pk}"
