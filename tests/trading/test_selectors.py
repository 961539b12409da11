"""Reads show the actor's accounts, newest first, and nothing of another tenant."""

from __future__ import annotations

from typing import Any

import psycopg

from accounts.auth.actor import Actor
from accounts.tenancy.context import tenant_scope
from tests.trading.feed import AU, Feed
from trading.engine import types as t
from trading.models import Order
from trading.selectors import account_events, accounts, instruments, ledger, market, orders, projection


def test_merges_the_newest_orders_of_all_visible_accounts(projected: Feed, officer: Actor) -> None:
    with tenant_scope(tenant_id=2):
        every = sorted(Order.objects.values_list("id", flat=True), reverse=True)
        page = orders.orders_list(actor=officer, limit=20)
        assert [order.id for order in page] == every[:20]
        older = orders.orders_list(actor=officer, limit=20, before_id=page[-1].id)
        assert [order.id for order in older] == every[20:40]
        gold = orders.orders_list(actor=officer, instrument_id=AU, statuses=[t.FILLED], limit=1000)
        assert [order.id for order in gold] == sorted(
            Order.objects.filter(instrument_id=AU, status=t.FILLED).values_list("id", flat=True), reverse=True
        )


def test_shows_an_investor_only_his_accounts(projected: Feed, investor: Actor) -> None:
    with tenant_scope(tenant_id=2, account_ids={7001}):
        assert {order.account_id for order in orders.orders_list(actor=investor, limit=1000)} == {7001}
        assert orders.orders_list(actor=investor, account_id=7002) == []
        assert [account.id for account in accounts.accounts_list(actor=investor)] == [7001]
        assert accounts.balances_get(actor=investor, account_id=7002) is None
        assert {row.account_id for row in orders.fills_list(actor=investor, limit=1000)} == {7001}


def test_shows_nothing_of_another_tenant(projected: Feed, officer: Actor, db_admin: psycopg.Connection[Any]) -> None:
    found = db_admin.execute("select max(id) from trading_order where account_id = 7004").fetchone()
    assert found is not None
    foreign = found[0]
    with tenant_scope(tenant_id=2):
        assert orders.order_get(actor=officer, order_id=foreign) is None
        assert accounts.account_get(actor=officer, account_id=7004) is None
        assert orders.orders_list(actor=officer, account_id=7004) == []
        assert account_events.events_after(account_id=7004, after_seq=0, limit=10) == []
        assert ledger.postings_list(actor=officer, account_id=7004) == []


def test_names_each_fills_order(projected: Feed, officer: Actor) -> None:
    with tenant_scope(tenant_id=2):
        fills = orders.fills_list(actor=officer, limit=50)
        names = dict(Order.objects.values_list("id", "client_order_id"))
        assert len(fills) == 50
        assert [fill.client_order_id for fill in fills] == [names[fill.order_id] for fill in fills]


def test_lists_open_positions_only(projected: Feed, officer: Actor) -> None:
    with tenant_scope(tenant_id=2):
        found = [(p.account_id, p.instrument.symbol, p.side, p.qty) for p in accounts.positions_list(actor=officer)]
    wanted = []
    for account_id in (7001, 7002):
        for state in projected.machine.account_view(account_id).positions:
            if state.today_qty + state.yesterday_qty:
                symbol = "SHFE.au2612" if state.instrument_id == AU else "SHFE.ag2612"
                wanted.append((account_id, symbol, state.side, state.today_qty + state.yesterday_qty))
    assert sorted(found) == sorted(wanted)


def test_finds_a_contract_in_every_spelling(projected: Feed) -> None:
    for symbol in ("SHFE.au2612", "au2612.SHFE", "AU2612", "au2612", " shfe.AU2612 "):
        found = instruments.instrument_by_symbol(symbol)
        assert found is not None
        assert found.id == AU
    for symbol in ("DCE.au2612", "au", "SHFE.au2612.SHFE", "au2612; drop", ""):
        assert instruments.instrument_by_symbol(symbol) is None


def test_hands_out_numbered_events_without_a_gap(projected: Feed) -> None:
    with tenant_scope(tenant_id=2):
        first = account_events.events_after(account_id=7001, after_seq=0, limit=10)
        rest = account_events.events_after(account_id=7001, after_seq=10, limit=10_000)
        back = list(account_events.events_back(account_id=7001, before=rest[-1].account_seq - 2))
    numbers = [event.account_seq for event in first + rest]
    assert numbers == list(range(1, projected.machine.account_view(7001).account_seq + 1))
    assert len(first) == 10
    assert back == (first + rest)[-4::-1]


def test_serves_bars_and_trades_of_the_market(projected: Feed, db_admin: psycopg.Connection[Any]) -> None:
    minutes = market.bars_list(instrument_id=AU, period_s=60)
    days = market.bars_list(instrument_id=AU, period_s=86_400)
    ticks = market.trades_list(instrument_id=AU, limit=1000)
    assert [tick.trade_id for tick in ticks] == sorted((tick.trade_id for tick in ticks), reverse=True)
    assert sum(bar.volume for bar in minutes) == sum(bar.volume for bar in days)
    volume = db_admin.execute("select sum(qty) from trading_tick where instrument_id = %s", [AU]).fetchone()
    assert volume == (sum(bar.volume for bar in minutes),)
    stats = projected.machine.instrument_stats(AU)
    last = market.bars_list(instrument_id=AU, period_s=86_400, limit=1)[0]
    assert (last.high_ticks, last.low_ticks, last.close_ticks, last.volume, last.turnover_fen, last.open_interest) == (
        stats.high,
        stats.low,
        stats.last,
        stats.volume,
        stats.turnover_fen,
        stats.open_interest,
    )
    day = instruments.instruments_list().get(id=AU).market_day
    assert (day.open_ticks, day.last_ticks, day.volume) == (stats.open, stats.last, stats.volume)


def test_waits_for_a_number_and_gives_up(projected: Feed) -> None:
    assert projection.wait_for_seq(projected.machine.seq, timeout_ms=0)
    assert not projection.wait_for_seq(projected.machine.seq + 1, timeout_ms=30)


def test_tells_the_lag(projected: Feed) -> None:
    lag = projection.projection_lag()
    assert lag is not None
    assert (lag.seq, lag.flushes > 0, lag.p99_ms is not None) == (projected.machine.seq, True, True)
