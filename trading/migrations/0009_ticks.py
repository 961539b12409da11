"""Ticks with the day's figures, and what holds for a contract through a day."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy.operations import GlobalTable

PHASES = [
    (0, "Closed"),
    (1, "Call auction"),
    (2, "Auction matching"),
    (3, "Trading"),
    (4, "Break"),
    (5, "Settlement"),
    (6, "Halted"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("trading", "0004_special_orders"),
    ]

    operations = [
        migrations.AddField("tick", "trading_day", models.IntegerField(db_default=0, default=0)),
        migrations.AddField("tick", "volume", models.BigIntegerField(db_default=0, default=0)),
        migrations.AddField("tick", "turnover_fen", models.BigIntegerField(db_default=0, default=0)),
        migrations.AddField("tick", "phase", models.SmallIntegerField(choices=PHASES, db_default=3, default=3)),
        migrations.AddField("marketday", "phase", models.SmallIntegerField(choices=PHASES, db_default=3, default=3)),
        migrations.CreateModel(
            name="ContractDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "instrument_id", "trading_day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("trading_day", models.IntegerField()),
                ("previous_settlement_ticks", models.BigIntegerField()),
                ("lower_ticks", models.BigIntegerField()),
                ("upper_ticks", models.BigIntegerField()),
                ("previous_open_interest", models.BigIntegerField()),
                ("settlement_ticks", models.BigIntegerField(null=True)),
                ("seq", models.BigIntegerField()),
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
            ],
            options={"db_table": "trading_contract_day"},
        ),
        GlobalTable("trading_contract_day", core="all"),
    ]
