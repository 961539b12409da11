"""Venue rules: ladders of one-sided markets, roads to delivery, expired lots, and who proposed them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.tenancy.db_roles import BACKUP, CORE, OWNER, WEB
from accounts.tenancy.operations import IS_OPERATOR, EnableTenancy, GlobalTable, InsertOnly


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_walls"),
        ("trading", "0005_dated_parameters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ContractRules",
            fields=[
                (
                    "instrument",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="rules",
                        serialize=False,
                        to="trading.instrument",
                        verbose_name="contract",
                    ),
                ),
                (
                    "one_sided",
                    models.SmallIntegerField(choices=[(1, "Buy"), (2, "Sell")], null=True, verbose_name="one-sided"),
                ),
                ("ladder_step", models.SmallIntegerField(db_default=0, default=0, verbose_name="ladder step")),
                (
                    "ladder_side",
                    models.SmallIntegerField(choices=[(1, "Buy"), (2, "Sell")], null=True, verbose_name="direction"),
                ),
                ("limit_ppm", models.IntegerField(db_default=0, default=0, verbose_name="price limit in force")),
                ("margin_floor_ppm", models.IntegerField(db_default=0, default=0, verbose_name="least margin")),
                ("lot_multiple", models.IntegerField(db_default=1, default=1, verbose_name="lots in multiples of")),
                ("position_limit", models.IntegerField(db_default=0, default=0, verbose_name="largest position")),
                (
                    "closed_to_natural",
                    models.BooleanField(db_default=False, default=False, verbose_name="closed to natural persons"),
                ),
                ("expired", models.BooleanField(db_default=False, default=False, verbose_name="expired")),
                ("trading_day", models.IntegerField(db_default=0, default=0, verbose_name="trading day")),
                ("delivery", models.JSONField(null=True)),
                ("delivery_maker", models.TextField(db_default="", default="")),
                ("delivery_checker", models.TextField(db_default="", default="")),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "contract under venue rules",
                "verbose_name_plural": "contracts under venue rules",
                "db_table": "trading_contract_rules",
            },
        ),
        migrations.CreateModel(
            name="LimitLadder",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "venue", "product", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("venue", models.CharField(max_length=64, verbose_name="venue")),
                ("product", models.CharField(max_length=64, verbose_name="product")),
                ("steps", models.JSONField()),
                ("maker", models.TextField()),
                ("checker", models.TextField()),
                ("at_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "trading_limit_ladder",
            },
        ),
        migrations.AddField(
            model_name="moneyaccount",
            name="natural",
            field=models.BooleanField(db_default=False, default=False, verbose_name="natural person"),
        ),
        migrations.CreateModel(
            name="ExpiredLots",
            fields=[
                ("account_id", models.BigIntegerField(editable=False)),
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
                ("side", models.SmallIntegerField(choices=[(1, "Long"), (2, "Short")])),
                ("qty", models.IntegerField()),
                ("price_ticks", models.BigIntegerField()),
                ("close_profit_trade_fen", models.BigIntegerField()),
                ("trading_day", models.IntegerField()),
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
                "db_table": "trading_expired_lots",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="VenueProposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("ladder", "Ladder of one-sided markets"), ("delivery", "Road to delivery")],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("payload", models.JSONField()),
                ("reason", models.CharField(blank=True, default="", max_length=400, verbose_name="reason")),
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
                    "maker",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="maker",
                    ),
                ),
            ],
            options={
                "verbose_name": "venue rule proposal",
                "verbose_name_plural": "venue rule proposals",
                "db_table": "trading_venue_proposal",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("checker__isnull", True),
                            models.Q(("checker", models.F("maker")), _negated=True),
                            _connector="OR",
                        ),
                        name="trading_venue_proposal_four_eyes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("checker__isnull", True), ("state", "proposed")),
                            ("state", "withdrawn"),
                            ("checker__isnull", False),
                            _connector="OR",
                        ),
                        name="trading_venue_proposal_decided",
                    ),
                ],
            },
        ),
        GlobalTable("trading_contract_rules", core="all"),
        GlobalTable("trading_limit_ladder", core="all"),
        EnableTenancy("trading_expired_lots", account_column="account_id", key=None, web="select", core="insert"),
        InsertOnly("trading_expired_lots"),
        GlobalTable("trading_venue_proposal", web="write", core="select"),
        # What operators propose to each other is no broker's business.
        migrations.RunSQL(
            [
                "ALTER TABLE trading_venue_proposal ENABLE ROW LEVEL SECURITY",
                "ALTER TABLE trading_venue_proposal FORCE ROW LEVEL SECURITY",
                f"CREATE POLICY owner_all ON trading_venue_proposal FOR ALL TO {OWNER} USING (true) WITH CHECK (true)",
                f"CREATE POLICY core_read ON trading_venue_proposal FOR SELECT TO {CORE} USING (true)",
                f"CREATE POLICY backup_read ON trading_venue_proposal FOR SELECT TO {BACKUP} USING (true)",
                f"CREATE POLICY web_operator ON trading_venue_proposal FOR ALL TO {WEB}"
                f" USING ({IS_OPERATOR}) WITH CHECK ({IS_OPERATOR})",
            ],
            [
                *(
                    f"DROP POLICY {name} ON trading_venue_proposal"
                    for name in ("owner_all", "core_read", "backup_read", "web_operator")
                ),
                "ALTER TABLE trading_venue_proposal NO FORCE ROW LEVEL SECURITY",
                "ALTER TABLE trading_venue_proposal DISABLE ROW LEVEL SECURITY",
            ],
        ),
    ]
