"""Rows with a key of several columns, once more under one key of text, for pages that know rows by one key only.

They are views that run with the reader's own rights: the row policies of the tables behind them hold, and nothing is
stored twice. Read-only by nature.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from trading.choices import PositionSide, PostingKind
from trading.models.base import EngineAccountRow, EngineTenantRow, plain_instrument


class PositionListed(EngineAccountRow):
    """A `Position` under the key `account-contract-side`."""

    key = models.CharField(primary_key=True, max_length=60)
    instrument = plain_instrument()
    side = models.SmallIntegerField(pgettext_lazy("of a position", "side"), choices=PositionSide)
    today_qty = models.IntegerField(_("of today"))
    yesterday_qty = models.IntegerField(_("of earlier days"))
    frozen_today = models.IntegerField(_("frozen, of today"))
    frozen_yesterday = models.IntegerField(_("frozen, of earlier days"))
    open_cost_fen = models.BigIntegerField()
    mark_cost_fen = models.BigIntegerField()
    margin_fen = models.BigIntegerField()
    seq = models.BigIntegerField(_("journal number"))

    class Meta(EngineAccountRow.Meta):
        managed = False
        db_table = "trading_position_listed"
        verbose_name = _("position")
        verbose_name_plural = _("positions")

    def __str__(self) -> str:
        return self.key


class RatesListed(EngineTenantRow):
    """A broker's `TenantRates` under the key `tenant-contract`."""

    key = models.CharField(primary_key=True, max_length=60)
    instrument = plain_instrument()
    long_margin_ppm = models.IntegerField()
    short_margin_ppm = models.IntegerField()
    open_fee_fen = models.IntegerField()
    close_fee_fen = models.IntegerField()
    close_today_fee_fen = models.IntegerField()
    open_fee_ppm = models.IntegerField()
    close_fee_ppm = models.IntegerField()
    close_today_fee_ppm = models.IntegerField()
    maker = models.TextField(pgettext_lazy("who proposed", "maker"))
    checker = models.TextField(pgettext_lazy("who approved", "checker"))
    at_ns = models.BigIntegerField()
    seq = models.BigIntegerField(_("journal number"))

    class Meta(EngineTenantRow.Meta):
        managed = False
        db_table = "trading_rates_listed"
        verbose_name = _("rates of the broker")
        verbose_name_plural = _("rates of the broker")

    def __str__(self) -> str:
        return self.key


class PostingListed(EngineAccountRow):
    """A `Posting` under the key `account-journal number-n`."""

    key = models.CharField(primary_key=True, max_length=60)
    journal_seq = models.BigIntegerField(_("journal number"))
    n = models.IntegerField()
    kind = models.SmallIntegerField(_("kind"), choices=PostingKind)
    debit = models.CharField(_("debit"), max_length=40)
    credit = models.CharField(_("credit"), max_length=40)
    amount_fen = models.BigIntegerField()
    fill_id = models.BigIntegerField(_("fill"), null=True)
    reference = models.TextField(_("reference"), null=True)  # noqa: DJ001  (only cash movements have one)

    class Meta(EngineAccountRow.Meta):
        managed = False
        db_table = "trading_posting_listed"
        verbose_name = _("posting")
        verbose_name_plural = _("postings")

    def __str__(self) -> str:
        return self.key
