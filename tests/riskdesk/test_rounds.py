"""The desk's rounds on the real engine and tables: notices, the right to open taken, liquidations opened and driven."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from accounts.auth.actor import Actor
from accounts.permissions import Right
from accounts.tenancy.context import tenant_scope
from portal.lib.errors import Refused
from riskdesk.selectors.liquidations import liquidations_shown, notice_row, notices_of
from riskdesk.services.notices import notice_confirm, notices_delivered
from tests.riskdesk.round_desk import MARGIN_FEN, Desk, automatic, person, put_tenants
from trading.engine import types as t
from trading.engine.invariants import check

pytestmark = pytest.mark.usefixtures("tenants")

OFFICER = Actor(user_id=11, username="officer", tenant_id=2, account_ids=None, rights=frozenset({Right.RISK_VIEW}))
CLIENT = Actor(
    user_id=12, username="client", tenant_id=2, account_ids=frozenset({7001}), rights=frozenset({Right.ACCOUNT_VIEW}),
    own_account_ids=frozenset({7001}),
)  # fmt: skip


@pytest.fixture
def tenants(committed: None, db_owner: psycopg.Connection[Any]) -> None:
    put_tenants(db_owner)


@pytest.fixture
def desk(db_core: psycopg.Connection[Any]) -> Desk:
    return Desk(db_core)


def notices() -> list[tuple[int, int, bool]]:
    with tenant_scope(tenant_id=2):
        return [(row.basis, row.kind, row.ended_at is None) for row in notices_of(actor=OFFICER).order_by("id")]


def test_each_level_is_told_once_and_the_right_to_open_goes(desk: Desk) -> None:
    desk.trade_at(39_900)
    desk.round()
    desk.round()
    # 90.91 % at the start, 92.6 % now, by both margins, which are equal: warned by the company's line and called by the
    # exchange's, whose lines lie lower.
    assert notices() == [(1, 1, True), (2, 1, True), (2, 2, True), (2, 3, True)]
    assert desk.kinds() == ["SetAccountStatus"]
    assert desk.feed.machine.account_view(7001).status == t.CLOSE_ONLY


def test_a_level_that_is_left_ends_its_notice(desk: Desk) -> None:
    desk.trade_at(39_900)
    desk.round()
    desk.feed.deposit(7001, MARGIN_FEN * 20)
    desk.round()
    assert [standing for _basis, _kind, standing in notices()] == [False] * 4


def test_a_restart_neither_repeats_nor_forgets_a_notice(desk: Desk) -> None:
    desk.trade_at(39_900)
    desk.round()
    before = notices()
    desk.restart()
    desk.trade_at(39_899)
    desk.round()
    assert notices() == before


def test_opens_by_rule_and_closes_until_the_target(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    automatic(db_owner)
    desk.feed.order(7005, t.BUY, 20, 38_500)
    desk.trade_at(38_600)
    for _ in range(4):
        desk.round()
    machine = desk.feed.machine
    assert machine.liquidations() == []
    view = machine.account_view(7001)
    assert view.risk_ppm <= 900_000
    assert 0 < sum(held.today_qty for held in view.positions) < 10
    with tenant_scope(tenant_id=2):
        (row,) = liquidations_shown(actor=OFFICER)
    assert (row["outcome"], row["maker"], row["checker"]) == ("restored", "system", "rule:liquidate")
    assert row["closed"] == 10 - sum(held.today_qty for held in view.positions)
    assert [name for name in desk.kinds() if name == "OpenLiquidation"] == ["OpenLiquidation"]
    assert check(machine) == []


def test_waits_where_nobody_buys_and_goes_on_after_its_own_death(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    automatic(db_owner)
    desk.trade_at(38_600)
    desk.round()
    desk.round()
    (item,) = desk.feed.machine.liquidations()
    (order,) = desk.feed.machine.account_view(7001).orders
    assert (order.price_ticks, item.steps) == (38_600, 1)  # nobody bids: it stands at the last price
    desk.round()
    assert desk.feed.machine.liquidations()[0].steps == 1  # and is left there
    desk.restart()
    desk.feed.order(7005, t.BUY, 20, 38_500)
    desk.round()
    assert desk.feed.machine.liquidations() == []
    assert [name for name in desk.kinds() if name == "OpenLiquidation"] == ["OpenLiquidation"]


def test_a_notice_goes_from_sent_to_confirmed_by_the_client_alone(
    desk: Desk, db_owner: psycopg.Connection[Any]
) -> None:
    person(db_owner, 12)
    desk.trade_at(39_900)
    desk.round()
    with tenant_scope(tenant_id=2):
        rows = list(notices_of(actor=OFFICER))
        notices_delivered(actor=OFFICER, rows=rows, read=True)
        row = notices_of(actor=OFFICER).get(pk=rows[0].pk)
        assert notice_row(row)["state"] == "sent"  # an officer's look is not the client's
        with pytest.raises(Refused):
            notice_confirm(actor=OFFICER, notice_id=row.pk)
        notices_delivered(actor=CLIENT, rows=rows)
        assert notice_row(notices_of(actor=CLIENT).get(pk=row.pk))["state"] == "delivered"
        notices_delivered(actor=CLIENT, rows=rows, read=True)
        assert notice_row(notices_of(actor=CLIENT).get(pk=row.pk))["state"] == "read"
        assert notice_row(notice_confirm(actor=CLIENT, notice_id=row.pk))["state"] == "confirmed"
        confirmed_at = notices_of(actor=CLIENT).get(pk=row.pk).confirmed_at
        assert notice_confirm(actor=CLIENT, notice_id=row.pk).confirmed_at == confirmed_at
