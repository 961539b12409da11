"""Statements as stored, what clients confirmed of them, how days were put right, and each broker's rules for both."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import GlobalModel
from trading.models.base import EngineAccountRow, EngineTenantRow


class Statement(EngineAccountRow):
    """One account's statement of one ended day in one version; never changed once written.

    `body` is the statement in its canonical form, `sha256` its hash. The money columns repeat what the body says, for
    lists and for the proof page, and are compared with it by `manage.py statements --check`.
    """

    id = models.BigAutoField(primary_key=True)
    trading_day = models.IntegerField(_("trading day"))
    version = models.IntegerField(_("version"))
    equity_fen = models.BigIntegerField()
    balance_trade_fen = models.BigIntegerField()
    floating_fen = models.BigIntegerField()
    margin_fen = models.BigIntegerField()
    margin_call_fen = models.BigIntegerField()
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    body = models.BinaryField()
    seq = models.BigIntegerField()  # of the settlement, of a later version that of its correction
    made_ns = models.BigIntegerField()

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_statement"
        verbose_name = _("statement")
        verbose_name_plural = _("statements")
        ordering = ["-trading_day", "account_id", "-version"]
        constraints = [
            models.CheckConstraint(condition=Q(version__gte=1), name="trading_statement_version"),
            models.UniqueConstraint(
                fields=("tenant", "account_id", "trading_day", "version"), name="trading_statement_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.trading_day} v{self.version}"


class StatementDay(GlobalModel):
    """An ended day whose statements are all made. `contracts`: settlement prices to begin the next day with."""

    trading_day = models.IntegerField(primary_key=True)
    through_seq = models.BigIntegerField()  # the day's last journal number
    accounts = models.IntegerField()
    contracts: Any = models.BinaryField()
    made_ns = models.BigIntegerField()
    # The accounts that hedged at the day's end; null where the day's statements do not say what an account is for.
    hedging: Any = models.JSONField(null=True)

    class Meta:
        db_table = "trading_statement_day"


class Confirmation(EngineAccountRow):
    """A client agreed to a statement."""

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "trading_day", "version")
    trading_day = models.IntegerField()
    version = models.IntegerField()
    actor = models.TextField()
    at_ns = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_confirmation"


class Correction(EngineAccountRow):
    """An ended day was put right: `version` of its statement, and money on `booked_trading_day`."""

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "trading_day", "version")
    trading_day = models.IntegerField()
    version = models.IntegerField()
    booked_trading_day = models.IntegerField()
    amount_fen = models.BigIntegerField()
    reason = models.TextField()
    reference = models.TextField()
    maker = models.TextField()
    checker = models.TextField()
    at_ns = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_correction"
        constraints = [models.CheckConstraint(condition=~Q(amount_fen=0), name="trading_correction_amount")]


class TenantRules(EngineTenantRow):
    """A broker's rules, as approved by its maker and checker: confirming statements, what of the money may leave."""

    tenant = models.OneToOneField(
        "accounts.Tenant",
        on_delete=models.DO_NOTHING,
        primary_key=True,
        related_name="+",
        db_constraint=False,
        editable=False,
    )
    confirms = models.BooleanField(_("statements are confirmed"))
    withdraw_ppm = models.IntegerField()
    reserve_fen = models.BigIntegerField()
    maker = models.TextField(_("maker"))
    checker = models.TextField(_("checker"))
    at_ns = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta(EngineTenantRow.Meta):
        db_table = "trading_tenant_rules"
        verbose_name = _("broker's rules")
        verbose_name_plural = _("broker's rules")

    def __str__(self) -> str:
        return str(self.tenant_id)
