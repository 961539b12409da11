"""Dated parameters: rows of the exchange, of brokers, of accounts; the exchange's proposals; accounts that hedge."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.tenancy.db_roles import BACKUP, CORE, OWNER, WEB
from accounts.tenancy.operations import IS_OPERATOR, EnableTenancy, GlobalTable

PROPOSALS = "trading_exchange_proposal"


def primary_key(table: str, *columns: str) -> migrations.RunSQL:
    """Lead the key with the tenant: no number of a row says anything about another tenant's."""
    leading = ", ".join(columns)
    return migrations.RunSQL(
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, ADD CONSTRAINT {table}_pkey PRIMARY KEY ({leading})",
        f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey, ADD CONSTRAINT {table}_pkey PRIMARY KEY (id)",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_walls"),
        ("trading", "0004_special_orders"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExchangeParameters",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="row")),
                ("instrument_id", models.IntegerField(default=0)),
                ("product", models.TextField(blank=True, default="")),
                ("hedge", models.BooleanField(verbose_name="hedging only")),
                ("effective_day", models.IntegerField(verbose_name="from trading day")),
                ("said", models.JSONField()),
                ("source", models.TextField(verbose_name="source")),
                ("maker", models.TextField(verbose_name="maker")),
                ("checker", models.TextField(verbose_name="checker")),
                ("at_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
                ("withdrawn_seq", models.BigIntegerField(null=True)),
            ],
            options={
                "verbose_name": "exchange's parameters",
                "verbose_name_plural": "exchange's parameters",
                "db_table": "trading_parameter_exchange",
                "ordering": ["-id"],
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="moneyaccount",
            name="hedge",
            field=models.BooleanField(db_default=False, default=False, verbose_name="hedging"),
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
                    (30, "Order or cancel fee"),
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
                    ("parameters", "Dated parameters"),
                    ("parameters-back", "Dated parameters taken back"),
                    ("hedge", "Purpose of an account"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="ClientParameters",
            fields=[
                ("account_id", models.BigIntegerField(editable=False)),
                ("id", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="row")),
                ("instrument_id", models.IntegerField(default=0)),
                ("product", models.TextField(blank=True, default="")),
                ("hedge", models.BooleanField(verbose_name="hedging only")),
                ("effective_day", models.IntegerField(verbose_name="from trading day")),
                ("said", models.JSONField()),
                ("source", models.TextField(verbose_name="source")),
                ("maker", models.TextField(verbose_name="maker")),
                ("checker", models.TextField(verbose_name="checker")),
                ("at_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
                ("withdrawn_seq", models.BigIntegerField(null=True)),
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
                "verbose_name": "account's parameters",
                "verbose_name_plural": "accounts' parameters",
                "db_table": "trading_parameter_client",
                "ordering": ["-id"],
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="TenantParameters",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False, verbose_name="row")),
                ("instrument_id", models.IntegerField(default=0)),
                ("product", models.TextField(blank=True, default="")),
                ("hedge", models.BooleanField(verbose_name="hedging only")),
                ("effective_day", models.IntegerField(verbose_name="from trading day")),
                ("said", models.JSONField()),
                ("source", models.TextField(verbose_name="source")),
                ("maker", models.TextField(verbose_name="maker")),
                ("checker", models.TextField(verbose_name="checker")),
                ("at_ns", models.BigIntegerField()),
                ("seq", models.BigIntegerField()),
                ("withdrawn_seq", models.BigIntegerField(null=True)),
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
                "verbose_name": "broker's parameters",
                "verbose_name_plural": "broker's parameters",
                "db_table": "trading_parameter_tenant",
                "ordering": ["-id"],
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="ExchangeProposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("parameters", "Dated parameters"),
                            ("parameters-back", "Dated parameters taken back"),
                        ],
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
                "verbose_name": "exchange's proposal",
                "verbose_name_plural": "exchange's proposals",
                "db_table": "trading_exchange_proposal",
                "ordering": ["-id"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("checker__isnull", True),
                            models.Q(("checker", models.F("maker")), _negated=True),
                            _connector="OR",
                        ),
                        name="trading_exchange_proposal_four_eyes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("checker__isnull", True), ("state", "proposed")),
                            ("state", "withdrawn"),
                            ("checker__isnull", False),
                            _connector="OR",
                        ),
                        name="trading_exchange_proposal_decided",
                    ),
                ],
            },
        ),
        primary_key("trading_parameter_tenant", "tenant_id", "id"),
        primary_key("trading_parameter_client", "tenant_id", "account_id", "id"),
        GlobalTable("trading_parameter_exchange", core="all"),
        EnableTenancy("trading_parameter_tenant", key=None, web="select", core="all"),
        EnableTenancy("trading_parameter_client", account_column="account_id", key=None, web="select", core="all"),
        # Proposals of the exchange: of no tenant, and of no tenant's people either.
        GlobalTable(PROPOSALS, web="write", core="none"),
        migrations.RunSQL(
            [
                f"ALTER TABLE {PROPOSALS} ENABLE ROW LEVEL SECURITY",
                f"ALTER TABLE {PROPOSALS} FORCE ROW LEVEL SECURITY",
                f"CREATE POLICY owner_all ON {PROPOSALS} FOR ALL TO {OWNER} USING (true) WITH CHECK (true)",
                f"CREATE POLICY core_all ON {PROPOSALS} FOR ALL TO {CORE} USING (true) WITH CHECK (true)",
                f"CREATE POLICY backup_read ON {PROPOSALS} FOR SELECT TO {BACKUP} USING (true)",
                f"CREATE POLICY web_operator ON {PROPOSALS} FOR ALL TO {WEB}"
                f" USING ({IS_OPERATOR}) WITH CHECK ({IS_OPERATOR})",
            ],
            [
                *(
                    f"DROP POLICY {name} ON {PROPOSALS}"
                    for name in ("owner_all", "core_all", "backup_read", "web_operator")
                ),
                f"ALTER TABLE {PROPOSALS} NO FORCE ROW LEVEL SECURITY",
                f"ALTER TABLE {PROPOSALS} DISABLE ROW LEVEL SECURITY",
            ],
        ),
    ]
