"""Money accounts and their state: money, positions, ended days."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.tenancy.models import TenantModel
from trading.choices import AccountState, AccountStatus, PositionSide, SelfTrade
from trading.models.base import EngineAccountRow, plain_instrument


class MoneyAccount(TenantModel):
    """A client's account at its broker.

    The web writes the paper (client, name) as a pending row; state, status, limits and numbers are the counter's and
    arrive by projection. `id` is what people call the account number.
    """

    aurum_scope = "account"

    id = models.BigAutoField(_("account"), primary_key=True)
    # Empty only for an account that the counter knows and no paper asked for (a test bench, a recovered journal).
    client = models.ForeignKey(
        "accounts.Client",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        db_index=False,
        verbose_name=_("client"),
    )
    name = models.CharField(_("name"), max_length=80)
    group_id = models.BigIntegerField(default=0, db_default=0)
    state = models.SmallIntegerField(
        _("state"), choices=AccountState, default=AccountState.PENDING, db_default=AccountState.PENDING
    )
    status = models.SmallIntegerField(
        _("status"), choices=AccountStatus, default=AccountStatus.ACTIVE, db_default=AccountStatus.ACTIVE
    )
    status_reason = models.TextField(_("reason"), default="", db_default="", blank=True)
    max_order_qty = models.IntegerField(_("largest order"), default=0, db_default=0)
    max_position_qty = models.IntegerField(_("largest position"), default=0, db_default=0)
    max_working_orders = models.IntegerField(_("working orders at most"), default=0, db_default=0)
    max_orders_per_second = models.IntegerField(_("orders a second at most"), default=0, db_default=0)
    natural = models.BooleanField(_("natural person"), default=False, db_default=False)
    self_trade = models.SmallIntegerField(_("self-trade rule"), choices=SelfTrade, default=0, db_default=0)
    hedge = models.BooleanField(_("hedging"), default=False, db_default=False)
    asked_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    opened_at_ns = models.BigIntegerField(null=True)
    # Journal number of the last change by the counter; 0 while pending.
    seq = models.BigIntegerField(default=0, db_default=0)

    class Meta(TenantModel.Meta):
        db_table = "trading_account"
        verbose_name = _("money account")
        verbose_name_plural = _("money accounts")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_order_qty__gte=0, max_position_qty__gte=0)
                & Q(max_working_orders__gte=0, max_orders_per_second__gte=0),
                name="trading_account_limits",
            ),
            models.CheckConstraint(
                condition=Q(state=AccountState.PENDING, seq=0) | ~Q(state=AccountState.PENDING) & Q(seq__gt=0),
                name="trading_account_pending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.name}"

    @property
    def account_id(self) -> int:
        """The account number under the name every other table uses."""
        return self.id


class Balance(EngineAccountRow):
    """An account's money after `seq`, in fen; the day counters belong to `trading_day`."""

    account_id = models.BigIntegerField(primary_key=True)
    cash_fen = models.BigIntegerField()
    margin_fen = models.BigIntegerField()
    frozen_margin_fen = models.BigIntegerField()
    frozen_fee_fen = models.BigIntegerField()
    close_profit_fen = models.BigIntegerField()
    fee_fen = models.BigIntegerField()
    pre_balance_fen = models.BigIntegerField()
    deposit_fen = models.BigIntegerField()
    withdraw_fen = models.BigIntegerField()
    correction_fen = models.BigIntegerField(default=0, db_default=0)
    trading_day = models.IntegerField()
    account_seq = models.BigIntegerField()
    at_ns = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_balance"
        constraints = [
            models.CheckConstraint(
                condition=Q(margin_fen__gte=0, frozen_margin_fen__gte=0, frozen_fee_fen__gte=0),
                name="trading_balance_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    cash_fen=F("pre_balance_fen")
                    + F("deposit_fen")
                    - F("withdraw_fen")
                    + F("correction_fen")
                    + F("close_profit_fen")
                    - F("fee_fen")
                ),
                name="trading_balance_cash",
            ),
        ]


class Position(EngineAccountRow):
    """One direction of one contract in one account. A closed position stays as a row of zeros until the day ends."""

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "instrument_id", "side")
    instrument = plain_instrument()
    side = models.SmallIntegerField(choices=PositionSide)
    today_qty = models.IntegerField()
    yesterday_qty = models.IntegerField()
    frozen_today = models.IntegerField()
    frozen_yesterday = models.IntegerField()
    open_cost_fen = models.BigIntegerField()
    mark_cost_fen = models.BigIntegerField()
    margin_fen = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_position"
        constraints = [
            models.CheckConstraint(
                condition=Q(frozen_today__gte=0, frozen_yesterday__gte=0, margin_fen__gte=0)
                & Q(frozen_today__lte=F("today_qty"), frozen_yesterday__lte=F("yesterday_qty")),
                name="trading_position_frozen",
            ),
        ]

    @property
    def qty(self) -> int:
        """All lots of this direction."""
        return self.today_qty + self.yesterday_qty


class AccountDay(EngineAccountRow):
    """An account's money over one ended trading day; never changed once written."""

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "trading_day")
    trading_day = models.IntegerField()
    pre_balance_fen = models.BigIntegerField()
    deposit_fen = models.BigIntegerField()
    withdraw_fen = models.BigIntegerField()
    correction_fen = models.BigIntegerField(default=0, db_default=0)
    close_profit_fen = models.BigIntegerField()
    mark_fen = models.BigIntegerField()
    fee_fen = models.BigIntegerField()
    balance_fen = models.BigIntegerField()
    margin_fen = models.BigIntegerField()
    seq = models.BigIntegerField()

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_account_day"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    balance_fen=F("pre_balance_fen")
                    + F("deposit_fen")
                    - F("withdraw_fen")
                    + F("correction_fen")
                    + F("close_profit_fen")
                    + F("mark_fen")
                    - F("fee_fen")
                ),
                name="trading_account_day_closing",
            ),
        ]
