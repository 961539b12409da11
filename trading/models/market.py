"""What the market did: trades, bars and the day's figures. Public, written by the market data follower."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from accounts.tenancy.models import GlobalModel
from trading.choices import BarSource, Offset, Phase, Side
from trading.models.base import plain_instrument


class Tick(GlobalModel):
    """One trade as everybody may see it, with the day's figures after it. What holds all day is its `ContractDay`'s.

    Rows of versions before these figures were kept have `trading_day` 0; `rebuild_marketdata --replace` fills them in.
    """

    pk = models.CompositePrimaryKey("instrument_id", "trade_id")
    instrument = plain_instrument()
    trade_id = models.BigIntegerField()
    price_ticks = models.BigIntegerField()
    qty = models.IntegerField()
    taker_side = models.SmallIntegerField(choices=Side)
    taker_offset = models.SmallIntegerField(choices=Offset)
    maker_offset = models.SmallIntegerField(choices=Offset)
    open_interest = models.BigIntegerField()
    market_ns = models.BigIntegerField()
    seq = models.BigIntegerField()
    trading_day = models.IntegerField(default=0, db_default=0)
    volume = models.BigIntegerField(default=0, db_default=0)  # of the day, this trade included
    turnover_fen = models.BigIntegerField(default=0, db_default=0)  # of the day, this trade included
    phase = models.SmallIntegerField(choices=Phase, default=Phase.CONTINUOUS, db_default=Phase.CONTINUOUS)

    class Meta:
        db_table = "trading_tick"


class Bar(GlobalModel):
    """Open, high, low, close of one period. `start_s` is the period's begin in seconds since 1970 (market time);
    of a day bar it is the trading day's date at 00:00 UTC, because a trading day begins the evening before.
    """

    pk = models.CompositePrimaryKey("instrument_id", "period_s", "start_s")
    instrument = plain_instrument()
    period_s = models.IntegerField()
    start_s = models.BigIntegerField()
    open_ticks = models.BigIntegerField()
    high_ticks = models.BigIntegerField()
    low_ticks = models.BigIntegerField()
    close_ticks = models.BigIntegerField()
    volume = models.BigIntegerField()
    turnover_fen = models.BigIntegerField()
    open_interest = models.BigIntegerField()
    source = models.SmallIntegerField(choices=BarSource)
    through_seq = models.BigIntegerField()

    class Meta:
        db_table = "trading_bar"
        constraints = [
            models.CheckConstraint(
                condition=Q(low_ticks__lte=F("open_ticks"), high_ticks__gte=F("open_ticks"))
                & Q(low_ticks__lte=F("close_ticks"), high_ticks__gte=F("close_ticks")),
                name="trading_bar_order",
            ),
            models.CheckConstraint(condition=Q(volume__gte=0, period_s__gt=0), name="trading_bar_volume"),
        ]


class Depth(GlobalModel):
    """The best levels of a contract as they last stood in a minute: [[price_ticks, qty], …] from the best outwards."""

    pk = models.CompositePrimaryKey("instrument_id", "minute_s")
    instrument = plain_instrument()
    minute_s = models.BigIntegerField()
    bids: Any = models.JSONField()
    asks: Any = models.JSONField()
    market_ns = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta:
        db_table = "trading_depth"


class MarketDay(GlobalModel):
    """A contract's figures of its current trading day, for pages that must work while the core is away."""

    instrument = models.OneToOneField(
        "trading.Instrument",
        on_delete=models.DO_NOTHING,
        primary_key=True,
        related_name="market_day",
        db_constraint=False,
    )
    trading_day = models.IntegerField()
    open_ticks = models.BigIntegerField(null=True)
    high_ticks = models.BigIntegerField(null=True)
    low_ticks = models.BigIntegerField(null=True)
    last_ticks = models.BigIntegerField(null=True)
    volume = models.BigIntegerField()
    turnover_fen = models.BigIntegerField()
    open_interest = models.BigIntegerField()
    market_ns = models.BigIntegerField()
    through_seq = models.BigIntegerField()
    phase = models.SmallIntegerField(choices=Phase, default=Phase.CONTINUOUS, db_default=Phase.CONTINUOUS)

    class Meta:
        db_table = "trading_market_day"


class ContractDay(GlobalModel):
    """What holds for a contract through one trading day. `settlement_ticks` is null until the day is settled."""

    pk = models.CompositePrimaryKey("instrument_id", "trading_day")
    instrument = plain_instrument()
    trading_day = models.IntegerField()
    previous_settlement_ticks = models.BigIntegerField()
    lower_ticks = models.BigIntegerField()
    upper_ticks = models.BigIntegerField()
    previous_open_interest = models.BigIntegerField()
    settlement_ticks = models.BigIntegerField(null=True)
    seq = models.BigIntegerField()

    class Meta:
        db_table = "trading_contract_day"
