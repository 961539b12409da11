"""Ticks, bars and days follow from the journal alone: made once more they are equal row for row; damage is found."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from tests.trading.feed import AG, AU, SECOND, Feed, follow, write_journal
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.marketdata.follower import MarketDataFollower
from trading.marketdata.rebuild import TABLES, rebuild
from trading.projections.follower import ProjectionFollower


@pytest.fixture
def lived(busy: Feed, db_core: psycopg.Connection[Any]) -> Feed:
    """Days of trading with an auction and a settlement in steps, hours apart, followed with restarts in between."""
    for phase in (t.AUCTION_ENTRY, t.AUCTION_MATCH, t.CONTINUOUS):
        busy.do(cmd.SetPhase(0, [AU], phase, "", "system"))
        busy.at_ns += 40 * 60 * SECOND
        busy.noise(80, seed=phase)
    busy.do(cmd.BeginSettlement(0, 20261126, [], "system"))
    busy.do(cmd.SettleAccounts(0, 0, 500, "system"))
    busy.do(cmd.EndSettlement(0, "system"))
    busy.at_ns += 25 * 60 * SECOND
    busy.noise(120, seed=9)
    batches = busy.batches(size=5)
    write_journal(db_core, batches)
    follow(ProjectionFollower(), batches, db_core, per_flush=50)
    third = len(batches) // 3
    # A new follower each time, as after a crash; and another rhythm of flushes, which must not show.
    for part, per_flush in ((batches[:third], 1), (batches[third : 2 * third], 4), (batches[2 * third :], 50)):
        follow(MarketDataFollower(with_depth=False), part, db_core, per_flush=per_flush)
    return busy


def test_is_row_for_row_equal(lived: Feed, db_owner: psycopg.Connection[Any], db_core: psycopg.Connection[Any]) -> None:
    found = rebuild(db_owner)
    assert found.differences == []
    assert found.seq == lived.machine.seq
    counts = {table: db_core.execute(f"select count(*) from {table}").fetchone()[0] for table in TABLES}
    assert found.rows == counts
    assert counts["trading_tick"] > 100
    assert counts["trading_contract_day"] == 2 * 4
    assert db_core.execute("select count(distinct period_s) from trading_bar").fetchone() == (5,)


def test_ticks_add_up_to_their_day(lived: Feed, db_core: psycopg.Connection[Any]) -> None:
    wrong = db_core.execute(
        "select count(*) from (select t.*, sum(qty) over w as lots, sum(qty * price_ticks * i.tick_value_fen) over w as"
        " money from trading_tick t join trading_instrument i on i.id = t.instrument_id"
        " window w as (partition by instrument_id, trading_day order by trade_id)) x"
        " where volume <> lots or turnover_fen <> money"
    ).fetchone()
    assert wrong == (0,)
    assert db_core.execute("select count(*) from trading_tick where phase = %s", [t.AUCTION_MATCH]).fetchone() > (0,)
    stats = lived.machine.instrument_stats(AU)
    assert stats is not None
    newest = db_core.execute(
        "select trading_day, volume, turnover_fen, open_interest from trading_tick where instrument_id = %s"
        " order by trade_id desc limit 1",
        [AU],
    ).fetchone()
    assert newest == (20261126, stats.volume, stats.turnover_fen, stats.open_interest)


def test_days_carry_settlements_limits_and_open_interest_on(lived: Feed, db_core: psycopg.Connection[Any]) -> None:
    rows = db_core.execute(
        "select trading_day, previous_settlement_ticks, settlement_ticks, lower_ticks, upper_ticks,"
        " previous_open_interest from trading_contract_day where instrument_id = %s order by trading_day",
        [AU],
    ).fetchall()
    assert [row[0] for row in rows] == [20261123, 20261124, 20261125, 20261126]
    assert [row[1] for row in rows[:3]] == [40_000, 40_003, 39_998]
    assert [row[2] for row in rows[:2]] == [40_003, 39_998]
    assert rows[3][1] == rows[2][2]  # the average of the third day's trades
    assert rows[3][2] is None
    stats = lived.machine.instrument_stats(AU)
    assert stats is not None
    assert rows[3][3:5] == (stats.lower, stats.upper)
    closing = db_core.execute(
        "select distinct on (trading_day) trading_day, open_interest from trading_tick where instrument_id = %s"
        " order by trading_day, trade_id desc",
        [AU],
    ).fetchall()
    assert [row[5] for row in rows] == [0, *(held for _day, held in closing[:3])]


def test_finds_and_repairs_damage(
    lived: Feed,
    db_admin: psycopg.Connection[Any],
    db_owner: psycopg.Connection[Any],
) -> None:
    db_admin.execute("set session_replication_role = replica")
    db_admin.execute("delete from trading_tick where trade_id = 3")
    db_admin.execute("update trading_bar set volume = volume + 1 where instrument_id = %s and period_s = 86400", [AG])
    db_admin.execute("update trading_contract_day set settlement_ticks = 1 where trading_day = 20261124")
    # A made past is none of the journal's business.
    db_admin.execute(
        "insert into trading_bar select instrument_id, 60, 60, 1, 1, 1, 1, 1, 1, 1, 2, 0 from trading_bar limit 1"
    )
    found = rebuild(db_owner)
    damaged = {item.table: (item.missing, item.surplus) for item in found.differences}
    assert damaged["trading_tick"] == (1, 0)
    assert damaged["trading_contract_day"] == (2, 2)
    assert damaged["trading_bar"][0] == damaged["trading_bar"][1] > 0
    assert set(damaged) == {"trading_tick", "trading_contract_day", "trading_bar"}
    rebuild(db_owner, replace=True)
    assert rebuild(db_owner).differences == []
    assert db_admin.execute("select count(*) from trading_bar where source = 2").fetchone() == (1,)
    with pytest.raises(psycopg.errors.RestrictViolation):
        db_owner.execute("delete from trading_tick where trade_id = 3")


def test_command_tells_in_one_line_and_fails_on_a_difference(
    lived: Feed, db_admin: psycopg.Connection[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("rebuild_marketdata", "--check", "--json")
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["replaced"], report["seq"]) == (True, False, lived.machine.seq)
    db_admin.execute("update trading_market_day set volume = volume + 1 where instrument_id = %s", [AU])
    with pytest.raises(SystemExit) as stopped:
        call_command("rebuild_marketdata", "--check")
    assert stopped.value.code == 1
    assert "trading_market_day: 1 rows missing, 1 too many" in capsys.readouterr().out
