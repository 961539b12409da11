"""Built from the journal once more, every table is row for row the same; damage is found and can be repaired."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from tests.trading.feed import Feed
from trading.projections.books.checker import check_books
from trading.projections.rebuild import TABLES, rebuild


def test_is_row_for_row_equal(
    projected: Feed, db_owner: psycopg.Connection[Any], db_core: psycopg.Connection[Any]
) -> None:
    found = rebuild(db_owner)
    assert found.differences == []
    assert found.seq == projected.machine.seq
    counts = {table: db_core.execute(f"select count(*) from {table}").fetchone()[0] for table in TABLES}
    assert counts["trading_account_event"] < found.rows["trading_account_event"]  # packed
    counts["trading_account_event"] = db_core.execute("select sum(count) from trading_account_event").fetchone()[0]
    assert found.rows == counts


def test_finds_and_repairs_damage(
    projected: Feed,
    db_admin: psycopg.Connection[Any],
    db_owner: psycopg.Connection[Any],
    db_core: psycopg.Connection[Any],
) -> None:
    db_admin.execute("set session_replication_role = replica")
    db_admin.execute("delete from trading_fill where id = 3")
    db_admin.execute("update trading_balance set margin_fen = margin_fen + 1 where account_id = 7001")
    db_admin.execute("update trading_account set status = 2 where id = 7002")
    found = rebuild(db_owner)
    assert [(item.table, item.missing, item.surplus) for item in found.differences] == [
        ("trading_account", 1, 1),
        ("trading_balance", 1, 1),
        ("trading_fill", 1, 0),
    ]
    assert not check_books(db_core).ok
    rebuild(db_owner, replace=True)
    assert rebuild(db_owner).differences == []
    assert check_books(db_core).breaches == []
    with pytest.raises(psycopg.errors.RestrictViolation):
        db_owner.execute("delete from trading_fill where id = 3")


@pytest.mark.parametrize(
    ("damage", "missing", "surplus"),
    [
        ("delete from trading_account_event where account_id = 7001 and account_seq = count", None, 0),
        ("update trading_account_event set body = set_byte(body, 10, get_byte(body, 10) # 1) where account_id = 7001",
         1, 1),
        ("update trading_account_event set journal_seq = journal_seq + 1 where account_id = 7001", 1, 1),
    ],
)  # fmt: skip
def test_finds_damaged_events(
    damage: str,
    missing: int | None,
    surplus: int,
    projected: Feed,
    db_admin: psycopg.Connection[Any],
    db_owner: psycopg.Connection[Any],
) -> None:
    db_admin.execute("set session_replication_role = replica")
    lost = db_admin.execute(
        "select count from trading_account_event where account_id = 7001 and account_seq = count"
    ).fetchone()
    assert lost is not None
    db_admin.execute(damage)
    (found,) = rebuild(db_owner, replace=True).differences
    assert (found.table, found.missing, found.surplus) == (
        "trading_account_event", lost[0] if missing is None else missing, surplus
    )  # fmt: skip
    assert rebuild(db_owner).differences == []


def test_command_tells_in_one_line(projected: Feed, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("rebuild_projections", "--json")
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["replaced"], report["seq"]) == (True, False, projected.machine.seq)
