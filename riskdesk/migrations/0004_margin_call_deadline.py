"""A deadline for margin calls, and plans proposed by rule when one is missed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from accounts.tenancy.db_roles import CORE

PROPOSALS = "riskdesk_liquidation_proposal"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_walls"),
        ("riskdesk", "0003_liquidation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="liquidationproposal",
            name="notice",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="riskdesk.risknotice",
                verbose_name="risk notice",
            ),
        ),
        migrations.AddField(
            model_name="risklines",
            name="pay_by_min",
            field=models.SmallIntegerField(blank=True, null=True, verbose_name="deadline of a margin call"),
        ),
        migrations.AddField(
            model_name="risknotice",
            name="due_at",
            field=models.DateTimeField(null=True, verbose_name="deadline"),
        ),
        migrations.AddField(
            model_name="risknotice",
            name="met_at",
            field=models.DateTimeField(null=True, verbose_name="deadline met"),
        ),
        migrations.AddField(
            model_name="risknotice",
            name="missed_at",
            field=models.DateTimeField(null=True, verbose_name="deadline missed"),
        ),
        migrations.AlterField(
            model_name="liquidationproposal",
            name="maker",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="maker",
            ),
        ),
        migrations.AddIndex(
            model_name="risknotice",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False), ("ended_at__isnull", True), ("missed_at__isnull", True)),
                fields=["due_at"],
                name="riskdesk_notice_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="liquidationproposal",
            constraint=models.UniqueConstraint(
                fields=("tenant", "notice"), name="riskdesk_liquidation_proposal_notice"
            ),
        ),
        migrations.AddConstraint(
            model_name="liquidationproposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("maker__isnull", False), ("notice__isnull", True)),
                    models.Q(("maker__isnull", True), ("notice__isnull", False)),
                    _connector="OR",
                ),
                name="riskdesk_liquidation_proposal_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="risklines",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("pay_by_min__isnull", True),
                    models.Q(("pay_by_min__gte", 0), ("pay_by_min__lt", 1440)),
                    _connector="OR",
                ),
                name="riskdesk_lines_pay_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="risknotice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("met_at__isnull", True), ("missed_at__isnull", True)),
                    models.Q(("due_at__isnull", False), ("kind", 2), ("met_at__isnull", True)),
                    models.Q(("due_at__isnull", False), ("kind", 2), ("missed_at__isnull", True)),
                    _connector="OR",
                ),
                name="riskdesk_notice_deadline",
            ),
        ),
        migrations.RunSQL(
            [
                f"ALTER TABLE {PROPOSALS} ADD CONSTRAINT {PROPOSALS}_notice_id_same_tenant"
                " FOREIGN KEY (tenant_id, notice_id) REFERENCES riskdesk_notice (tenant_id, id)"
                " DEFERRABLE INITIALLY IMMEDIATE",
                # The monitors propose a plan when a deadline is missed.
                f"GRANT INSERT ON {PROPOSALS} TO {CORE}",
            ],
            [
                f"REVOKE INSERT ON {PROPOSALS} FROM {CORE}",
                f"ALTER TABLE {PROPOSALS} DROP CONSTRAINT {PROPOSALS}_notice_id_same_tenant",
            ],
        ),
    ]
