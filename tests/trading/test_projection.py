"""The projection writes exactly what the engine holds, however the journal is cut."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.trading.feed import Feed, follow
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.engine.events import Trade
from trading.models.event_body import AccountFill, decode
from trading.projections import copy_text
from trading.projections.follower import ProjectionFollower

TABLES = {
    "trading_order": "id",
    "trading_fill": "id",
    "trading_posting": "journal_seq, n",
    "trading_account_event": "account_id",
    "trading_balance": "account_id",
    "trading_position": "account_id, instrument_id, side",
    "trading_account_day": "account_id, trading_day",
    "trading_instrument": "id",
    "trading_day": "trading_day",
    "trading_kill_switch": "scope, target_id",
    "trading_rates": "tenant_id, instrument_id",
}


def rows(connection: psycopg.Connection[Any], table: str) -> list[tuple[Any, ...]]:
    """Return a table's rows in key order; of the packed events, whose rows are cut by chance, each account's bytes."""
    if table == "trading_account_event":
        table = (
            "(select tenant_id, account_id, sum(count), string_agg(body, ''::bytea order by account_seq)"
            " from trading_account_event group by 1, 2) trading_account_event"
        )
    key = TABLES.get(table, "account_id")
    cursor = connection.execute(f"select * from {table} order by {key}")
    return [tuple(bytes(v) if isinstance(v, memoryview) else str(v) for v in row) for row in cursor.fetchall()]


def test_holds_what_the_engine_holds(busy: Feed, db_core: psycopg.Connection[Any]) -> None:
    follow(ProjectionFollower(), busy.batches(), db_core)
    for account_id in busy.machine.account_ids():
        view = busy.machine.account_view(account_id)
        assert view is not None
        assert db_core.execute(
            "select cash_fen, margin_fen, frozen_margin_fen, frozen_fee_fen, close_profit_fen, fee_fen, account_seq"
            " from trading_balance where account_id = %s",
            [account_id],
        ).fetchone() == (
            view.funds.cash_fen,
            view.funds.margin_fen,
            view.funds.frozen_margin_fen,
            view.funds.frozen_fee_fen,
            view.funds.close_profit_fen,
            view.funds.fee_fen,
            view.account_seq,
        )
        held = db_core.execute(
            "select instrument_id, side, today_qty, yesterday_qty, frozen_today, frozen_yesterday, open_cost_fen,"
            " mark_cost_fen, margin_fen from trading_position where account_id = %s and today_qty + yesterday_qty > 0"
            " order by 1, 2",
            [account_id],
        ).fetchall()
        wanted = [p for p in view.positions if p.today_qty + p.yesterday_qty]
        assert held == [
            (
                p.instrument_id,
                p.side,
                p.today_qty,
                p.yesterday_qty,
                p.frozen_today,
                p.frozen_yesterday,
                p.open_cost_fen,
                p.mark_cost_fen,
                p.margin_fen,
            )
            for p in sorted(wanted, key=lambda p: (p.instrument_id, p.side))
        ]
        working = db_core.execute(
            "select id, client_order_id, qty, price_ticks, filled_qty, leaves_qty, filled_ticks, status, trading_day,"
            " seq from trading_order where account_id = %s and status < 2 order by id",
            [account_id],
        ).fetchall()
        assert working == [
            (
                o.order_id,
                o.client_order_id,
                o.qty,
                o.price_ticks,
                o.filled_qty,
                o.leaves_qty,
                o.filled_ticks,
                o.status,
                o.trading_day,
                o.seq,
            )
            for o in sorted(view.orders, key=lambda o: o.order_id)
        ]


def test_writes_the_same_rows_however_the_journal_is_cut(
    busy: Feed, db_core: psycopg.Connection[Any], db_admin: psycopg.Connection[Any]
) -> None:
    batches = busy.batches(size=7)
    follow(ProjectionFollower(), batches, db_core, per_flush=3)
    fine = {table: rows(db_admin, table) for table in TABLES}
    names = ", ".join([*TABLES, "trading_account", "trading_follower_position"])
    db_admin.execute("set session_replication_role = replica")
    db_admin.execute(f"truncate {names} cascade")
    follow(ProjectionFollower(), batches, db_core, per_flush=1000)
    coarse = {table: rows(db_admin, table) for table in TABLES}
    assert {table: len(found) for table, found in fine.items() if not found} == {"trading_rates": 0}
    assert coarse == fine


def test_writes_the_same_rows_without_copy(
    busy: Feed, db_core: psycopg.Connection[Any], db_admin: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = busy.batches()
    follow(ProjectionFollower(), batches, db_core)
    copied = {table: rows(db_admin, table) for table in TABLES}
    db_admin.execute("set session_replication_role = replica")
    db_admin.execute(f"truncate {', '.join([*TABLES, 'trading_account', 'trading_follower_position'])} cascade")
    monkeypatch.setattr("trading.projections.writer.copy_is_refused", lambda cursor, table: True)
    monkeypatch.setattr(copy_text, "copy_lines", None)
    follow(ProjectionFollower(), batches, db_core)
    assert {table: rows(db_admin, table) for table in TABLES} == copied


def test_starts_again_where_it_stopped(
    busy: Feed, db_core: psycopg.Connection[Any], db_admin: psycopg.Connection[Any]
) -> None:
    batches = busy.batches()
    follow(ProjectionFollower(), batches[:40], db_core)
    follow(ProjectionFollower(), batches, db_core)
    follow(ProjectionFollower(), batches, db_core)
    events = sum(len(record.events) for batch in batches for record in batch.records)
    assert events > 700
    assert db_core.execute("select seq from trading_follower_position where name = 'projection'").fetchone() == (
        batches[-1].last_seq,
    )
    assert db_admin.execute("select count(*), count(distinct id) from trading_fill").fetchone() == (
        *[sum(2 for b in batches for r in b.records for e in r.events if isinstance(e, Trade))] * 2,
    )


def test_stores_only_this_accounts_side_of_a_trade(tenants: None, db_core: psycopg.Connection[Any]) -> None:
    feed = Feed()
    feed.open_market(accounts={7001: 2, 7003: 3})
    feed.order(7001, t.SELL, 2, 40_000)
    trade = feed.order(7003, t.BUY, 2, 40_000)[1]
    assert isinstance(trade, Trade)
    follow(ProjectionFollower(), feed.batches(), db_core)
    bodies = db_core.execute(
        "select count, body from trading_account_event where account_id in (7001, 7003)"
        " order by account_id, account_seq"
    ).fetchall()
    events = [event for count, body in bodies for *_, event in decode(body, count=count)]
    sides = [event for event in events if isinstance(event, AccountFill)]
    assert [(side.tenant_id, side.is_taker, side.leg) for side in sides] == [
        (2, False, trade.maker),
        (3, True, trade.taker),
    ]


def test_posts_each_transfer_once(tenants: None, db_core: psycopg.Connection[Any]) -> None:
    feed = Feed()
    feed.open_market(accounts={7001: 2, 7003: 3}, cash_fen=5_000_000_00)
    feed.order(7001, t.SELL, 1, 40_000)
    feed.order(7003, t.BUY, 1, 40_000)
    feed.roll(20261124, gold_ticks=40_010)
    follow(ProjectionFollower(), feed.batches(), db_core)
    postings = db_core.execute(
        "select account_id, kind, debit, credit, amount_fen from trading_posting order by journal_seq, n"
    ).fetchall()
    assert postings == [
        (7001, 1, "bank:2", "client:7001", 5_000_000_00),
        (7003, 1, "bank:3", "client:7003", 5_000_000_00),
        (7001, 3, "client:7001", "fee:2", 1000),
        (7003, 3, "client:7003", "fee:3", 1000),
        (7001, 5, "client:7001", "clearing", 20_000),
        (7003, 5, "clearing", "client:7003", 20_000),
    ]


def test_keeps_the_ended_day_of_each_account(tenants: None, db_core: psycopg.Connection[Any]) -> None:
    feed = Feed()
    feed.open_market(accounts={7001: 2, 7003: 3}, cash_fen=5_000_000_00)
    feed.order(7001, t.SELL, 1, 40_000)
    feed.order(7003, t.BUY, 1, 40_000)
    feed.roll(20261124, gold_ticks=40_010)
    follow(ProjectionFollower(), feed.batches(), db_core)
    assert db_core.execute(
        "select trading_day, pre_balance_fen, deposit_fen, withdraw_fen, close_profit_fen, mark_fen, fee_fen,"
        " balance_fen from trading_account_day where account_id = 7003"
    ).fetchall() == [(20261123, 0, 5_000_000_00, 0, 0, 20_000, 1000, 5_000_190_00)]
    assert db_core.execute(
        "select pre_balance_fen, deposit_fen, cash_fen, trading_day from trading_balance where account_id = 7003"
    ).fetchone() == (5_000_190_00, 0, 5_000_190_00, 20261124)


def test_whoever_joins_a_control_group_shows_its_self_trade_rule_at_once(
    tenants: None, db_owner: psycopg.Connection[Any], db_core: psycopg.Connection[Any]
) -> None:
    feed = Feed()
    feed.do(cmd.OpenAccount(2, 7001, 5, "system"))
    feed.do(cmd.SetSelfTrade(2, 7001, t.STP_BOTH, "u1"))
    follow(ProjectionFollower(), feed.batches(), db_core)
    # One with paper that waits, one without, one of another broker's group 5, one of no group.
    db_owner.execute(
        "insert into trading_account (id, tenant_id, name, state, asked_at) values (7002, 2, 'paper', 0, now())"
    )
    for account_id, tenant_id, group_id in ((7002, 2, 5), (7003, 2, 5), (7004, 3, 5), (7005, 2, 0)):
        feed.do(cmd.OpenAccount(tenant_id, account_id, group_id, "system"))
    follow(ProjectionFollower(), feed.batches(), db_core)
    shown = dict(db_core.execute("select id, self_trade from trading_account order by id").fetchall())
    counter = {number: account.stp_mode for number, account in feed.machine.state.accounts.items()}
    assert shown == counter == {7001: 2, 7002: 2, 7003: 2, 7004: 0, 7005: 0}


def test_activates_the_pending_account(
    tenants: None, db_owner: psycopg.Connection[Any], db_core: psycopg.Connection[Any]
) -> None:
    db_owner.execute("insert into trading_account (id, tenant_id, name, asked_at) values (7001, 2, 'A', now())")
    feed = Feed()
    feed.open_market(accounts={7001: 2, 7003: 3})
    feed.do(cmd.SetAccountStatus(2, 7001, t.BLOCKED, False, "reason", "u4"))
    follow(ProjectionFollower(), feed.batches(), db_core)
    found = db_core.execute("select id, tenant_id, name, state, status, status_reason from trading_account order by id")
    assert found.fetchall() == [(7001, 2, "A", 1, 2, "reason"), (7003, 3, "7003", 1, 0, "")]


def test_keeps_a_refused_order_whatever_it_asked_for(tenants: None, db_core: psycopg.Connection[Any]) -> None:
    feed = Feed()
    feed.open_market(accounts={7001: 2, 7003: 3})
    feed.order(7001, 7, 2**63 + 5, -(2**62), instrument=2**40, name="tab\tline\nback\\slash\x00")
    follow(ProjectionFollower(), feed.batches(), db_core)
    assert db_core.execute(
        "select client_order_id, status, qty, filled_qty, leaves_qty, canceled_qty, reject_code from trading_order"
    ).fetchall() in (
        [("tab\tline\nback\\slash", 4, 2**63 - 1, 0, 0, 0, "invalid_field")],
        [("tab\tline\nback\\slash", 4, 2**63 - 1, 0, 0, 0, "instrument_not_found")],
        [],
    )


def test_writes_the_lag_of_each_flush(busy: Feed, db_core: psycopg.Connection[Any]) -> None:
    batches = busy.batches()
    follower = ProjectionFollower()
    follow(follower, batches, db_core, per_flush=len(batches))
    with db_core.transaction(), db_core.cursor() as cursor:
        follower.idle(cursor)
    stamps = db_core.execute("select first_seq, last_seq, newest_ns from trading_follower_lag").fetchall()
    assert stamps == [(1, batches[-1].last_seq, 5_000_000)]
