"""The audit: one chain a tenant, nothing changes in it, and a break is found where it is."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress

import pytest
from django.db import DatabaseError, connection, transaction

from accounts import audit
from accounts.audit import GENESIS, SystemActor, verify_chain
from accounts.models import HOUSE_TENANT_ID, AuditEntry
from accounts.tenancy.context import tenant_scope
from portal.lib.paths import REPOSITORY
from tests.plugins.processes import Processes
from tests.world import House, Pair

ROBOT = SystemActor(name="robot")


def test_numbers_are_gapless_and_hashes_chained(house: House) -> None:
    with tenant_scope(tenant_id=house.tenant.pk):
        rows = list(AuditEntry.objects.order_by("number"))
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        assert [row.prev_hash for row in rows] == [GENESIS, *[row.hash for row in rows[:-1]]]
        report = verify_chain()
    assert (report.ok, report.entries, report.head) == (True, len(rows), rows[-1].hash)


def test_keeps_values_that_json_changes(house: House) -> None:
    from datetime import date

    with tenant_scope(tenant_id=house.tenant.pk):
        audit.record(actor=ROBOT, action="x", target="y", before={"b": (1, 2), "a": date(2026, 1, 2)}, after="文")
        entry = AuditEntry.objects.order_by("-number")[0]
        assert (entry.before, entry.after) == ({"a": "2026-01-02", "b": [1, 2]}, "文")
        assert verify_chain().ok


def test_each_tenant_has_its_own_chain(tenant_pair: Pair) -> None:
    with tenant_scope(tenant_id=tenant_pair.a.tenant.pk):
        before = AuditEntry.objects.count()
    with tenant_scope(tenant_id=tenant_pair.b.tenant.pk):
        audit.record(actor=ROBOT, action="x", target="y")
    with tenant_scope(tenant_id=tenant_pair.a.tenant.pk):
        assert AuditEntry.objects.count() == before


def test_acts_outside_every_tenant_stand_in_the_house(db: None) -> None:
    audit.record(actor=ROBOT, action="x", target="y")
    with tenant_scope(tenant_id=HOUSE_TENANT_ID):
        assert AuditEntry.objects.order_by("-number").values_list("action", flat=True)[0] == "x"


@pytest.mark.parametrize(
    "statement", ["UPDATE accounts_auditentry SET reason = 'z'", "DELETE FROM accounts_auditentry"]
)
def test_web_role_can_not_change_it(house: House, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        tenant_scope(tenant_id=house.tenant.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_not_even_the_owner_changes_it(tenant_pair: Pair, db_owner: object) -> None:
    import psycopg

    for statement in ("UPDATE accounts_auditentry SET reason = 'z'", "DELETE FROM accounts_auditentry"):
        with pytest.raises(psycopg.errors.RestrictViolation, match="accounts_auditentry is insert-only"):
            db_owner.execute(statement)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("damage", "broken_at"),
    [
        ("UPDATE accounts_auditentry SET after = '{\"user\": 666}' WHERE number = 3 AND tenant_id = {tenant}", 3),
        ("DELETE FROM accounts_auditentry WHERE number = 2 AND tenant_id = {tenant}", 2),
        ("UPDATE accounts_auditentry SET hash = repeat('0', 64) WHERE number = 4 AND tenant_id = {tenant}", 4),
    ],
)
def test_finds_where_the_chain_is_broken(tenant_pair: Pair, db_admin: object, damage: str, broken_at: int) -> None:
    tenant_id = tenant_pair.a.tenant.pk
    db_admin.execute("SET session_replication_role = replica")  # type: ignore[attr-defined]
    db_admin.execute(damage.replace("{tenant}", str(tenant_id)))  # type: ignore[attr-defined]
    with tenant_scope(tenant_id=tenant_id):
        assert verify_chain().broken_at == broken_at
    with tenant_scope(tenant_id=tenant_pair.b.tenant.pk):
        assert verify_chain().ok


def test_goes_with_the_act_it_describes(house: House) -> None:
    with tenant_scope(tenant_id=house.tenant.pk):
        before = AuditEntry.objects.count()
        with suppress(ZeroDivisionError), transaction.atomic():
            audit.record(actor=ROBOT, action="x", target="y")
            raise ZeroDivisionError
        assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("damaged", [False, True])
def test_command_checks_every_tenant(tenant_pair: Pair, db_admin: object, processes: Processes, damaged: bool) -> None:
    if damaged:
        db_admin.execute("SET session_replication_role = replica")  # type: ignore[attr-defined]
        db_admin.execute(  # type: ignore[attr-defined]
            "UPDATE accounts_auditentry SET action = 'x' WHERE number = 2 AND tenant_id = %s",
            [tenant_pair.b.tenant.pk],
        )
    command = [sys.executable, str(REPOSITORY / "manage.py"), "verify_audit", "--json"]
    done = subprocess.run(command, env=processes.environment, capture_output=True, text=True, timeout=60)
    told = json.loads(done.stdout)
    assert (done.returncode, told["ok"]) == ((1, False) if damaged else (0, True))
    assert told["breaches"] == ({"broker-b": 2} if damaged else {})
