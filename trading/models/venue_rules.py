"""What venue rules make of contracts: ladders of one-sided markets, roads to delivery, lots that expired."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import GlobalModel
from trading.choices import PositionSide, Side
from trading.models.base import EngineAccountRow, plain_instrument


class ContractRules(GlobalModel):
    """One contract under its venue's rules, as the engine last said. A contract without a row is under none."""

    instrument = models.OneToOneField(
        "trading.Instrument",
        on_delete=models.DO_NOTHING,
        primary_key=True,
        related_name="rules",
        db_constraint=False,
        verbose_name=_("contract"),
    )
    one_sided = models.SmallIntegerField(_("one-sided"), null=True, choices=Side)
    ladder_step = models.SmallIntegerField(_("ladder step"), default=0, db_default=0)
    ladder_side = models.SmallIntegerField(_("direction"), null=True, choices=Side)
    limit_ppm = models.IntegerField(_("price limit in force"), default=0, db_default=0)
    margin_floor_ppm = models.IntegerField(_("least margin"), default=0, db_default=0)
    lot_multiple = models.IntegerField(_("lots in multiples of"), default=1, db_default=1)
    position_limit = models.IntegerField(_("largest position"), default=0, db_default=0)
    closed_to_natural = models.BooleanField(_("closed to natural persons"), default=False, db_default=False)
    expired = models.BooleanField(_("expired"), default=False, db_default=False)
    trading_day = models.IntegerField(_("trading day"), default=0, db_default=0)
    # {"steps": [[from day, margin, multiple, limit] …], "natural_open_day": …, "natural_zero_day": …}
    delivery: Any = models.JSONField(null=True)
    delivery_maker = models.TextField(default="", db_default="")
    delivery_checker = models.TextField(default="", db_default="")
    seq = models.BigIntegerField()

    class Meta:
        db_table = "trading_contract_rules"
        verbose_name = _("contract under venue rules")
        verbose_name_plural = _("contracts under venue rules")

    def __str__(self) -> str:
        return str(self.instrument_id)


class LimitLadder(GlobalModel):
    """A venue's ladder of one-sided markets; without a product it is for all that have none of their own."""

    pk = models.CompositePrimaryKey("venue", "product")
    venue = models.CharField(_("venue"), max_length=64)
    product = models.CharField(_("product"), max_length=64)
    # Rows of [points added to the limit, margin points above it, halts], in millionths; empty: taken away.
    steps: Any = models.JSONField()
    maker = models.TextField()
    checker = models.TextField()
    at_ns = models.BigIntegerField()
    seq = models.BigIntegerField()
    window_s = models.IntegerField(_("window before the close, seconds"), default=300, db_default=300)

    class Meta:
        db_table = "trading_limit_ladder"


class ExpiredLots(EngineAccountRow):
    """Lots that were held when their contract expired: closed at its last settlement price, without a fee."""

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "instrument_id", "side")
    instrument = plain_instrument()
    side = models.SmallIntegerField(choices=PositionSide)
    qty = models.IntegerField()
    price_ticks = models.BigIntegerField()
    close_profit_trade_fen = models.BigIntegerField()
    trading_day = models.IntegerField()
    seq = models.BigIntegerField()

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_expired_lots"
