"""Orders and fills, keyed by (tenant, account, number): one index serves key and page alike."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from trading.choices import Offset, OrderStatus, OrderType, Side, TimeInForce
from trading.engine.types import REJECTED
from trading.models.base import EngineAccountRow, plain_instrument


class Order(EngineAccountRow):
    """An order as it stands after `last_seq`. `seq` is the journal number that made it.

    In the database the primary key is (tenant_id, account_id, id); the engine numbers orders once for the venue, so
    `id` alone names one, which is what the admin needs.
    """

    id = models.BigIntegerField(primary_key=True)
    client_order_id = models.TextField(_("client's number"))
    trading_day = models.IntegerField(_("trading day"))
    instrument = plain_instrument()
    side = models.SmallIntegerField(_("side"), choices=Side)
    offset = models.SmallIntegerField(_("offset"), choices=Offset)
    order_type = models.SmallIntegerField(_("type"), choices=OrderType)
    time_in_force = models.SmallIntegerField(_("time in force"), choices=TimeInForce)
    qty = models.BigIntegerField(_("lots"))  # a refused order may have asked for anything
    price_ticks = models.BigIntegerField()
    filled_qty = models.IntegerField(_("filled"))
    leaves_qty = models.IntegerField(_("working"))
    canceled_qty = models.IntegerField(_("canceled"))
    filled_ticks = models.BigIntegerField()  # sum of price x lots over the fills
    status = models.SmallIntegerField(_("status"), choices=OrderStatus)
    reject_code = models.CharField(_("refusal"), max_length=40, null=True)  # noqa: DJ001  (NULL = was not refused)
    figures: Any = models.JSONField(null=True)
    cancel_reason = models.CharField(_("reason"), max_length=40, null=True)  # noqa: DJ001  (NULL = was not canceled)
    trigger_ticks = models.BigIntegerField(null=True)  # of a stop: the price that it waits for, or that it met
    triggered_seq = models.BigIntegerField(null=True)  # the account's event number with which it was triggered
    terms: Any = models.JSONField(null=True)  # what makes an order more than plain, in the engine's units
    replaced_seq = models.BigIntegerField(null=True)  # since when quantity and price are as they stand
    actor = models.TextField(_("sent by"))
    created_ns = models.BigIntegerField()
    updated_ns = models.BigIntegerField()
    seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_order"
        verbose_name = _("order")
        verbose_name_plural = _("orders")
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

    # The client's own number of the order, filled in by the selectors that list fills.
    client_order_id: str

    id = models.BigIntegerField(primary_key=True)
    order_id = models.BigIntegerField(_("order"))
    instrument = plain_instrument()
    trading_day = models.IntegerField(_("trading day"))
    side = models.SmallIntegerField(_("side"), choices=Side)
    offset = models.SmallIntegerField(_("offset"), choices=Offset)
    qty = models.IntegerField(_("lots"))
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
        verbose_name = _("fill")
        verbose_name_plural = _("fills")
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
