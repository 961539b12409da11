"""A client is a broker's customer; a holder row says which client holds which money account."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.choices import ClientKind, ClientStatus
from accounts.tenancy.models import AccountModel, TenantModel


class Client(TenantModel):
    """A customer of one broker, with or without a login."""

    number = models.CharField(_("client number"), max_length=24)
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=16, choices=ClientKind.choices, default=ClientKind.NATURAL)
    status = models.CharField(_("status"), max_length=8, choices=ClientStatus.choices, default=ClientStatus.ACTIVE)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("user"),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta(TenantModel.Meta):
        abstract = False
        verbose_name = _("client")
        verbose_name_plural = _("clients")
        constraints = (models.UniqueConstraint(fields=("tenant", "number"), name="accounts_client_number"),)

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class AccountHolder(AccountModel):
    """Which client holds a money account. One row an account, written by whoever opens accounts.

    It is also the object that single-account grants hang on, because the account itself lives in a later app.
    """

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+", verbose_name=_("client"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta(AccountModel.Meta):
        abstract = False
        verbose_name = _("account holder")
        verbose_name_plural = _("account holders")
        permissions = (("view_account", "May look at the account"), ("trade_account", "May trade for the account"))
        constraints = (models.UniqueConstraint(fields=("tenant", "account_id"), name="accounts_holder_account"),)

    def __str__(self) -> str:
        return str(self.account_id)
