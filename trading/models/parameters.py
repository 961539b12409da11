"""Dated parameters as the counter took them in: rows of the exchange, of a broker, of a broker's client.

Three tables because three circles may read them: everybody, a broker's people, whoever sees the account. History stays:
a row that a later one took the place of, or that was withdrawn, is kept.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import GlobalModel
from trading.models.base import EngineAccountRow, EngineTenantRow


class ParameterFields(models.Model):
    """What a row says, about what, from when, and who stands behind it. The id is the counter's number of the row."""

    id = models.BigIntegerField(_("row"), primary_key=True)
    instrument_id = models.IntegerField(default=0)  # 0: of the whole product
    product = models.TextField(default="", blank=True)  # "SHFE.au"; empty for one contract
    hedge = models.BooleanField(_("hedging only"))
    effective_day = models.IntegerField(_("from trading day"))  # YYYYMMDD
    said: Any = models.JSONField()  # the stated fields of `trading.engine.parameters.Parameters`, by name
    source = models.TextField(_("source"))
    maker = models.TextField(_("maker"))
    checker = models.TextField(_("checker"))
    at_ns = models.BigIntegerField()
    seq = models.BigIntegerField()
    withdrawn_seq = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


class ExchangeParameters(ParameterFields, GlobalModel):
    """A row of the exchange, for everybody."""

    class Meta(GlobalModel.Meta):
        db_table = "trading_parameter_exchange"
        verbose_name = _("exchange's parameters")
        verbose_name_plural = _("exchange's parameters")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.id)


class TenantParameters(ParameterFields, EngineTenantRow):
    """A row of a broker, for all its clients."""

    class Meta(EngineTenantRow.Meta):
        db_table = "trading_parameter_tenant"
        verbose_name = _("broker's parameters")
        verbose_name_plural = _("broker's parameters")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.id)


class ClientParameters(ParameterFields, EngineAccountRow):
    """A row of a broker for one account."""

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_parameter_client"
        verbose_name = _("account's parameters")
        verbose_name_plural = _("accounts' parameters")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.id)
