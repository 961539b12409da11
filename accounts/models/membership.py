"""A membership gives a user one role in one tenant."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import MembershipStatus, Reach, RoleName
from accounts.tenancy.models import TenantModel


class Membership(TenantModel):
    """One role of one user in one tenant; several rows give several roles."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("user")
    )
    role = models.CharField(_("role"), max_length=24, choices=RoleName.choices)
    reach = models.CharField(_("reach"), max_length=8, choices=Reach.choices, default=Reach.ALL)
    status = models.CharField(
        _("status"), max_length=8, choices=MembershipStatus.choices, default=MembershipStatus.ACTIVE
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = (models.UniqueConstraint(fields=("tenant", "user", "role"), name="accounts_membership_once"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"
