"""The time a platform operator spends inside one tenant."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantModel


class OperatorEntry(TenantModel):
    """Staff power, switched on for a while with a reason; seen by the tenant it concerns."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("user")
    )
    reason = models.CharField(_("reason"), max_length=200)
    entered_at = models.DateTimeField(_("entered"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"))
    left_at = models.DateTimeField(_("left"), null=True, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = _("operator's entry")
        verbose_name_plural = _("operator's entries")
        constraints = (
            models.UniqueConstraint(
                fields=("user",), condition=models.Q(left_at__isnull=True), name="accounts_entry_one_at_a_time"
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="accounts_entry_has_reason"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} {self.reason}"
