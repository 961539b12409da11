"""Ticks with the day's figures, what holds for a contract through a day, and rows under one key for the admin."""

import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy.operations import GlobalTable, InvokerView

PHASES = [
    (0, "Closed"),
    (1, "Call auction"),
    (2, "Auction matching"),
    (3, "Trading"),
    (4, "Break"),
    (5, "Settlement"),
    (6, "Halted"),
]

POSITION_VIEW = (
    "SELECT account_id || '-' || instrument_id || '-' || side AS key, tenant_id, account_id, instrument_id, side,"
    " today_qty, yesterday_qty, frozen_today, frozen_yesterday, open_cost_fen, mark_cost_fen, margin_fen, seq"
    " FROM trading_position"
)
RATES_VIEW = (
    "SELECT tenant_id || '-' || instrument_id AS key, tenant_id, instrument_id, long_margin_ppm, short_margin_ppm,"
    " open_fee_fen, close_fee_fen, close_today_fee_fen, open_fee_ppm, close_fee_ppm, close_today_fee_ppm, maker,"
    " checker, at_ns, seq FROM trading_rates"
)
POSTING_VIEW = (
    "SELECT account_id || '-' || journal_seq || '-' || n AS key, tenant_id, account_id, journal_seq, n, kind, debit,"
    " credit, amount_fen, fill_id, reference FROM trading_posting"
)


def unmanaged(name: str, view: str, label: str, plural: str) -> migrations.CreateModel:
    """Note a model that has no table; Django only needs its name and its options."""
    key = models.CharField(max_length=60, primary_key=True, serialize=False)
    options = {
        "managed": False,
        "db_table": view,
        "verbose_name": label,
        "verbose_name_plural": plural,
        "base_manager_name": "objects",
        "default_manager_name": "objects",
    }
    return migrations.CreateModel(name=name, fields=[("key", key)], options=options)


class Migration(migrations.Migration):
    dependencies = [
        ("trading", "0008_statements"),
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
        InvokerView("trading_position_listed", select=POSITION_VIEW),
        InvokerView("trading_rates_listed", select=RATES_VIEW),
        InvokerView("trading_posting_listed", select=POSTING_VIEW),
        unmanaged("PositionListed", "trading_position_listed", "position", "positions"),
        unmanaged("RatesListed", "trading_rates_listed", "rates of the broker", "rates of the broker"),
        unmanaged("PostingListed", "trading_posting_listed", "posting", "postings"),
    ]
