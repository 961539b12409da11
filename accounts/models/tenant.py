"""A tenant is one broker, or the house."""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import TenantKind, TenantStatus
from accounts.tenancy.models import ScopeName

HOUSE_CODE: Final = "house"
HOUSE_TENANT_ID: Final = 1
"""The house row is made by the first migration: sign-ins of unknown names and acts of the platform hang on it."""


class Tenant(models.Model):
    """A broker. Its own policies show it to its people, and to platform operators, who choose where to enter."""

    aurum_scope: ClassVar[ScopeName] = "tenant"

    code = models.SlugField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=80)
    name_en = models.CharField(_("English name"), max_length=80, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=TenantKind.choices, default=TenantKind.BROKER)
    status = models.CharField(_("status"), max_length=16, choices=TenantStatus.choices, default=TenantStatus.ACTIVE)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("tenant")
        verbose_name_plural = _("tenants")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name
