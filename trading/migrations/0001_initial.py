"""Contracts, money accounts, orders, ledger, market data, proposals."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Instrument",
            fields=[
                ("id", models.IntegerField(primary_key=True, serialize=False)),
                ("symbol", models.CharField(max_length=40, unique=True, verbose_name="symbol")),
                ("venue", models.CharField(max_length=12, verbose_name="venue")),
                ("product", models.CharField(max_length=12)),
                ("name_zh", models.CharField(max_length=80)),
                ("name_en", models.CharField(max_length=80)),
                ("multiplier", models.IntegerField(verbose_name="units a lot")),
                ("tick_e4", models.IntegerField()),
                ("tick_value_fen", models.BigIntegerField()),
                ("long_margin_ppm", models.IntegerField()),
                ("short_margin_ppm", models.IntegerField()),
                ("open_fee_fen", models.IntegerField()),
                ("close_fee_fen", models.IntegerField()),
                ("close_today_fee_fen", models.IntegerField()),
                ("open_fee_ppm", models.IntegerField()),
                ("close_fee_ppm", models.IntegerField()),
                ("close_today_fee_ppm", models.IntegerField()),
                ("limit_ppm", models.IntegerField()),
                ("band_rounds_down", models.BooleanField()),
                ("close_means_yesterday", models.BooleanField()),
                ("max_order_qty", models.IntegerField(verbose_name="largest order")),
                ("previous_settlement_ticks", models.BigIntegerField()),
                ("lower_ticks", models.BigIntegerField()),
                ("upper_ticks", models.BigIntegerField()),
                ("last_trading_date", models.DateField(verbose_name="last trading day")),
                ("tradable", models.BooleanField(verbose_name="tradable")),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "contract",
                "verbose_name_plural": "contracts",
                "db_table": "trading_instrument",
                "ordering": ["symbol"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("tick_e4__gt", 0)), name="trading_instrument_tick"),
                    models.CheckConstraint(
                        condition=models.Q(("tick_value_fen__gt", 0)), name="trading_instrument_tick_value"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lower_ticks__lte", models.F("upper_ticks"))),
                        name="trading_instrument_band",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TradingDay",
            fields=[
                ("trading_day", models.IntegerField(primary_key=True, serialize=False, verbose_name="trading day")),
                ("day_number", models.IntegerField(unique=True, verbose_name="day number")),
                ("ended_trading_day", models.IntegerField(verbose_name="ended day")),
                ("settlement", models.JSONField()),
                ("actor", models.TextField()),
                ("began_ns", models.BigIntegerField()),
                ("market_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "trading day",
                "verbose_name_plural": "trading days",
                "db_table": "trading_day",
                "ordering": ["-day_number"],
            },
        ),
        migrations.CreateModel(
            name="KillSwitch",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "scope", "target_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("scope", models.SmallIntegerField(choices=[(1, "Venue"), (2, "Broker"), (3, "Contract")])),
                ("target_id", models.BigIntegerField()),
                ("on", models.BooleanField()),
                ("reason", models.TextField()),
                ("actor", models.TextField()),
                ("at_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_kill_switch",
            },
        ),
        migrations.CreateModel(
            name="MoneyAccount",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                ("id", models.BigAutoField(primary_key=True, serialize=False, verbose_name="account")),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.client",
                        verbose_name="client",
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("group_id", models.BigIntegerField(db_default=0, default=0)),
                (
                    "state",
                    models.SmallIntegerField(
                        choices=[(0, "Pending"), (1, "Open"), (2, "Closed")],
                        db_default=0,
                        default=0,
                        verbose_name="state",
                    ),
                ),
                (
                    "status",
                    models.SmallIntegerField(
                        choices=[(0, "Active"), (1, "Close only"), (2, "Blocked")],
                        db_default=0,
                        default=0,
                        verbose_name="status",
                    ),
                ),
                ("status_reason", models.TextField(blank=True, db_default="", default="", verbose_name="reason")),
                ("max_order_qty", models.IntegerField(db_default=0, default=0, verbose_name="largest order")),
                ("max_position_qty", models.IntegerField(db_default=0, default=0, verbose_name="largest position")),
                (
                    "max_working_orders",
                    models.IntegerField(db_default=0, default=0, verbose_name="working orders at most"),
                ),
                (
                    "max_orders_per_second",
                    models.IntegerField(db_default=0, default=0, verbose_name="orders a second at most"),
                ),
                ("asked_at", models.DateTimeField(auto_now_add=True, verbose_name="asked for")),
                ("opened_at_ns", models.BigIntegerField(null=True)),
                ("seq", models.BigIntegerField(db_default=0, default=0)),
            ],
            options={
                "verbose_name": "money account",
                "verbose_name_plural": "money accounts",
                "db_table": "trading_account",
                "ordering": ["id"],
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("max_order_qty__gte", 0),
                            ("max_position_qty__gte", 0),
                            ("max_orders_per_second__gte", 0),
                            ("max_working_orders__gte", 0),
                        ),
                        name="trading_account_limits",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("seq", 0), ("state", 0)),
                            models.Q(models.Q(("state", 0), _negated=True), ("seq__gt", 0)),
                            _connector="OR",
                        ),
                        name="trading_account_pending",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Balance",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                ("account_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("cash_fen", models.BigIntegerField()),
                ("margin_fen", models.BigIntegerField()),
                ("frozen_margin_fen", models.BigIntegerField()),
                ("frozen_fee_fen", models.BigIntegerField()),
                ("close_profit_fen", models.BigIntegerField()),
                ("fee_fen", models.BigIntegerField()),
                ("pre_balance_fen", models.BigIntegerField()),
                ("deposit_fen", models.BigIntegerField()),
                ("withdraw_fen", models.BigIntegerField()),
                ("trading_day", models.IntegerField()),
                ("account_seq", models.BigIntegerField()),
                ("at_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_balance",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("frozen_fee_fen__gte", 0), ("frozen_margin_fen__gte", 0), ("margin_fen__gte", 0)
                        ),
                        name="trading_balance_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "cash_fen",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("pre_balance_fen"), "+", models.F("deposit_fen")
                                            ),
                                            "-",
                                            models.F("withdraw_fen"),
                                        ),
                                        "+",
                                        models.F("close_profit_fen"),
                                    ),
                                    "-",
                                    models.F("fee_fen"),
                                ),
                            )
                        ),
                        name="trading_balance_cash",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Position",
            fields=[
                ("account_id", models.BigIntegerField(editable=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "account_id",
                        "instrument_id",
                        "side",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "instrument",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="trading.instrument",
                        verbose_name="contract",
                    ),
                ),
                ("side", models.SmallIntegerField(choices=[(1, "Long"), (2, "Short")])),
                ("today_qty", models.IntegerField()),
                ("yesterday_qty", models.IntegerField()),
                ("frozen_today", models.IntegerField()),
                ("frozen_yesterday", models.IntegerField()),
                ("open_cost_fen", models.BigIntegerField()),
                ("mark_cost_fen", models.BigIntegerField()),
                ("margin_fen", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_position",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("frozen_today__gte", 0),
                            ("frozen_yesterday__gte", 0),
                            ("margin_fen__gte", 0),
                            ("frozen_today__lte", models.F("today_qty")),
                            ("frozen_yesterday__lte", models.F("yesterday_qty")),
                        ),
                        name="trading_position_frozen",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountDay",
            fields=[
                ("account_id", models.BigIntegerField(editable=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "account_id",
                        "trading_day",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("trading_day", models.IntegerField()),
                ("pre_balance_fen", models.BigIntegerField()),
                ("deposit_fen", models.BigIntegerField()),
                ("withdraw_fen", models.BigIntegerField()),
                ("close_profit_fen", models.BigIntegerField()),
                ("mark_fen", models.BigIntegerField()),
                ("fee_fen", models.BigIntegerField()),
                ("balance_fen", models.BigIntegerField()),
                ("margin_fen", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_account_day",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "balance_fen",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                django.db.models.expressions.CombinedExpression(
                                                    models.F("pre_balance_fen"), "+", models.F("deposit_fen")
                                                ),
                                                "-",
                                                models.F("withdraw_fen"),
                                            ),
                                            "+",
                                            models.F("close_profit_fen"),
                                        ),
                                        "+",
                                        models.F("mark_fen"),
                                    ),
                                    "-",
                                    models.F("fee_fen"),
                                ),
                            )
                        ),
                        name="trading_account_day_closing",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                ("account_id", models.BigIntegerField(editable=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("client_order_id", models.TextField(verbose_name="client's number")),
                ("trading_day", models.IntegerField(verbose_name="trading day")),
                (
                    "instrument",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="trading.instrument",
                        verbose_name="contract",
                    ),
                ),
                ("side", models.SmallIntegerField(choices=[(1, "Buy"), (2, "Sell")], verbose_name="side")),
                (
                    "offset",
                    models.SmallIntegerField(
                        choices=[(0, "Open"), (1, "Close"), (3, "Close today"), (4, "Close yesterday"), (9, "Auto")],
                        verbose_name="offset",
                    ),
                ),
                ("order_type", models.SmallIntegerField(choices=[(1, "Limit"), (2, "Market")], verbose_name="type")),
                (
                    "time_in_force",
                    models.SmallIntegerField(
                        choices=[(0, "Day"), (1, "FAK"), (2, "FOK")], verbose_name="time in force"
                    ),
                ),
                ("qty", models.BigIntegerField(verbose_name="lots")),
                ("price_ticks", models.BigIntegerField()),
                ("filled_qty", models.IntegerField(verbose_name="filled")),
                ("leaves_qty", models.IntegerField(verbose_name="working")),
                ("canceled_qty", models.IntegerField(verbose_name="canceled")),
                ("filled_ticks", models.BigIntegerField()),
                (
                    "status",
                    models.SmallIntegerField(
                        choices=[
                            (0, "Working"),
                            (1, "Partly filled"),
                            (2, "Filled"),
                            (3, "Canceled"),
                            (4, "Refused"),
                            (5, "Expired"),
                        ],
                        verbose_name="status",
                    ),
                ),
                ("reject_code", models.CharField(max_length=40, null=True, verbose_name="refusal")),
                ("figures", models.JSONField(null=True)),
                ("cancel_reason", models.CharField(max_length=40, null=True, verbose_name="reason")),
                ("replaced_seq", models.BigIntegerField(null=True)),
                ("actor", models.TextField(verbose_name="sent by")),
                ("created_ns", models.BigIntegerField()),
                ("updated_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
                ("last_seq", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "order",
                "verbose_name_plural": "orders",
                "db_table": "trading_order",
                "ordering": ["-id"],
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("canceled_qty__gte", 0), ("filled_qty__gte", 0), ("leaves_qty__gte", 0)),
                        name="trading_order_not_negative",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("canceled_qty", 0), ("filled_qty", 0), ("leaves_qty", 0), ("status", 4)),
                            models.Q(
                                models.Q(("status", 4), _negated=True),
                                (
                                    "qty",
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("filled_qty"), "+", models.F("leaves_qty")
                                        ),
                                        "+",
                                        models.F("canceled_qty"),
                                    ),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="trading_order_quantities",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Fill",
            fields=[
                ("account_id", models.BigIntegerField(editable=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("order_id", models.BigIntegerField(verbose_name="order")),
                (
                    "instrument",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="trading.instrument",
                        verbose_name="contract",
                    ),
                ),
                ("trading_day", models.IntegerField(verbose_name="trading day")),
                ("side", models.SmallIntegerField(choices=[(1, "Buy"), (2, "Sell")], verbose_name="side")),
                (
                    "offset",
                    models.SmallIntegerField(
                        choices=[(0, "Open"), (1, "Close"), (3, "Close today"), (4, "Close yesterday"), (9, "Auto")],
                        verbose_name="offset",
                    ),
                ),
                ("qty", models.IntegerField(verbose_name="lots")),
                ("price_ticks", models.BigIntegerField()),
                ("closed_today", models.IntegerField()),
                ("closed_yesterday", models.IntegerField()),
                ("fee_fen", models.BigIntegerField()),
                ("close_profit_fen", models.BigIntegerField()),
                ("close_profit_trade_fen", models.BigIntegerField()),
                ("at_ns", models.BigIntegerField()),
                ("market_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "fill",
                "verbose_name_plural": "fills",
                "db_table": "trading_fill",
                "ordering": ["-id"],
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("qty__gt", 0)), name="trading_fill_qty"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_today", 0), ("closed_yesterday", 0), ("offset", 0)),
                            models.Q(
                                models.Q(("offset", 0), _negated=True),
                                (
                                    "qty",
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("closed_today"), "+", models.F("closed_yesterday")
                                    ),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="trading_fill_closed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Posting",
            fields=[
                ("account_id", models.BigIntegerField(editable=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "account_id",
                        "journal_seq",
                        "n",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("journal_seq", models.BigIntegerField()),
                ("n", models.IntegerField()),
                (
                    "kind",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Deposit"),
                            (2, "Withdrawal"),
                            (3, "Trading fee"),
                            (4, "Closed profit by date"),
                            (5, "Daily mark to market"),
                        ]
                    ),
                ),
                ("debit", models.CharField(max_length=40)),
                ("credit", models.CharField(max_length=40)),
                ("amount_fen", models.BigIntegerField()),
                ("fill_id", models.BigIntegerField(null=True)),
                ("reference", models.TextField(null=True)),
            ],
            options={
                "db_table": "trading_posting",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount_fen__gt", 0)), name="trading_posting_amount"),
                    models.CheckConstraint(
                        condition=models.Q(("debit", models.F("credit")), _negated=True),
                        name="trading_posting_two_accounts",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountEvent",
            fields=[
                ("account_id", models.BigIntegerField(editable=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "account_id",
                        "account_seq",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("account_seq", models.BigIntegerField()),
                ("journal_seq", models.BigIntegerField()),
                ("at_ns", models.BigIntegerField()),
                ("market_ns", models.BigIntegerField()),
                ("body", models.BinaryField()),
            ],
            options={
                "db_table": "trading_account_event",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("account_seq__gt", 0)), name="trading_account_event_from_one"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TenantRates",
            fields=[
                (
                    "tenant",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id", "instrument_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "instrument",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="trading.instrument",
                        verbose_name="contract",
                    ),
                ),
                ("long_margin_ppm", models.IntegerField()),
                ("short_margin_ppm", models.IntegerField()),
                ("open_fee_fen", models.IntegerField()),
                ("close_fee_fen", models.IntegerField()),
                ("close_today_fee_fen", models.IntegerField()),
                ("open_fee_ppm", models.IntegerField()),
                ("close_fee_ppm", models.IntegerField()),
                ("close_today_fee_ppm", models.IntegerField()),
                ("maker", models.TextField()),
                ("checker", models.TextField()),
                ("at_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_rates",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Tick",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "instrument_id", "trade_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "instrument",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="trading.instrument",
                        verbose_name="contract",
                    ),
                ),
                ("trade_id", models.BigIntegerField()),
                ("price_ticks", models.BigIntegerField()),
                ("qty", models.IntegerField()),
                ("taker_side", models.SmallIntegerField(choices=[(1, "Buy"), (2, "Sell")])),
                (
                    "taker_offset",
                    models.SmallIntegerField(
                        choices=[(0, "Open"), (1, "Close"), (3, "Close today"), (4, "Close yesterday"), (9, "Auto")]
                    ),
                ),
                (
                    "maker_offset",
                    models.SmallIntegerField(
                        choices=[(0, "Open"), (1, "Close"), (3, "Close today"), (4, "Close yesterday"), (9, "Auto")]
                    ),
                ),
                ("open_interest", models.BigIntegerField()),
                ("market_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_tick",
            },
        ),
        migrations.CreateModel(
            name="Bar",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "instrument_id",
                        "period_s",
                        "start_s",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "instrument",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="trading.instrument",
                        verbose_name="contract",
                    ),
                ),
                ("period_s", models.IntegerField()),
                ("start_s", models.BigIntegerField()),
                ("open_ticks", models.BigIntegerField()),
                ("high_ticks", models.BigIntegerField()),
                ("low_ticks", models.BigIntegerField()),
                ("close_ticks", models.BigIntegerField()),
                ("volume", models.BigIntegerField()),
                ("turnover_fen", models.BigIntegerField()),
                ("open_interest", models.BigIntegerField()),
                (
                    "source",
                    models.SmallIntegerField(
                        choices=[(0, "Traded here"), (1, "Synthetic history"), (2, "Imported history")]
                    ),
                ),
                ("through_seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_bar",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("high_ticks__gte", models.F("open_ticks")),
                            ("low_ticks__lte", models.F("open_ticks")),
                            ("high_ticks__gte", models.F("close_ticks")),
                            ("low_ticks__lte", models.F("close_ticks")),
                        ),
                        name="trading_bar_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("period_s__gt", 0), ("volume__gte", 0)), name="trading_bar_volume"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MarketDay",
            fields=[
                (
                    "instrument",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="market_day",
                        serialize=False,
                        to="trading.instrument",
                    ),
                ),
                ("trading_day", models.IntegerField()),
                ("open_ticks", models.BigIntegerField(null=True)),
                ("high_ticks", models.BigIntegerField(null=True)),
                ("low_ticks", models.BigIntegerField(null=True)),
                ("last_ticks", models.BigIntegerField(null=True)),
                ("volume", models.BigIntegerField()),
                ("turnover_fen", models.BigIntegerField()),
                ("open_interest", models.BigIntegerField()),
                ("market_ns", models.BigIntegerField()),
                ("through_seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_market_day",
            },
        ),
        migrations.CreateModel(
            name="Depth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "instrument_id", "minute_s", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "instrument",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="trading.instrument",
                        verbose_name="contract",
                    ),
                ),
                ("minute_s", models.BigIntegerField()),
                ("bids", models.JSONField()),
                ("asks", models.JSONField()),
                ("market_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_depth",
            },
        ),
        migrations.CreateModel(
            name="FollowerPosition",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("at_ns", models.BigIntegerField()),
                ("written_ns", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_follower_position",
            },
        ),
        migrations.CreateModel(
            name="FollowerLag",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "name", "slot", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("slot", models.IntegerField()),
                ("first_seq", models.BigIntegerField()),
                ("last_seq", models.BigIntegerField()),
                ("orders", models.IntegerField()),
                ("oldest_ns", models.BigIntegerField()),
                ("newest_ns", models.BigIntegerField()),
                ("committed_ns", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_follower_lag",
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.tenant",
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("cash", "Cash movement"),
                            ("limits", "Account limits"),
                            ("rates", "Broker's rates"),
                            ("release", "Release of an account"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("account_id", models.BigIntegerField(null=True, verbose_name="account")),
                ("payload", models.JSONField()),
                ("reason", models.CharField(blank=True, default="", max_length=400, verbose_name="reason")),
                (
                    "maker",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="maker",
                    ),
                ),
                (
                    "checker",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="checker",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Waiting for a checker"),
                            ("approved", "Approved, being applied"),
                            ("applied", "Applied"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("result", models.JSONField(blank=True, null=True)),
                ("journal_seq", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="proposed")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
            ],
            options={
                "verbose_name": "proposal",
                "verbose_name_plural": "proposals",
                "db_table": "trading_proposal",
                "ordering": ["-id"],
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("checker__isnull", True),
                            models.Q(("checker", models.F("maker")), _negated=True),
                            _connector="OR",
                        ),
                        name="trading_proposal_four_eyes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("checker__isnull", True), ("state", "proposed")),
                            ("state", "withdrawn"),
                            ("checker__isnull", False),
                            _connector="OR",
                        ),
                        name="trading_proposal_decided",
                    ),
                ],
            },
        ),
    ]
