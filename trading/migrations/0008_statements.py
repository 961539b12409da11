"""Statements, confirmations, corrections, and each broker's rules for them."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from accounts.tenancy.operations import EnableTenancy, GlobalTable, InsertOnly


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_walls"),
        ("trading", "0007_liquidations"),
    ]

    operations = [
        migrations.CreateModel(
            name="Confirmation",
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
                ("account_id", models.BigIntegerField(editable=False)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "account_id",
                        "trading_day",
                        "version",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("trading_day", models.IntegerField()),
                ("version", models.IntegerField()),
                ("actor", models.TextField()),
                ("at_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_confirmation",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Correction",
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
                ("account_id", models.BigIntegerField(editable=False)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "account_id",
                        "trading_day",
                        "version",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("trading_day", models.IntegerField()),
                ("version", models.IntegerField()),
                ("booked_trading_day", models.IntegerField()),
                ("amount_fen", models.BigIntegerField()),
                ("reason", models.TextField()),
                ("reference", models.TextField()),
                ("maker", models.TextField()),
                ("checker", models.TextField()),
                ("at_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_correction",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Statement",
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
                ("account_id", models.BigIntegerField(editable=False)),
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("trading_day", models.IntegerField(verbose_name="trading day")),
                ("version", models.IntegerField(verbose_name="version")),
                ("equity_fen", models.BigIntegerField()),
                ("balance_trade_fen", models.BigIntegerField()),
                ("floating_fen", models.BigIntegerField()),
                ("margin_fen", models.BigIntegerField()),
                ("margin_call_fen", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("body", models.BinaryField()),
                ("seq", models.BigIntegerField()),
                ("made_ns", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "statement",
                "verbose_name_plural": "statements",
                "db_table": "trading_statement",
                "ordering": ["-trading_day", "account_id", "-version"],
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="StatementDay",
            fields=[
                ("trading_day", models.IntegerField(primary_key=True, serialize=False)),
                ("through_seq", models.BigIntegerField()),
                ("accounts", models.IntegerField()),
                ("contracts", models.BinaryField()),
                ("made_ns", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_statement_day",
            },
        ),
        migrations.CreateModel(
            name="TenantRules",
            fields=[
                (
                    "tenant",
                    models.OneToOneField(
                        db_constraint=False,
                        editable=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.tenant",
                    ),
                ),
                ("confirms", models.BooleanField(verbose_name="statements are confirmed")),
                ("withdraw_ppm", models.IntegerField()),
                ("reserve_fen", models.BigIntegerField()),
                ("maker", models.TextField(verbose_name="maker")),
                ("checker", models.TextField(verbose_name="checker")),
                ("at_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "broker's rules",
                "verbose_name_plural": "broker's rules",
                "db_table": "trading_tenant_rules",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.RemoveConstraint(
            model_name="accountday",
            name="trading_account_day_closing",
        ),
        migrations.RemoveConstraint(
            model_name="balance",
            name="trading_balance_cash",
        ),
        migrations.AddField(
            model_name="accountday",
            name="correction_fen",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="balance",
            name="correction_fen",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="posting",
            name="kind",
            field=models.SmallIntegerField(
                choices=[
                    (1, "Deposit"),
                    (2, "Withdrawal"),
                    (3, "Trading fee"),
                    (4, "Closed profit by date"),
                    (5, "Daily mark to market"),
                    (6, "Correction of a statement"),
                ]
            ),
        ),
        migrations.AlterField(
            model_name="proposal",
            name="kind",
            field=models.CharField(
                choices=[
                    ("cash", "Cash movement"),
                    ("limits", "Account limits"),
                    ("rates", "Broker's rates"),
                    ("release", "Release of an account"),
                    ("rules", "Broker's rules"),
                    ("correction", "Correction of a statement"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="accountday",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "balance_fen",
                        django.db.models.expressions.CombinedExpression(
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
                                        models.F("correction_fen"),
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
            ),
        ),
        migrations.AddConstraint(
            model_name="balance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "cash_fen",
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
                                    models.F("correction_fen"),
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
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_fen", 0), _negated=True), name="trading_correction_amount"
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.CheckConstraint(
                condition=models.Q(("version__gte", 1)), name="trading_statement_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.UniqueConstraint(
                fields=("tenant", "account_id", "trading_day", "version"), name="trading_statement_once"
            ),
        ),
        EnableTenancy("trading_statement", account_column="account_id", web="select", core="insert"),
        EnableTenancy("trading_confirmation", account_column="account_id", key=None, web="select", core="insert"),
        EnableTenancy("trading_correction", account_column="account_id", key=None, web="select", core="insert"),
        EnableTenancy("trading_tenant_rules", key=None, web="select", core="all"),
        GlobalTable("trading_statement_day", core="insert"),
        InsertOnly("trading_statement"),
        InsertOnly("trading_confirmation"),
        InsertOnly("trading_correction"),
    ]
