"""Forced liquidations and their steps: the web reads them, the followers write them."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy.operations import EnableTenancy, InsertOnly


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_walls"),
        ("trading", "0006_venue_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="LiquidationStep",
            fields=[
                ("account_id", models.BigIntegerField(editable=False)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "account_id",
                        "number",
                        "step",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.BigIntegerField()),
                ("step", models.IntegerField()),
                ("row", models.SmallIntegerField()),
                ("order_id", models.BigIntegerField()),
                ("qty", models.IntegerField()),
                ("price_ticks", models.BigIntegerField()),
                ("actor", models.TextField()),
                ("seq", models.BigIntegerField()),
                ("at_ns", models.BigIntegerField()),
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
            ],
            options={
                "db_table": "trading_liquidation_step",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Liquidation",
            fields=[
                ("account_id", models.BigIntegerField(editable=False)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "tenant_id",
                        "account_id",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.BigIntegerField(verbose_name="number")),
                (
                    "reason",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Lack of deposit"),
                            (2, "Client over the position limit"),
                            (3, "Member over the position limit"),
                            (4, "Not a whole multiple"),
                            (5, "Violation"),
                            (6, "Other reason"),
                            (7, "Natural person near delivery"),
                            (8, "Broker's own measure 8"),
                            (9, "Broker's own measure 9"),
                            (10, "Broker's own measure 10"),
                            (11, "Broker's own measure 11"),
                        ],
                        verbose_name="reason",
                    ),
                ),
                (
                    "basis",
                    models.SmallIntegerField(
                        choices=[(1, "Company margin"), (2, "Exchange margin")], verbose_name="margin basis"
                    ),
                ),
                ("trigger_seq", models.BigIntegerField()),
                ("lines_ppm", models.JSONField(default=list)),
                ("target_ppm", models.IntegerField()),
                ("equity_fen", models.BigIntegerField()),
                ("margin_fen", models.BigIntegerField()),
                ("degree_ppm", models.BigIntegerField()),
                ("rows", models.JSONField(default=list)),
                ("maker", models.TextField()),
                ("checker", models.TextField()),
                ("trading_day", models.IntegerField()),
                ("opened_seq", models.BigIntegerField()),
                ("opened_ns", models.BigIntegerField()),
                (
                    "outcome",
                    models.SmallIntegerField(
                        choices=[(1, "Restored"), (2, "Nothing left to close"), (3, "Stopped by an officer")],
                        null=True,
                        verbose_name="outcome",
                    ),
                ),
                ("end_equity_fen", models.BigIntegerField(null=True)),
                ("end_margin_fen", models.BigIntegerField(null=True)),
                ("end_degree_ppm", models.BigIntegerField(null=True)),
                ("end_reason", models.TextField(db_default="", default="")),
                ("end_actor", models.TextField(db_default="", default="")),
                ("ended_seq", models.BigIntegerField(null=True)),
                ("ended_ns", models.BigIntegerField(null=True)),
                ("seq", models.BigIntegerField()),
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
            ],
            options={
                "db_table": "trading_liquidation",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("outcome__isnull", True)),
                        fields=("tenant", "account_id"),
                        name="trading_liquidation_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_seq__isnull", True), ("outcome__isnull", True)),
                            models.Q(("ended_seq__isnull", False), ("outcome__isnull", False)),
                            _connector="OR",
                        ),
                        name="trading_liquidation_ended",
                    ),
                ],
            },
        ),
        EnableTenancy("trading_liquidation", account_column="account_id", key=None, web="select", core="all"),
        EnableTenancy("trading_liquidation_step", account_column="account_id", key=None, web="select", core="insert"),
        InsertOnly("trading_liquidation_step"),
    ]
