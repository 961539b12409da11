"""The monitors' follower on the real engine: crossings, refusals, restarts, and officers' doors."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from accounts.auth.actor import Actor
from accounts.permissions import Right
from accounts.tenancy.context import tenant_scope
from portal.lib.errors import Refused
from riskdesk.follower import MonitorFollower
from riskdesk.rounds import Rounds
from riskdesk.selectors.alerts import alerts_after, alerts_standing
from riskdesk.selectors.ranking import ranking
from riskdesk.services.alerts import alert_acknowledge
from tests.trading.feed import Feed, follow
from trading.engine import types as t
from trading.projections.follower import ProjectionFollower

pytestmark = pytest.mark.usefixtures("tenants")

MARGIN_FEN = 40_000 * 2_000 * 16 // 100  # one lot at 800.00
OFFICER = Actor(
    user_id=11, username="officer", tenant_id=2, account_ids=None, rights=frozenset({Right.RISK_VIEW, Right.RISK_ACK})
)
ONE_ACCOUNT = Actor(
    user_id=12, username="agent", tenant_id=2, account_ids=frozenset({7002}),
    rights=frozenset({Right.RISK_VIEW, Right.RISK_ACK}),
)  # fmt: skip


@pytest.fixture
def tenants(committed: None, db_owner: psycopg.Connection[Any]) -> None:
    for number in (2, 3):
        db_owner.execute(
            "insert into accounts_tenant (id, code, name, name_en, kind, status, created_at)"
            " values (%s, %s, %s, %s, 'broker', 'active', now())",
            [number, f"b{number}", f"b{number}", f"b{number}"],
        )


@pytest.fixture
def market() -> Feed:
    """7001 of broker 2 holds one long lot at 800.00 on thin money; 7003 of broker 3 sold it to him."""
    feed = Feed()
    feed.open_market(accounts={7003: 3, 7005: 3})
    from trading.engine import commands as cmd

    for account in (7001, 7002):
        feed.do(cmd.OpenAccount(2, account, 0, "system"))
    feed.deposit(7001, MARGIN_FEN * 13 // 10)
    feed.order(7003, t.SELL, 1, 40_000)
    feed.order(7001, t.BUY, 1, 40_000)
    return feed


def run(feed: Feed, connection: psycopg.Connection[Any], follower: MonitorFollower | None = None) -> MonitorFollower:
    batches = feed.batches()
    follow(ProjectionFollower(), batches, connection)
    # Nobody answers for the core here: what the rounds would command is told by their own tests.
    found = follower or MonitorFollower(Rounds(call=lambda _command: None, ask=lambda *_, **__: []))
    follow(found, batches, connection)
    with connection.transaction(), connection.cursor() as cursor:
        found.idle(cursor)
    return found


def trade_at(feed: Feed, ticks: int) -> None:
    """Two others trade one lot, so that the last price moves."""
    feed.order(7003, t.SELL, 1, ticks)
    feed.order(7005, t.BUY, 1, ticks)


def standing(actor: Actor = OFFICER) -> list[tuple[int, str, int, int, str]]:
    with tenant_scope(tenant_id=2):
        rows = alerts_standing(actor=actor)
    return [(row["number"], row["rule"], row["account"], row["count"], row["state"]) for row in rows]


def test_a_falling_price_warns_at_80_and_calls_at_100(market: Feed, db_core: psycopg.Connection[Any]) -> None:
    follower = run(market, db_core)
    assert standing() == []  # 76.9 %
    trade_at(market, 39_600)  # equity 16.64m - 0.8m - fee
    run(market, db_core, follower)
    assert [row[1:3] for row in standing()] == [("risk_degree_80", 7001)]
    trade_at(market, 38_000)
    run(market, db_core, follower)
    assert [row[:3] for row in standing()] == [(2, "risk_degree_100", 7001), (1, "risk_degree_80", 7001)]


def test_the_alert_carries_the_figures_of_its_number(market: Feed, db_core: psycopg.Connection[Any]) -> None:
    follower = run(market, db_core)
    trade_at(market, 39_600)
    run(market, db_core, follower)
    with tenant_scope(tenant_id=2):
        [row] = alerts_standing(actor=OFFICER)
    equity = MARGIN_FEN * 13 // 10 - 1000 - 400 * 2_000
    assert row["figures"] == {
        "degree_ppm": -(-MARGIN_FEN * 1_000_000 // equity),
        "line_ppm": 800_000,
        "margin_fen": MARGIN_FEN,
        "equity_fen": equity,
        "call_fen": 0,
    }
    assert row["last_seq"] == market.machine.seq


def test_refusals_of_one_kind_count_on_one_row(market: Feed, db_core: psycopg.Connection[Any]) -> None:
    for _ in range(3):
        market.order(7001, t.BUY, 1, 40_000)
    run(market, db_core)
    assert standing() == [(1, "order_refused.insufficient_margin", 7001, 3, "open")]


def test_a_restart_neither_repeats_nor_forgets(market: Feed, db_core: psycopg.Connection[Any]) -> None:
    run(market, db_core)
    trade_at(market, 39_600)
    run(market, db_core)  # a new follower: its picture comes from the tables
    assert standing() == [(1, "risk_degree_80", 7001, 1, "open")]
    trade_at(market, 39_600)
    run(market, db_core)
    assert standing() == [(1, "risk_degree_80", 7001, 1, "open")]
    trade_at(market, 40_000)
    run(market, db_core)
    with tenant_scope(tenant_id=2):
        [row] = alerts_standing(actor=OFFICER)
    assert row["cleared_at_ns"] is not None


def test_the_ranking_shows_figures_to_the_fen(market: Feed, db_core: psycopg.Connection[Any]) -> None:
    run(market, db_core)
    with tenant_scope(tenant_id=2):
        board = ranking(actor=OFFICER)
    assert board["total"] == 2
    top = board["accounts"][0]
    assert (top["account"], top["margin_fen"], top["equity_fen"]) == (7001, MARGIN_FEN, MARGIN_FEN * 13 // 10 - 1000)
    assert top["exposure_fen"] == 40_000 * 2_000


def test_an_officer_with_single_accounts_sees_only_those(market: Feed, db_core: psycopg.Connection[Any]) -> None:
    market.order(7001, t.BUY, 1, 40_000)
    market.order(7002, t.BUY, 1, 40_000)
    run(market, db_core)
    assert [row[2] for row in standing(ONE_ACCOUNT)] == [7002]
    with tenant_scope(tenant_id=2):
        assert ranking(actor=ONE_ACCOUNT)["total"] == 1
        page = alerts_after(actor=ONE_ACCOUNT, after=0)
    assert [row["account"] for row in page.items] == [7002]
    assert page.through == 2  # numbers move on past what he may not see


def test_the_other_broker_sees_nothing(market: Feed, db_core: psycopg.Connection[Any]) -> None:
    market.order(7001, t.BUY, 1, 40_000)
    run(market, db_core)
    with tenant_scope(tenant_id=3):
        assert alerts_standing(actor=OFFICER) == []


def test_changes_after_a_number_are_complete_through_another(market: Feed, db_core: psycopg.Connection[Any]) -> None:
    market.order(7001, t.BUY, 1, 40_000)
    market.order(7002, t.BUY, 1, 40_000)
    follower = run(market, db_core)
    with tenant_scope(tenant_id=2):
        first = alerts_after(actor=OFFICER, after=0, limit=1)
        assert (len(first.items), first.through) == (1, 1)
        second = alerts_after(actor=OFFICER, after=first.through, limit=1)
        assert (second.items[0]["account"], second.through) == (7002, 2)
    market.order(7001, t.BUY, 1, 40_000)
    run(market, db_core, follower)
    with tenant_scope(tenant_id=2):
        third = alerts_after(actor=OFFICER, after=2)
    assert [(row["number"], row["count"], row["change_no"]) for row in third.items] == [(1, 2, 3)]


def make_officer(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        "insert into accounts_user (id, username, password, is_superuser, first_name, last_name, email, is_staff,"
        " is_active, date_joined, language, theme, updown, is_platform_operator, must_change_password)"
        " values (11, 'officer', '', false, '', '', '', false, true, now(), 'zh-hans', 'dark', 'red-up', false, false)"
    )


def test_acknowledging_needs_a_note_and_happens_once(
    market: Feed, db_core: psycopg.Connection[Any], db_owner: psycopg.Connection[Any]
) -> None:
    make_officer(db_owner)
    market.order(7001, t.BUY, 1, 40_000)
    run(market, db_core)
    with tenant_scope(tenant_id=2, user_id=11):
        with pytest.raises(Refused) as empty:
            alert_acknowledge(actor=OFFICER, number=1, note="  ")
        assert empty.value.code == "invalid_field"
        alert = alert_acknowledge(actor=OFFICER, number=1, note="called the client")
        assert (alert.state, alert.note, alert.change_no) == ("resolved", "called the client", 2)
        with pytest.raises(Refused) as again:
            alert_acknowledge(actor=OFFICER, number=1, note="again")
        assert again.value.code == "alert_state"


def test_an_alert_of_an_account_not_granted_is_like_no_alert(market: Feed, db_core: psycopg.Connection[Any]) -> None:
    market.order(7001, t.BUY, 1, 40_000)
    run(market, db_core)
    answers = []
    for number in (1, 999):
        with tenant_scope(tenant_id=2), pytest.raises(Refused) as refused:
            alert_acknowledge(actor=ONE_ACCOUNT, number=number, note="mine?")
        answers.append((refused.value.code, refused.value.status))
    assert answers == [("alert_not_found", 404)] * 2
