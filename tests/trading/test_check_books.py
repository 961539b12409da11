"""check_books finds each kind of broken promise when it is planted, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from tests.trading.feed import Feed
from trading.projections.books.checker import CHECKS, check_books, run_checks

# What is planted, by the promise that must notice it. Each runs alone, on books that hold.
_SECOND_ROW = "select ctid from trading_account_event where account_id = 7001 order by account_seq offset 1 limit 1"
PLANTED: list[tuple[str, str, str]] = [
    ("M1", "amount", "update trading_posting set amount_fen = 0 where kind = 3"),
    ("M1", "other_client", "update trading_posting set debit = 'client:7004' where kind = 3 and account_id = 7001"),
    ("M2", "fee_lost", "delete from trading_posting where kind = 3 and account_id = 7001"),
    ("M2", "cash", "update trading_balance set cash_fen = cash_fen + 1 where account_id = 7001"),
    ("M3", "cash", "update trading_balance set cash_fen = cash_fen + 1 where account_id = 7001"),
    ("M3", "posting", "update trading_posting set amount_fen = amount_fen + 1 where kind = 2"),
    ("M4", "closing", "update trading_account_day set balance_fen = balance_fen + 1 where account_id = 7001"),
    ("M4", "opening", "update trading_balance set pre_balance_fen = pre_balance_fen + 1, deposit_fen = -1"),
    (
        "M4",
        "day_fee",
        "update trading_account_day set fee_fen = fee_fen + 5, close_profit_fen = close_profit_fen + 5"
        " where account_id = 7003 and trading_day = 20261123",
    ),
    ("M5", "mark", "update trading_position set mark_cost_fen = mark_cost_fen + 1 where account_id = 7001"),
    ("M5", "posting", "delete from trading_posting where kind = 5 and account_id = 7003"),
    ("M6", "missing", "delete from trading_posting where kind = 3 and fill_id = 3"),
    ("M6", "wrong", "update trading_posting set amount_fen = amount_fen + 1 where kind = 3 and fill_id = 3"),
    ("M6", "schedule", "update trading_fill set fee_fen = fee_fen + 1 where id = (select max(id) from trading_fill)"),
    ("M7", "margin", "update trading_balance set margin_fen = margin_fen + 1 where account_id = 7001"),
    (
        "M7",
        "frozen",
        "update trading_balance b set frozen_margin_fen = 5 where not exists (select 1 from trading_order o"
        " where o.account_id = b.account_id and o.status < 2)",
    ),
    ("M8", "reference", "update trading_posting set reference = 'same' where kind in (1, 2) and account_id = 7001"),
    ("P1", "one_sided", "update trading_position set today_qty = today_qty + 1 where account_id = 7001 and side = 1"),
    ("P1", "open_interest", "update trading_market_day set open_interest = open_interest + 1"),
    ("P2", "fill_lost", "delete from trading_fill where id in (2, 3)"),
    (
        "P2",
        "bucket",
        "update trading_position set today_qty = today_qty - 1, yesterday_qty = yesterday_qty + 1 where today_qty > 0",
    ),
    (
        "P3",
        "frozen",
        "update trading_position set frozen_today = 0, frozen_yesterday = 0 where frozen_today + frozen_yesterday > 0",
    ),
    ("P4", "tick", "update trading_tick set open_interest = open_interest + 1 where trade_id = 5"),
    (
        "O2",
        "twice",
        "update trading_order set client_order_id = 'x' where account_id = 7001 and trading_day = 20261123",
    ),
    ("O3", "leaves", "update trading_order set qty = qty + 1 where status = 2"),
    ("O4", "state", "update trading_order set status = 3, cancel_reason = 'client' where status = 2"),
    ("O4", "after_end", "update trading_order set last_seq = 1 where status = 2"),
    ("O4", "old_day", "update trading_order set trading_day = 20261123 where status < 2"),
    ("O5", "filled", "update trading_order set filled_ticks = filled_ticks + 1 where status = 2"),
    ("O5", "one_side", "delete from trading_fill where id = 3"),
    ("O5", "limit", "update trading_fill set price_ticks = price_ticks + 500 where side = 1"),
    ("O5", "tick", "update trading_tick set qty = qty + 1 where trade_id = 5"),
    ("O6", "self", "update trading_account set group_id = 9"),
    ("D1", "gap", f"delete from trading_account_event where ctid in ({_SECOND_ROW})"),
    ("D1", "overlap", f"update trading_account_event set count = count + 1 where ctid in ({_SECOND_ROW})"),
    ("D1", "behind", "update trading_balance set account_seq = account_seq + 1 where account_id = 7001"),
    ("D1", "order", f"update trading_account_event set journal_seq = 1 where ctid in ({_SECOND_ROW})"),
    ("C1", "day", "delete from trading_day where trading_day = 20261124"),
    ("J5", "ahead", "update trading_follower_position set seq = seq + 1"),
    ("J5", "rows_ahead", "update trading_order set last_seq = last_seq + 100000 where id = 1"),
    ("T1", "tenant", "update trading_order set tenant_id = 3 where account_id = 7001"),
    ("T1", "pending", "update trading_account set state = 0, seq = 0 where id = 7001"),
]


@pytest.fixture
def planting(projected: Feed, db_admin: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """A connection on which no constraint and no trigger stands in the way of damage."""
    db_admin.execute("set session_replication_role = replica")
    return db_admin


def _without_constraints(cursor: psycopg.Cursor[Any]) -> None:
    cursor.execute(
        "select format('alter table %I drop constraint %I', conrelid::regclass::text, conname) from pg_constraint"
        " where contype = 'c' and conrelid::regclass::text like 'trading\\_%'"
    )
    for (statement,) in cursor.fetchall():
        cursor.execute(statement)


def test_finds_nothing_in_books_that_hold(projected: Feed, db_core: psycopg.Connection[Any]) -> None:
    report = check_books(db_core)
    assert report.breaches == []
    assert (report.ok, report.seq, report.head) == (True, projected.machine.seq, projected.machine.seq)


def test_finds_each_planted_damage(planting: psycopg.Connection[Any]) -> None:
    missed = []
    for code, name, damage in PLANTED:
        with planting.transaction(force_rollback=True), planting.cursor() as cursor:
            _without_constraints(cursor)
            cursor.execute(damage)
            assert cursor.rowcount > 0, f"{code} {name} plants nothing"
            report = run_checks(cursor)
        assert all(breach.count >= len(breach.examples) > 0 for breach in report.breaches)
        if code not in {breach.code for breach in report.breaches}:
            missed.append(f"{code} {name}")
    assert missed == []


def test_has_a_plant_for_every_check() -> None:
    assert {check.code for check in CHECKS} == {code for code, _name, _damage in PLANTED}


def test_command_says_so_in_one_line(projected: Feed, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_books", "--json", "--wait", "0")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0]) == {
        "ok": True,
        "seq": projected.machine.seq,
        "head": projected.machine.seq,
        "checks": len(CHECKS),
        "breaches": [],
    }


def test_command_exits_with_one_on_a_breach(
    planting: psycopg.Connection[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    planting.execute("update trading_balance set margin_fen = margin_fen + 7 where account_id = 7001")
    with pytest.raises(SystemExit) as exit_:
        call_command("check_books", "--json", "--wait", "0")
    assert exit_.value.code == 1
    report = json.loads(capsys.readouterr().out)
    assert [(breach["code"], breach["count"]) for breach in report["breaches"]] == [("M7", 1)]
