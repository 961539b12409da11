"""Ladders, roads to delivery and expiry in the query tables: rows, clean books, an equal rebuild, told frames."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.trading.feed import AU, DAY_ONE, Feed, follow, gold, write_journal
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.engine.ladders import Delivery, DeliveryStep, LimitStep

ONE, OTHER = 7001, 7002
NEXT = 20261124
LAST = 20261125


@pytest.fixture
def told(tenants: None, db_core: psycopg.Connection[Any]) -> Feed:
    """Two accounts, one of a natural person; a one-sided close on the first day, the end on the third."""
    feed = Feed()
    road = Delivery([DeliveryStep(NEXT, 200_000, 3, 900)], natural_open_day=DAY_ONE, natural_zero_day=NEXT)
    for command in (
        cmd.PutInstrument(0, gold(last_trading_day=LAST, limit_ppm=60_000), "u1"),
        cmd.RollDay(0, DAY_ONE, [], "system"),
        cmd.OpenAccount(1, ONE, 0, "u1", True),
        cmd.OpenAccount(1, OTHER, 0, "u1"),
        cmd.MoveCash(1, ONE, t.DEPOSIT, 10**11, "r1", "u2", "u3"),
        cmd.MoveCash(1, OTHER, t.DEPOSIT, 10**11, "r2", "u2", "u3"),
        cmd.SetHolderKind(1, OTHER, False, "u1"),
        cmd.PutLimitLadder(0, "SHFE", "", [LimitStep(30_000, 20_000)], "u2", "u3"),
        cmd.PutDelivery(0, AU, road, "u2", "u3"),
        place(ONE, "a1", t.BUY, 3, 40_000),
        place(OTHER, "b1", t.SELL, 3, 40_000),
        place(ONE, "a2", t.BUY, 3, 42_400),
        cmd.WatchClose(0, [AU], "system"),
        cmd.SetPhase(0, [AU], t.CLOSED, "", "system"),
        cmd.RollDay(0, NEXT, [(AU, 41_000)], "system"),
    ):
        feed.do(command)
    return feed


def place(account_id: int, key: str, side: int, qty: int, price: int) -> cmd.PlaceOrder:
    return cmd.PlaceOrder(1, account_id, key, DAY_ONE, AU, side, t.OPEN, t.LIMIT, t.DAY, qty, price, "u9")


def project(feed: Feed, core: psycopg.Connection[Any]) -> None:
    from trading.projections.follower import ProjectionFollower

    batches = feed.batches(size=3)
    write_journal(core, batches)
    follow(ProjectionFollower(), batches, core, per_flush=2)


def one(core: psycopg.Connection[Any], question: str) -> tuple[Any, ...]:
    row = core.execute(question).fetchone()
    assert row is not None
    return row


RULES = """select ladder_step, ladder_side, limit_ppm, margin_floor_ppm, lot_multiple, position_limit,
  closed_to_natural, expired, trading_day, delivery_maker, delivery_checker from trading_contract_rules"""


def test_rows_say_where_the_contract_stands(told: Feed, db_core: psycopg.Connection[Any]) -> None:
    project(told, db_core)
    assert one(db_core, RULES) == (1, t.BUY, 90_000, 200_000, 3, 900, True, False, NEXT, "u2", "u3")
    assert one(db_core, "select delivery from trading_contract_rules") == (
        {"steps": [[NEXT, 200_000, 3, 900]], "natural_open_day": DAY_ONE, "natural_zero_day": NEXT},
    )
    assert one(db_core, "select venue, product, steps, maker, checker from trading_limit_ladder") == (
        "SHFE", "", [[30_000, 20_000, False]], "u2", "u3"
    )  # fmt: skip
    rows = db_core.execute('select id, "natural" from trading_account order by id').fetchall()
    assert rows == [(ONE, True), (OTHER, False)]


def test_an_end_leaves_clean_books_that_can_be_rebuilt(
    told: Feed, db_core: psycopg.Connection[Any], db_owner: psycopg.Connection[Any]
) -> None:
    from trading.projections.books.checker import check_books
    from trading.projections.rebuild import rebuild

    told.do(cmd.RollDay(0, LAST, [(AU, 41_000)], "system"))
    told.do(cmd.BeginSettlement(0, 20261126, [(AU, 41_500)], "system"))
    told.do(cmd.SettleAccounts(0, 0, 1, "system"))
    told.do(cmd.SettleAccounts(0, ONE, 500, "system"))
    told.do(cmd.EndSettlement(0, "system"))
    project(told, db_core)
    assert one(db_core, RULES)[7] is True
    assert one(db_core, "select phase from trading_instrument") == (t.CLOSED,)
    rows = db_core.execute(
        "select account_id, side, qty, price_ticks, close_profit_trade_fen, trading_day from trading_expired_lots"
        " order by account_id"
    ).fetchall()
    assert rows == [
        (ONE, t.LONG, 3, 41_500, 9_000_000, LAST), (OTHER, t.SHORT, 3, 41_500, -9_000_000, LAST)
    ]  # fmt: skip
    lots = db_core.execute("select today_qty + yesterday_qty, margin_fen from trading_position").fetchall()
    assert lots == [(0, 0), (0, 0)]
    assert db_core.execute("select margin_fen from trading_balance").fetchall() == [(0,), (0,)]
    assert check_books(db_core).breaches == []
    assert rebuild(db_owner).differences == []


def test_the_books_notice_expired_lots_that_are_wrong(
    told: Feed, db_core: psycopg.Connection[Any], db_owner: psycopg.Connection[Any]
) -> None:
    from trading.projections.books.checker import check_books

    told.do(cmd.RollDay(0, 20261126, [(AU, 41_500)], "system"))
    project(told, db_core)
    assert check_books(db_core).breaches == []
    db_owner.execute("alter table trading_expired_lots disable trigger user")
    db_owner.execute("update trading_expired_lots set qty = 2 where side = 1")
    assert [breach.code for breach in check_books(db_owner).breaches] == ["P2"]
