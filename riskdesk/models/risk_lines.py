"""The ladder of lines of a broker, versioned: proposed by one person, in force once another has approved."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantModel
from riskdesk.choices import LinesState
from trading.choices import MarginBasis


class RiskLines(TenantModel):
    """Lines of one basis in millionths of risk degree; `automatic` lets them close by force without an officer.

    `pay_by_min` is the deadline of a margin call: minutes after midnight of the next trading day, Shanghai time; None
    sets no deadline.
    """

    basis = models.SmallIntegerField(_("margin basis"), choices=MarginBasis)
    warn_ppm = models.IntegerField(_("warn"))
    call_ppm = models.IntegerField(_("margin call"))
    close_only_ppm = models.IntegerField(_("close only"))
    liquidate_ppm = models.IntegerField(_("liquidate"))
    target_ppm = models.IntegerField(_("target"))
    automatic = models.BooleanField(_("automatic"), default=False)
    pay_by_min = models.SmallIntegerField(_("deadline of a margin call"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=16, choices=LinesState, default=LinesState.PROPOSED)
    reason = models.CharField(_("reason"), max_length=400, default="", blank=True)
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("maker")
    )
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, null=True, blank=True,
        verbose_name=_("checker"),
    )  # fmt: skip
    created_at = models.DateTimeField(_("proposed"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True)

    class Meta(TenantModel.Meta):
        db_table = "riskdesk_lines"
        verbose_name = _("risk lines")
        verbose_name_plural = _("risk lines")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "basis"], condition=Q(state=LinesState.IN_FORCE), name="riskdesk_lines_in_force"
            ),
            models.CheckConstraint(
                condition=Q(
                    warn_ppm__gt=0,
                    warn_ppm__lte=F("call_ppm"),
                    call_ppm__lte=F("close_only_ppm"),
                    close_only_ppm__lte=F("liquidate_ppm"),
                    target_ppm__gt=0,
                    target_ppm__lt=F("liquidate_ppm"),
                ),
                name="riskdesk_lines_ladder",
            ),
            models.CheckConstraint(
                condition=Q(pay_by_min__isnull=True) | Q(pay_by_min__gte=0, pay_by_min__lt=24 * 60),
                name="riskdesk_lines_pay_by",
            ),
            models.CheckConstraint(
                condition=Q(checker__isnull=True) | ~Q(checker=F("maker")), name="riskdesk_lines_four_eyes"
            ),
            models.CheckConstraint(
                condition=Q(state=LinesState.PROPOSED) | Q(checker__isnull=False) | Q(state=LinesState.REFUSED),
                name="riskdesk_lines_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_basis_display()} {self.id}"
