"""Orders and fills, keyed by (tenant, account, number): one index serves key and page alike."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from trading.choices import Offset, OrderStatus, OrderType, Side, TimeInForce
from trading.engine.types import REJECTED
from trading.models.base import EngineAccountRow, plain_instrument


class Order(EngineAccountRow):
    """An order as it stands after `last_seq`. `seq` is the journal number that made it.

    In the database the primary key is (tenant_id, account_id, id); the engine numbers orders once for the venue, so
    `id` alone names one, which is what the admin needs.
    """

    id = models.BigIntegerField(primary_key=True)
    client_order_id = models.TextField()
    trading_day = models.IntegerField()
    instrument = plain_instrument()
    side = models.SmallIntegerField(choices=Side)
    offset = models.SmallIntegerField(choices=Offset)
    order_type = models.SmallIntegerField(choices=OrderType)
    time_in_force = models.SmallIntegerField(choices=TimeInForce)
    qty = models.BigIntegerField()  # a refused order may have asked for anything
    price_ticks = models.BigIntegerField()
    filled_qty = models.IntegerField()
    leaves_qty = models.IntegerField()
    canceled_qty = models.IntegerField()
    filled_ticks = models.BigIntegerField()  # sum of price x lots over the fills
    status = models.SmallIntegerField(choices=OrderStatus)
    reject_code = models.CharField(max_length=40, null=True)  # noqa: DJ001  (NULL = was not refused)
    figures: Any = models.JSONField(null=True)
    cancel_reason = models.CharField(max_length=40, null=True)  # noqa: DJ001  (NULL = was not canceled)
    replaced_seq = models.BigIntegerField(null=True)  # since when quantity and price are as they stand
    actor = models.TextField()
    created_ns = models.BigIntegerField()
    updated_ns = models.BigIntegerField()
    seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_order"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(filled_qty__gte=0, leaves_qty__gte=0, canceled_qty__gte=0),
                name="trading_order_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(status=REJECTED, filled_qty=0, leaves_qty=0, canceled_qty=0)
                | ~Q(status=REJECTED) & Q(qty=F("filled_qty") + F("leaves_qty") + F("canceled_qty")),
                name="trading_order_quantities",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Fill(EngineAccountRow):
    """One side of one trade. `id` is trade number x 2, plus 1 for the taker; the primary key leads by account."""

    id = models.BigIntegerField(primary_key=True)
    order_id = models.BigIntegerField()
    instrument = plain_instrument()
    trading_day = models.IntegerField()
    side = models.SmallIntegerField(choices=Side)
    offset = models.SmallIntegerField(choices=Offset)
    qty = models.IntegerField()
    price_ticks = models.BigIntegerField()
    closed_today = models.IntegerField()
    closed_yesterday = models.IntegerField()
    fee_fen = models.BigIntegerField()
    close_profit_fen = models.BigIntegerField()
    close_profit_trade_fen = models.BigIntegerField()
    at_ns = models.BigIntegerField()
    market_ns = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_fill"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(qty__gt=0), name="trading_fill_qty"),
            models.CheckConstraint(
                condition=Q(offset=Offset.OPEN, closed_today=0, closed_yesterday=0)
                | ~Q(offset=Offset.OPEN) & Q(qty=F("closed_today") + F("closed_yesterday")),
                name="trading_fill_closed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.trade_id)

    @property
    def trade_id(self) -> int:
        """The trade both sides share."""
        return self.id >> 1

    @property
    def is_taker(self) -> bool:
        """Whether this side's order came second."""
        return bool(self.id & 1)
