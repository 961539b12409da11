"""A key by which a program acts for its owner."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import KeyPurpose, KeyScope
from accounts.tenancy.models import TenantModel


class ApiKey(TenantModel):
    """A public id, the hash of a 256-bit secret that was shown once, and the bounds of what it opens."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("user")
    )
    public_id = models.CharField(_("key"), max_length=64, unique=True)
    secret_sha256 = models.CharField(max_length=64, editable=False)
    label = models.CharField(_("label"), max_length=60)
    purpose = models.CharField(_("purpose"), max_length=8, choices=KeyPurpose.choices, default=KeyPurpose.PERSON)
    scopes = ArrayField(models.CharField(max_length=8, choices=KeyScope.choices), verbose_name=_("scopes"))
    # An empty list lets every address in; the page says so.
    allowed_networks = ArrayField(
        models.CharField(max_length=43), default=list, blank=True, verbose_name=_("allowed addresses")
    )
    # NULL: every account its owner may trade, also those opened later.
    account_ids = ArrayField(models.BigIntegerField(), null=True, blank=True, verbose_name=_("accounts"))
    cancel_on_disconnect_s = models.PositiveSmallIntegerField(_("cancel on disconnect, seconds"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    last_used_ip = models.GenericIPAddressField(_("last address"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(cancel_on_disconnect_s__isnull=True)
                | models.Q(cancel_on_disconnect_s__gte=3, cancel_on_disconnect_s__lte=300),
                name="accounts_apikey_cancel_3_300",
            ),
            models.CheckConstraint(condition=~models.Q(secret_sha256=""), name="accounts_apikey_hashed"),
        )
        indexes = (models.Index(fields=("tenant", "user"), name="accounts_apikey_owner"),)

    def __str__(self) -> str:
        return self.public_id

    @property
    def scope_words(self) -> str:
        """What the key may do, in words."""
        words = dict(KeyScope.choices)
        return " · ".join(str(words.get(scope, scope)) for scope in self.scopes)
