"""One table of what operators propose to each other, in place of one for dated rows and one for venue rules."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from accounts.tenancy.db_roles import BACKUP, OWNER, WEB
from accounts.tenancy.operations import IS_OPERATOR, GlobalTable

TABLE = "trading_operator_proposal"
FORMER = {"trading_exchange_proposal": "exchange proposal", "trading_venue_proposal": "venue proposal"}
KINDS = {
    "trading_exchange_proposal": ("parameters", "parameters-back"),
    "trading_venue_proposal": ("ladder", "delivery"),
}
COLUMNS = "kind, payload, reason, maker_id, checker_id, state, result, journal_seq, created_at, decided_at"


def take_over(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Bring the rows of both tables over in the order in which they were proposed; the audit knows their old names."""
    with schema_editor.connection.cursor() as cursor:
        rows = " UNION ALL ".join(
            f"SELECT {COLUMNS}, '{name} ' || id AS former FROM {table}" for table, name in FORMER.items()
        )
        cursor.execute(f"SELECT count(*) FROM ({rows}) AS old")
        (count,) = cursor.fetchone()
        cursor.execute(
            f"INSERT INTO {TABLE} ({COLUMNS}, former) SELECT * FROM ({rows}) AS old ORDER BY created_at, former"
        )
        # Under row security a role without a policy moves nothing and says nothing.
        if cursor.rowcount != count:
            raise RuntimeError(f"{cursor.rowcount} of {count} proposals were taken over")


def give_back(_apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Return the rows to their tables; what those could not hold stops it."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {TABLE}")
        (count,) = cursor.fetchone()
        moved = 0
        for table, kinds in KINDS.items():
            cursor.execute(
                f"INSERT INTO {table} ({COLUMNS}) SELECT {COLUMNS} FROM {TABLE} WHERE kind = ANY(%s) ORDER BY id",
                [list(kinds)],
            )
            moved += cursor.rowcount
        if moved != count:
            raise RuntimeError(f"{count - moved} proposals are of kinds that the tables before did not know")


def fields() -> list[tuple[str, models.Field[Any, Any]]]:
    """Return the fields of the table."""
    return [
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
            "kind",
            models.CharField(
                choices=[
                    ("parameters", "Dated parameters"),
                    ("parameters-back", "Dated parameters taken back"),
                    ("ladder", "Ladder of one-sided markets"),
                    ("delivery", "Road to delivery"),
                    ("contract", "Change of a contract"),
                    ("listing", "Listing of a contract"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
        ("former", models.CharField(blank=True, default="", editable=False, max_length=64)),
        *(
            (
                name,
                models.ForeignKey(
                    **({"blank": True, "null": True} if name == "checker" else {}),
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name=name,
                ),
            )
            for name in ("checker", "maker")
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_walls"),
        ("trading", "0011_kinds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OperatorProposal",
            fields=fields(),
            options={
                "verbose_name": "operators' proposal",
                "verbose_name_plural": "operators' proposals",
                "db_table": TABLE,
                "ordering": ["-id"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("checker__isnull", True),
                            models.Q(("checker", models.F("maker")), _negated=True),
                            _connector="OR",
                        ),
                        name=f"{TABLE}_four_eyes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("checker__isnull", True), ("state", "proposed")),
                            ("state", "withdrawn"),
                            ("checker__isnull", False),
                            _connector="OR",
                        ),
                        name=f"{TABLE}_decided",
                    ),
                ],
            },
        ),
        GlobalTable(TABLE, web="write", core="none"),
        # What operators propose to each other is no broker's business.
        migrations.RunSQL(
            [
                f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY",
                f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY",
                f"CREATE POLICY owner_all ON {TABLE} FOR ALL TO {OWNER} USING (true) WITH CHECK (true)",
                f"CREATE POLICY backup_read ON {TABLE} FOR SELECT TO {BACKUP} USING (true)",
                f"CREATE POLICY web_operator ON {TABLE} FOR ALL TO {WEB}"
                f" USING ({IS_OPERATOR}) WITH CHECK ({IS_OPERATOR})",
            ],
            [
                *(f"DROP POLICY {name} ON {TABLE}" for name in ("owner_all", "backup_read", "web_operator")),
                f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY",
                f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY",
            ],
        ),
        migrations.RunPython(take_over, give_back),
        migrations.DeleteModel(name="ExchangeProposal"),
        migrations.DeleteModel(name="VenueProposal"),
    ]
