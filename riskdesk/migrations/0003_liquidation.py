"""Lines of risk, notices to clients, proposed liquidations."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.tenancy.operations import EnableTenancy


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_walls"),
        ("riskdesk", "0002_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="accountrisk",
            name="exchange_margin_fen",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.CreateModel(
            name="LiquidationProposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account_id", models.BigIntegerField(editable=False)),
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
                ("note", models.CharField(blank=True, default="", max_length=400, verbose_name="note")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Waiting for a checker"),
                            ("opened", "Opened"),
                            ("refused", "Refused"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("number", models.BigIntegerField(null=True)),
                ("journal_seq", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="proposed")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided")),
                (
                    "checker",
                    models.ForeignKey(
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
            ],
            options={
                "verbose_name": "proposed liquidation",
                "verbose_name_plural": "proposed liquidations",
                "db_table": "riskdesk_liquidation_proposal",
                "ordering": ["-id"],
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "proposed")),
                        fields=("tenant", "account_id"),
                        name="riskdesk_liquidation_proposal_one",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("checker__isnull", True),
                            models.Q(("checker", models.F("maker")), _negated=True),
                            _connector="OR",
                        ),
                        name="riskdesk_liquidation_proposal_four_eyes",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RiskLines",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "basis",
                    models.SmallIntegerField(
                        choices=[(1, "Company margin"), (2, "Exchange margin")], verbose_name="margin basis"
                    ),
                ),
                ("warn_ppm", models.IntegerField(verbose_name="warn")),
                ("call_ppm", models.IntegerField(verbose_name="margin call")),
                ("close_only_ppm", models.IntegerField(verbose_name="close only")),
                ("liquidate_ppm", models.IntegerField(verbose_name="liquidate")),
                ("target_ppm", models.IntegerField(verbose_name="target")),
                ("automatic", models.BooleanField(default=False, verbose_name="automatic")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Waiting for a checker"),
                            ("in_force", "In force"),
                            ("replaced", "Replaced"),
                            ("refused", "Refused"),
                        ],
                        default="proposed",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=400, verbose_name="reason")),
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
            ],
            options={
                "verbose_name": "risk lines",
                "verbose_name_plural": "risk lines",
                "db_table": "riskdesk_lines",
                "ordering": ["-id"],
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "in_force")),
                        fields=("tenant", "basis"),
                        name="riskdesk_lines_in_force",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("call_ppm__lte", models.F("close_only_ppm")),
                            ("close_only_ppm__lte", models.F("liquidate_ppm")),
                            ("target_ppm__gt", 0),
                            ("target_ppm__lt", models.F("liquidate_ppm")),
                            ("warn_ppm__gt", 0),
                            ("warn_ppm__lte", models.F("call_ppm")),
                        ),
                        name="riskdesk_lines_ladder",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("checker__isnull", True),
                            models.Q(("checker", models.F("maker")), _negated=True),
                            _connector="OR",
                        ),
                        name="riskdesk_lines_four_eyes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "proposed"), ("checker__isnull", False), ("state", "refused"), _connector="OR"
                        ),
                        name="riskdesk_lines_decided",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RiskNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account_id", models.BigIntegerField(editable=False)),
                (
                    "kind",
                    models.SmallIntegerField(
                        choices=[
                            (1, "Risk warning"),
                            (2, "Margin call"),
                            (3, "Right to open suspended"),
                            (4, "Forced liquidation"),
                        ],
                        verbose_name="notice",
                    ),
                ),
                (
                    "basis",
                    models.SmallIntegerField(
                        choices=[(1, "Company margin"), (2, "Exchange margin")], verbose_name="margin basis"
                    ),
                ),
                ("line_ppm", models.IntegerField()),
                ("degree_ppm", models.BigIntegerField()),
                ("equity_fen", models.BigIntegerField()),
                ("margin_fen", models.BigIntegerField()),
                ("short_fen", models.BigIntegerField(default=0)),
                ("trigger_seq", models.BigIntegerField()),
                ("sent_at", models.DateTimeField(verbose_name="sent")),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="delivered")),
                ("read_at", models.DateTimeField(null=True, verbose_name="read")),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed at")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended")),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
            ],
            options={
                "verbose_name": "risk notice",
                "verbose_name_plural": "risk notices",
                "db_table": "riskdesk_notice",
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("tenant", "account_id", "basis", "kind"),
                        name="riskdesk_notice_standing",
                    )
                ],
            },
        ),
        EnableTenancy("riskdesk_lines", web="write", core="select"),
        EnableTenancy("riskdesk_notice", account_column="account_id", web="write", core="write"),
        EnableTenancy("riskdesk_liquidation_proposal", account_column="account_id", web="write", core="select"),
    ]
