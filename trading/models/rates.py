"""A broker's own margin and fees."""

from __future__ import annotations

from django.db import models

from trading.models.base import EngineTenantRow, plain_instrument


class TenantRates(EngineTenantRow):
    """Margin and fees of one broker for one contract, as approved by its maker and checker."""

    pk = models.CompositePrimaryKey("tenant_id", "instrument_id")
    instrument = plain_instrument()
    long_margin_ppm = models.IntegerField()
    short_margin_ppm = models.IntegerField()
    open_fee_fen = models.IntegerField()
    close_fee_fen = models.IntegerField()
    close_today_fee_fen = models.IntegerField()
    open_fee_ppm = models.IntegerField()
    close_fee_ppm = models.IntegerField()
    close_today_fee_ppm = models.IntegerField()
    maker = models.TextField()
    checker = models.TextField()
    at_ns = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta(EngineTenantRow.Meta):
        db_table = "trading_rates"
