"""Worlds for the trading tests: tenants, and three days of trading projected into the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

# This file is read before Django is set up: what needs Django is imported where it is used.
if TYPE_CHECKING:
    from accounts.auth.actor import Actor
    from tests.trading.feed import Feed

ACCOUNTS = {7001: 2, 7002: 2, 7003: 3, 7004: 3, 7005: 1}


@pytest.fixture
def tenants(committed: None, db_owner: psycopg.Connection[Any]) -> None:
    """Two brokers beside the house."""
    for number in (2, 3):
        db_owner.execute(
            "insert into accounts_tenant (id, code, name, name_en, kind, status, created_at)"
            " values (%s, %s, %s, %s, 'broker', 'active', now())",
            [number, f"b{number}", f"b{number}", f"b{number}"],
        )


@pytest.fixture
def busy(tenants: None) -> Feed:
    """Three days of trading by five accounts of three tenants, not yet projected."""
    from tests.trading.feed import AG, Feed
    from trading.engine import commands as cmd
    from trading.engine import types as t

    feed = Feed()
    feed.open_market(accounts=ACCOUNTS)
    feed.noise(250, seed=1)
    feed.do(cmd.SetAccountLimits(2, 7001, 50, 100, 20, 0, "u2", "u3"))
    feed.roll(20261124, gold_ticks=40_003, silver_ticks=7_999)
    feed.noise(250, seed=2)
    feed.do(cmd.MoveCash(2, 7001, t.WITHDRAW, 1_000_00, "w-1", "u2", "u3"))
    feed.do(cmd.SetAccountStatus(3, 7003, t.CLOSE_ONLY, True, "看一看", "u4"))
    feed.roll(20261125, gold_ticks=39_998, silver_ticks=8_002)
    feed.do(cmd.SetKill(0, t.KILL_INSTRUMENT, AG, True, "test", "u1"))
    feed.noise(200, seed=3)
    return feed


@pytest.fixture
def projected(busy: Feed, db_core: psycopg.Connection[Any]) -> Feed:
    """The same, in the query tables and the market data."""
    from tests.trading.feed import follow, write_journal
    from trading.marketdata.follower import MarketDataFollower
    from trading.projections.follower import ProjectionFollower

    batches = busy.batches()
    write_journal(db_core, batches)
    follow(ProjectionFollower(), batches, db_core, per_flush=20)
    follow(MarketDataFollower(), batches, db_core, per_flush=20)
    return busy


@pytest.fixture
def officer() -> Actor:
    """Somebody of tenant 2 who sees every account."""
    from accounts.auth.actor import Actor

    return Actor(user_id=11, username="officer", tenant_id=2, account_ids=None)


@pytest.fixture
def investor() -> Actor:
    """Somebody of tenant 2 bound to account 7001."""
    from accounts.auth.actor import Actor

    return Actor(user_id=12, username="investor", tenant_id=2, account_ids=frozenset({7001}))
