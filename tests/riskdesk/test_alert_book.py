"""Findings become numbered rows: repeats count on one row, numbers have no gaps, ends are marked."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from riskdesk.alert_book import write_findings
from riskdesk.monitors.base import Finding

pytestmark = pytest.mark.usefixtures("committed")

ROWS = """
    SELECT number, change_no, rule, state, count, first_seq, last_seq, cleared_at_ns, figures->>'degree_ppm'
    FROM riskdesk_alert ORDER BY number
"""


@pytest.fixture
def tenant_id(db_owner: psycopg.Connection[Any]) -> int:
    row = db_owner.execute(
        "INSERT INTO accounts_tenant (code, name, name_en, kind, status, created_at)"
        " VALUES ('gold', '金桥期货', 'Goldbridge', 'broker', 'active', now()) RETURNING id"
    ).fetchone()
    assert row
    return int(row[0])


def finding(
    tenant_id: int, seq: int, *, account_id: int = 7001, raised: bool = True, degree_ppm: int = 810_000
) -> Finding:
    return Finding(
        rule="risk_degree_80", severity=2, tenant_id=tenant_id, account_id=account_id, seq=seq, at_ns=seq * 10,
        raised=raised, level=True, figures={"degree_ppm": degree_ppm},
    )  # fmt: skip


def write(connection: psycopg.Connection[Any], *findings: Finding) -> dict[int, int]:
    with connection.transaction(), connection.cursor() as cursor:
        return write_findings(cursor, findings)


def test_repeats_raise_the_count_of_one_row(db_core: psycopg.Connection[Any], tenant_id: int) -> None:
    assert write(db_core, finding(tenant_id, 5)) == {tenant_id: 1}
    assert write(db_core, finding(tenant_id, 8, degree_ppm=850_000)) == {tenant_id: 2}
    assert db_core.execute(ROWS).fetchall() == [(1, 2, "risk_degree_80", "open", 2, 5, 8, None, "850000")]


def test_repeats_within_one_flush_count_too(db_core: psycopg.Connection[Any], tenant_id: int) -> None:
    write(db_core, finding(tenant_id, 5), finding(tenant_id, 6, raised=False), finding(tenant_id, 7))
    assert db_core.execute(ROWS).fetchall() == [(1, 1, "risk_degree_80", "open", 2, 5, 7, None, "810000")]


def test_an_unseen_alert_stays_open_when_its_condition_ends(db_core: psycopg.Connection[Any], tenant_id: int) -> None:
    write(db_core, finding(tenant_id, 5))
    write(db_core, finding(tenant_id, 9, raised=False))
    assert db_core.execute(ROWS).fetchall() == [(1, 2, "risk_degree_80", "open", 1, 5, 5, 90, "810000")]


def test_an_acknowledged_alert_resolves_and_the_next_one_gets_its_own_number(
    db_core: psycopg.Connection[Any], tenant_id: int
) -> None:
    write(db_core, finding(tenant_id, 5))
    db_core.execute("UPDATE riskdesk_alert SET state = 'acknowledged'")
    write(db_core, finding(tenant_id, 9, raised=False))
    write(db_core, finding(tenant_id, 11))
    assert [row[:5] for row in db_core.execute(ROWS).fetchall()] == [
        (1, 2, "risk_degree_80", "resolved", 1),
        (2, 3, "risk_degree_80", "open", 1),
    ]


def test_accounts_have_rows_of_their_own(db_core: psycopg.Connection[Any], tenant_id: int) -> None:
    write(db_core, finding(tenant_id, 5), finding(tenant_id, 5, account_id=7002))
    assert [row[0:2] for row in db_core.execute(ROWS).fetchall()] == [(1, 1), (2, 2)]


def test_an_end_without_a_row_writes_nothing(db_core: psycopg.Connection[Any], tenant_id: int) -> None:
    write(db_core, finding(tenant_id, 5, raised=False))
    assert db_core.execute(ROWS).fetchall() == []


def test_a_rolled_back_flush_leaves_no_gap(db_core: psycopg.Connection[Any], tenant_id: int) -> None:
    with db_core.transaction(force_rollback=True), db_core.cursor() as cursor:
        write_findings(cursor, [finding(tenant_id, 5)])
    write(db_core, finding(tenant_id, 5))
    assert [row[0] for row in db_core.execute(ROWS).fetchall()] == [1]


def test_wakes_the_web_processes_with_tenant_and_number_only(
    db_core: psycopg.Connection[Any], db_web: psycopg.Connection[Any], tenant_id: int
) -> None:
    db_web.execute("LISTEN aurum_alerts")
    write(db_core, finding(tenant_id, 5))
    [notification] = db_web.notifies(timeout=2, stop_after=1)
    assert notification.payload == f'{{"tenant": {tenant_id}, "n": 1}}'
