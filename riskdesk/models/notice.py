"""What a client was told of his risk, and how far the telling has come."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import AccountModel
from riskdesk.choices import DeadlineState, NoticeKind, NoticeState
from riskdesk.liquidation.deadline import missing_fen
from trading.choices import MarginBasis


class RiskNotice(AccountModel):
    """One notice: sent when a level was reached, then delivered, read, confirmed. One stands a level and basis.

    A margin call may have a deadline, `due_at`; then `met_at` or `missed_at` says what came of it. These three are the
    venue's time, all others the wall's.
    """

    kind = models.SmallIntegerField(_("notice"), choices=NoticeKind)
    basis = models.SmallIntegerField(_("margin basis"), choices=MarginBasis)
    line_ppm = models.IntegerField()
    degree_ppm = models.BigIntegerField()
    equity_fen = models.BigIntegerField()
    margin_fen = models.BigIntegerField()
    short_fen = models.BigIntegerField(default=0)  # money that would bring the degree down to 100 %
    trigger_seq = models.BigIntegerField()
    sent_at = models.DateTimeField(_("sent"))
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    read_at = models.DateTimeField(_("read"), null=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    ended_at = models.DateTimeField(_("ended"), null=True)
    due_at = models.DateTimeField(_("deadline"), null=True)
    met_at = models.DateTimeField(_("deadline met"), null=True)
    missed_at = models.DateTimeField(_("deadline missed"), null=True)

    class Meta(AccountModel.Meta):
        db_table = "riskdesk_notice"
        verbose_name = _("risk notice")
        verbose_name_plural = _("risk notices")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account_id", "basis", "kind"],
                condition=Q(ended_at__isnull=True),
                name="riskdesk_notice_standing",
            ),
            # Told once at most what came of the deadline, and only where there is one.
            models.CheckConstraint(
                condition=Q(met_at__isnull=True, missed_at__isnull=True)
                | Q(due_at__isnull=False, kind=NoticeKind.MARGIN_CALL, met_at__isnull=True)
                | Q(due_at__isnull=False, kind=NoticeKind.MARGIN_CALL, missed_at__isnull=True),
                name="riskdesk_notice_deadline",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(due_at__isnull=False, ended_at__isnull=True, missed_at__isnull=True),
                name="riskdesk_notice_due",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.get_kind_display()}"

    @property
    def state(self) -> NoticeState:
        """How far it has come."""
        if self.confirmed_at is not None:
            return NoticeState.CONFIRMED
        if self.read_at is not None:
            return NoticeState.READ
        return NoticeState.SENT if self.delivered_at is None else NoticeState.DELIVERED

    @property
    def deadline(self) -> DeadlineState | None:
        """What has become of the deadline; None where there is none."""
        if self.due_at is None:
            return None
        if self.missed_at is not None:
            return DeadlineState.MISSED
        return DeadlineState.RUNNING if self.met_at is None else DeadlineState.MET

    @property
    def pay_fen(self) -> int:
        """Money that would have brought the degree down to the line at the notice's figures; from 0."""
        return missing_fen(self.margin_fen, self.equity_fen, self.line_ppm)
