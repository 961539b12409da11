"""Orders with terms, phases of trading, venues' price rules, self-trade rules."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("trading", "0003_core_tables"),
    ]

    operations = [
        migrations.AddField(
            model_name="instrument",
            name="auction_rule",
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="instrument",
            name="phase",
            field=models.SmallIntegerField(
                choices=[
                    (0, "Closed"),
                    (1, "Call auction"),
                    (2, "Auction matching"),
                    (3, "Trading"),
                    (4, "Break"),
                    (5, "Settlement"),
                    (6, "Halted"),
                ],
                db_default=3,
                default=3,
                verbose_name="phase",
            ),
        ),
        migrations.AddField(
            model_name="instrument",
            name="price_rule",
            field=models.SmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="moneyaccount",
            name="self_trade",
            field=models.SmallIntegerField(
                choices=[
                    (0, "The incoming order is canceled"),
                    (1, "The resting order is canceled"),
                    (2, "Both are canceled"),
                ],
                db_default=0,
                default=0,
                verbose_name="self-trade rule",
            ),
        ),
        migrations.AddField(
            model_name="order",
            name="terms",
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="trigger_ticks",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="order",
            name="triggered_seq",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="order",
            name="order_type",
            field=models.SmallIntegerField(
                choices=[(1, "Limit"), (2, "Market"), (3, "Stop"), (4, "Stop limit"), (5, "Trailing stop")],
                verbose_name="type",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="status",
            field=models.SmallIntegerField(
                choices=[
                    (0, "Working"),
                    (1, "Partly filled"),
                    (2, "Filled"),
                    (3, "Canceled"),
                    (4, "Refused"),
                    (5, "Expired"),
                    (7, "Waiting for its trigger"),
                ],
                verbose_name="status",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="time_in_force",
            field=models.SmallIntegerField(
                choices=[
                    (0, "Day"),
                    (1, "FAK"),
                    (2, "FOK"),
                    (3, "Till a day"),
                    (4, "Till canceled"),
                    (5, "Auction only"),
                ],
                verbose_name="time in force",
            ),
        ),
    ]
