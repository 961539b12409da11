"""One line of the audit: who did what, for which tenant, before and after."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantModel


class AuditEntry(TenantModel):
    """Insert-only and hash-chained per tenant: `hash` covers every field and the hash before it."""

    number = models.BigIntegerField(_("number"))
    at = models.DateTimeField(_("time"))
    # Plain numbers, not foreign keys: an audit line outlives what it speaks of.
    user_id = models.BigIntegerField(_("user number"), null=True)
    username = models.CharField(_("user"), max_length=150)
    via = models.CharField(_("through"), max_length=12)
    ip = models.CharField(_("address"), max_length=45, blank=True)
    action = models.CharField(_("action"), max_length=64)
    target = models.CharField(_("target"), max_length=160)
    before = models.JSONField(_("before"), null=True)
    after = models.JSONField(_("after"), null=True)
    reason = models.CharField(_("reason"), max_length=400, blank=True)
    journal_seq = models.BigIntegerField(_("journal number"), null=True)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        constraints = (models.UniqueConstraint(fields=("tenant", "number"), name="accounts_audit_number"),)
        indexes = (models.Index(fields=("tenant", "target"), name="accounts_audit_target"),)

    def __str__(self) -> str:
        return f"{self.number} {self.action}"
