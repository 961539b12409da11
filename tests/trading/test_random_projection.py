"""Random life of every kind, projected: the books hold, a rebuild is equal, a missed frame is told again as it was."""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest

from tests.engine.generated import ACCOUNTS, Commands
from tests.trading.feed import Feed, follow, write_journal

STEPS = 900


@pytest.fixture(params=[5, 6, 7, 23])
def lively(request: pytest.FixtureRequest, tenants: None, db_core: psycopg.Connection[Any]) -> tuple[Feed, list[Any]]:
    """A machine under random commands, all of it in the query tables; and the journal's batches."""
    from trading.projections.follower import ProjectionFollower

    feed = Feed()
    source = Commands(feed.machine, request.param)
    for command in source.opening():
        feed.do(command)
    for _ in range(STEPS):
        command = source.next()
        try:
            feed.do(command)
        except OverflowError:
            continue
    batches = feed.batches(size=5)
    write_journal(db_core, batches)
    follow(ProjectionFollower(), batches, db_core, per_flush=3)
    return feed, batches


def test_the_books_hold_and_a_rebuild_is_equal(
    lively: tuple[Feed, list[Any]], db_core: psycopg.Connection[Any], db_owner: psycopg.Connection[Any]
) -> None:
    from trading.projections.books.checker import check_books
    from trading.projections.rebuild import rebuild

    assert check_books(db_core).breaches == []
    assert rebuild(db_owner).differences == []


def test_the_tables_show_the_orders_that_the_engine_has(
    lively: tuple[Feed, list[Any]], db_core: psycopg.Connection[Any]
) -> None:
    feed, _ = lively
    rows = db_core.execute(
        "select id, qty, filled_qty, leaves_qty, status from trading_order where status in (0, 1, 7) order by id"
    ).fetchall()
    orders = feed.machine.state.orders
    assert rows == [
        (key, order.qty, order.filled_qty, order.open_qty(), order.status) for key, order in sorted(orders.items())
    ]
    phases = dict(db_core.execute("select id, phase from trading_instrument").fetchall())
    assert phases == {key: market.phase for key, market in feed.machine.state.markets.items()}


def live_frames(batches: list[Any], account_id: int) -> dict[int, bytes]:
    """The frames as a socket would have sent them, by number."""
    from trading.engine import events as ev
    from trading.shapes.contracts import Contracts
    from trading.shapes.stream import AccountStream

    contracts = Contracts()
    stream = AccountStream(tenant_id=0, account_id=account_id, contracts=contracts, trading_day=0)
    frames: dict[int, bytes] = {}
    for batch in batches:
        for record in batch.records:
            for event in record.events:
                if isinstance(event, ev.InstrumentPut):
                    contracts.put(event.instrument, lower_ticks=event.lower_ticks, upper_ticks=event.upper_ticks)
                elif isinstance(event, ev.DayRolled):
                    stream.trading_day = event.trading_day
                mine = getattr(event, "account_id", 0) == account_id
                if isinstance(event, ev.Trade):
                    mine = account_id in (event.maker.account_id, event.taker.account_id)
                if mine and not isinstance(event, ev.CommandRefused | ev.OrderRepeated):
                    frame = stream.apply(event, seq=record.seq, at_ns=record.at_ns)
                    if frame is not None:
                        frames[stream.account_seq] = frame
    return frames


def test_frames_out_of_the_tables_are_the_frames_that_were_sent(lively: tuple[Feed, list[Any]]) -> None:
    from accounts.tenancy.context import tenant_scope
    from trading.selectors.account_stream import frames_after
    from trading.shapes.contracts import Contracts

    feed, batches = lively
    contracts = Contracts()
    contracts.load(feed.machine.instruments())
    dice = random.Random(1)
    for account_id, tenant_id, _group in ACCOUNTS:
        sent = live_frames(batches, account_id)
        assert list(sent) == list(range(1, len(sent) + 1))
        for after in (0, *(dice.randrange(len(sent)) for _ in range(4))):
            with tenant_scope(tenant_id=tenant_id):
                told = frames_after(
                    tenant_id=tenant_id, account_id=account_id, after_seq=after, limit=10_000, contracts=contracts
                )
            assert [number for number, _ in told] == list(range(after + 1, len(sent) + 1))
            for number, frame in told:
                assert frame == sent[number], (account_id, after, number)
