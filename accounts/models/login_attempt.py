"""A sign-in that was tried, so that staff see attacks and can unlock a colleague."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantModel


class LoginAttempt(TenantModel):
    """One try. A known user's try is written once for each tenant he belongs to; an unknown name goes to the house.

    The typed text of an unknown name is not kept: people type passwords into that field.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+", verbose_name=_("user")
    )
    ip = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("browser"), max_length=200, blank=True)
    succeeded = models.BooleanField(_("succeeded"))
    at = models.DateTimeField(_("time"), auto_now_add=True)
    unlocked_at = models.DateTimeField(_("unlocked"), null=True, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = _("sign-in attempt")
        verbose_name_plural = _("sign-in attempts")
        indexes = (models.Index(fields=("tenant", "-at"), name="accounts_login_recent"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.at:%Y-%m-%d %H:%M:%S}"
