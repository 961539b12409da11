"""Dated rows in the query tables: each circle its table, and books that hold with fees for messages and netting."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from accounts.tenancy.context import tenant_scope
from tests.trading.feed import AG, AU, Feed, follow, gold, silver, write_journal
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.engine.ladders import Delivery, DeliveryStep
from trading.engine.parameters import Parameters
from trading.marketdata.follower import MarketDataFollower
from trading.projections.books.checker import check_books
from trading.projections.follower import ProjectionFollower
from trading.projections.rebuild import rebuild
from trading.selectors.parameters import limits_in_force, parameters_in_force
from trading.shapes.contracts import Contract

NEXT = 20261124
OURS = {7001: 2, 7002: 2, 7003: 3}


def put(feed: Feed, fields: Parameters, *, tenant_id: int = 0, account_id: int = 0, **changes: Any) -> None:
    values: dict[str, Any] = {"instrument_id": 0, "product": "SHFE.au", "hedge": False, "effective_day": NEXT}
    values |= changes
    events = feed.do(cmd.PutParameters(tenant_id, account_id, *values.values(), fields, "SHFE notice 142", "u2", "u3"))
    assert type(events[0]).__name__ == "ParametersPut"


@pytest.fixture
def dated(tenants: None, db_core: psycopg.Connection[Any]) -> Feed:
    """A day under dated rows: netting by product, fees for messages, one client's own fee, one row taken back."""
    feed = Feed()
    feed.open_market(accounts=OURS)
    feed.do(cmd.SetHedge(2, 7002, True, "u2", "u3"))
    put(feed, Parameters(larger_side=2, order_fen=100, cancel_fen=30))
    put(feed, Parameters(open_ppm=20), tenant_id=2)
    put(feed, Parameters(open_fen=5), tenant_id=2, account_id=7001)
    put(feed, Parameters(open_fen=6), tenant_id=2, account_id=7001, effective_day=20261125)
    feed.do(cmd.WithdrawParameters(2, 4, "a mistake", "u2", "u3"))
    feed.roll(NEXT)
    feed.order(7003, t.SELL, 5, 40_000)
    feed.order(7001, t.BUY, 5, 40_000)
    feed.order(7003, t.BUY, 3, 40_001)
    feed.order(7001, t.SELL, 3, 40_001)
    feed.do(cmd.CancelAll(2, 7001, 0, "", "u9"))
    feed.order(7001, t.BUY, 1, 39_000)
    feed.do(cmd.CancelAll(2, 7001, 0, "", "u9"))
    batches = feed.batches()
    write_journal(db_core, batches)
    follow(ProjectionFollower(), batches, db_core, per_flush=3)
    follow(MarketDataFollower(), batches, db_core, per_flush=3)
    return feed


def test_each_circle_has_its_rows(dated: Feed, db_core: psycopg.Connection[Any]) -> None:
    found = {
        circle: db_core.execute(
            "select id, instrument_id, product, effective_day, said, source, maker, checker, withdrawn_seq is not null"
            f" from trading_parameter_{circle} order by id"
        ).fetchall()
        for circle in ("exchange", "tenant", "client")
    }
    tail = ("SHFE notice 142", "u2", "u3")
    said = {"larger_side": 2, "order_fen": 100, "cancel_fen": 30}
    assert found["exchange"] == [(1, 0, "SHFE.au", NEXT, said, *tail, False)]
    assert found["tenant"] == [(2, 0, "SHFE.au", NEXT, {"open_ppm": 20}, *tail, False)]
    assert [row[0] for row in found["client"]] == [3, 4]
    assert [row[-1] for row in found["client"]] == [False, True]
    assert db_core.execute("select id from trading_account where hedge").fetchall() == [(7002,)]


def test_fees_for_messages_are_postings(dated: Feed, db_core: psycopg.Connection[Any]) -> None:
    posted = db_core.execute(
        "select account_id, sum(amount_fen), count(*) from trading_posting where kind = 30 group by 1 order by 1"
    ).fetchall()
    assert posted == [(7001, 3 * 100 + 30, 4), (7003, 2 * 100, 2)]
    paid = db_core.execute("select fee_fen from trading_fill where account_id = 7001 order by id").fetchall()
    assert paid == [(5 * 5,), (3 * 5,)]


def test_the_larger_side_stands_in_the_balance(dated: Feed, db_core: psycopg.Connection[Any]) -> None:
    (margin,) = db_core.execute("select margin_fen from trading_balance where account_id = 7001").fetchone() or (0,)
    sides = db_core.execute("select margin_fen from trading_position where account_id = 7001 order by side").fetchall()
    assert [side for (side,) in sides] == [5 * 12_800_000, 3 * 40_001 * 2_000 * 16 // 100]
    assert margin == 5 * 12_800_000


def test_the_books_hold_and_can_be_built_again(
    dated: Feed, db_core: psycopg.Connection[Any], db_owner: psycopg.Connection[Any]
) -> None:
    assert check_books(db_core).breaches == []
    assert rebuild(db_owner).differences == []
    db_core.execute("update trading_balance set margin_fen = margin_fen + 100000000 where account_id = 7001")
    assert [breach.code for breach in check_books(db_core).breaches] == ["M7"]
    db_core.execute("update trading_balance set margin_fen = margin_fen - 100000001 where account_id = 7001")
    assert "M7" in [breach.code for breach in check_books(db_core).breaches]


def test_the_limit_in_force_follows_dated_rows_and_the_margin_venue_rules(
    tenants: None, db_core: psycopg.Connection[Any]
) -> None:
    feed = Feed()
    feed.open_market(accounts=OURS)
    put(feed, Parameters(limit_ppm=150_000))  # of gold, whose own is 140,000 and which no venue rule has touched
    feed.do(cmd.PutDelivery(0, AG, Delivery([DeliveryStep(NEXT, 330_000, 1, 40)]), "u2", "u3"))
    contracts = [Contract(spec, lower_ticks=1, upper_ticks=10**6) for spec in (gold(), silver())]

    def told() -> list[int]:
        batches = feed.batches()
        write_journal(db_core, batches)
        follow(ProjectionFollower(), batches, db_core)
        with tenant_scope(tenant_id=2):
            return [limits_in_force(contracts)[key] for key in (AU, AG)]

    assert told() == [140_000, 140_000]
    feed.roll(NEXT)
    assert told() == [150_000, 140_000]
    with tenant_scope(tenant_id=2):
        gold_now, silver_now = parameters_in_force(contracts=contracts, account=None)
    engine = feed.machine.state.contracts
    assert (gold_now.limit_ppm, silver_now.limit_ppm) == (150_000, 140_000)
    assert gold_now.tariff.long_margin_ppm == engine[AU].tariff(2).long_margin_ppm == 160_000
    assert silver_now.tariff.long_margin_ppm == engine[AG].tariff(2).long_margin_ppm == 330_000
    assert silver_now.tariff.max_position_qty == engine[AG].tariff(2).max_position_qty == 40
