"""Forced liquidations (强平) as the engine tells of them, and the steps they took."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from trading.choices import ForceReason, LiquidationOutcome, MarginBasis
from trading.models.base import EngineAccountRow, plain_instrument


class Liquidation(EngineAccountRow):
    """One liquidation of one account: why it was opened, on which figures, and how it ended.

    `rows` are [contract, direction, offset, lots, lots closed]; the last is counted at the day's end and at the end,
    between them the steps' orders tell.
    """

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "number")
    number = models.BigIntegerField(_("number"))
    reason = models.SmallIntegerField(_("reason"), choices=ForceReason)
    basis = models.SmallIntegerField(_("margin basis"), choices=MarginBasis)
    trigger_seq = models.BigIntegerField()
    lines_ppm = models.JSONField(default=list)
    target_ppm = models.IntegerField()
    equity_fen = models.BigIntegerField()
    margin_fen = models.BigIntegerField()
    degree_ppm = models.BigIntegerField()
    rows = models.JSONField(default=list)
    maker = models.TextField()
    checker = models.TextField()
    trading_day = models.IntegerField()
    opened_seq = models.BigIntegerField()
    opened_ns = models.BigIntegerField()
    outcome = models.SmallIntegerField(_("outcome"), choices=LiquidationOutcome, null=True)
    end_equity_fen = models.BigIntegerField(null=True)
    end_margin_fen = models.BigIntegerField(null=True)
    end_degree_ppm = models.BigIntegerField(null=True)
    end_reason = models.TextField(default="", db_default="")
    end_actor = models.TextField(default="", db_default="")
    ended_seq = models.BigIntegerField(null=True)
    ended_ns = models.BigIntegerField(null=True)
    seq = models.BigIntegerField()

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_liquidation"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account_id"],
                condition=models.Q(outcome__isnull=True),
                name="trading_liquidation_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(outcome__isnull=True, ended_seq__isnull=True)
                | models.Q(outcome__isnull=False, ended_seq__isnull=False),
                name="trading_liquidation_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} #{self.number}"


class LiquidationStep(EngineAccountRow):
    """One order of a liquidation."""

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "number", "step")
    number = models.BigIntegerField()
    step = models.IntegerField()
    row = models.SmallIntegerField()
    order_id = models.BigIntegerField()
    instrument = plain_instrument()
    qty = models.IntegerField()
    price_ticks = models.BigIntegerField()
    actor = models.TextField()
    seq = models.BigIntegerField()
    at_ns = models.BigIntegerField()

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_liquidation_step"
