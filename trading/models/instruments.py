"""Contracts, trading days and kill switches: what everybody may read."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import GlobalModel
from portal.lib.money import ticks_to_text
from trading.choices import KillScope, Phase


class Instrument(GlobalModel):
    """One futures contract with the parameters in force; the engine's number is the key."""

    id = models.IntegerField(primary_key=True)
    symbol = models.CharField(_("symbol"), max_length=40, unique=True)
    venue = models.CharField(_("venue"), max_length=12)
    product = models.CharField(max_length=12)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    multiplier = models.IntegerField(_("units a lot"))
    tick_e4 = models.IntegerField()
    tick_value_fen = models.BigIntegerField()
    long_margin_ppm = models.IntegerField()
    short_margin_ppm = models.IntegerField()
    open_fee_fen = models.IntegerField()
    close_fee_fen = models.IntegerField()
    close_today_fee_fen = models.IntegerField()
    open_fee_ppm = models.IntegerField()
    close_fee_ppm = models.IntegerField()
    close_today_fee_ppm = models.IntegerField()
    limit_ppm = models.IntegerField()
    band_rounds_down = models.BooleanField()
    close_means_yesterday = models.BooleanField()
    max_order_qty = models.IntegerField(_("largest order"))
    previous_settlement_ticks = models.BigIntegerField()
    lower_ticks = models.BigIntegerField()
    upper_ticks = models.BigIntegerField()
    last_trading_date = models.DateField(_("last trading day"))
    tradable = models.BooleanField(_("tradable"))
    phase = models.SmallIntegerField(
        _("phase"), choices=Phase, default=Phase.CONTINUOUS, db_default=int(Phase.CONTINUOUS)
    )
    price_rule = models.SmallIntegerField(default=0, db_default=0)
    auction_rule = models.SmallIntegerField(default=0, db_default=0)
    seq = models.BigIntegerField()

    class Meta:
        db_table = "trading_instrument"
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        ordering = ["symbol"]
        constraints = [
            models.CheckConstraint(condition=models.Q(tick_e4__gt=0), name="trading_instrument_tick"),
            models.CheckConstraint(condition=models.Q(tick_value_fen__gt=0), name="trading_instrument_tick_value"),
            models.CheckConstraint(
                condition=models.Q(lower_ticks__lte=models.F("upper_ticks")), name="trading_instrument_band"
            ),
        ]

    def __str__(self) -> str:
        return self.symbol

    @property
    def tick(self) -> str:
        """The size of a tick as text: "0.02"."""
        return tick_text(self.tick_e4)

    @property
    def price_decimals(self) -> int:
        """How many decimals a price of this contract has."""
        return len(self.tick.partition(".")[2])

    @property
    def name(self) -> str:
        """The contract's name in the reader's language."""
        return self.name_en if (get_language() or "").startswith("en") else self.name_zh

    def price_text(self, ticks: int) -> str:
        """Return a price in ticks as decimal text."""
        return ticks_to_text(ticks, tick=self.tick)


def tick_text(tick_e4: int) -> str:
    """Return ten-thousandths of a currency unit as the shortest decimal text: 200 → "0.02"."""
    whole, part = divmod(tick_e4, 10_000)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".") if part else str(whole)


class TradingDay(GlobalModel):
    """A trading day that began here, with the settlement prices of the day before it."""

    trading_day = models.IntegerField(_("trading day"), primary_key=True)  # YYYYMMDD
    day_number = models.IntegerField(_("day number"), unique=True)
    ended_trading_day = models.IntegerField(_("ended day"))
    # Rows of [instrument_id, settlement, lower, upper] in ticks, as the event carried them.
    settlement: Any = models.JSONField()
    actor = models.TextField()
    began_ns = models.BigIntegerField()
    market_ns = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta:
        db_table = "trading_day"
        verbose_name = _("trading day")
        verbose_name_plural = _("trading days")
        ordering = ["-day_number"]

    def __str__(self) -> str:
        return str(self.trading_day)


class KillSwitch(GlobalModel):
    """The last word on one kill switch. A tenant reads its own, the venue's and the contracts' (row policy)."""

    pk = models.CompositePrimaryKey("scope", "target_id")
    scope = models.SmallIntegerField(choices=KillScope)
    target_id = models.BigIntegerField()
    on = models.BooleanField()
    reason = models.TextField()
    actor = models.TextField()
    at_ns = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta:
        db_table = "trading_kill_switch"
