"""The deadline of a margin call on the real engine and tables: met, missed once, over restarts and over a day's end."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from accounts.tenancy.context import tenant_scope
from riskdesk.models import LiquidationProposal, RiskNotice
from riskdesk.selectors.liquidations import notice_row
from tests.riskdesk.round_desk import MARGIN_FEN, Desk, person, put_tenants
from trading.calendar.timeline import moment_ns
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.engine.invariants import check

pytestmark = pytest.mark.usefixtures("tenants")

DUE = moment_ns("2026-11-24T09:00")
SECOND = 1_000_000_000
CALLED_TICKS = 39_000  # equity 1,207,900.00 (100.00 of fees) under a margin of 1,280,000.00: 105.97 %
MISSING_FEN = 7_210_000


@pytest.fixture
def tenants(committed: None, db_owner: psycopg.Connection[Any]) -> None:
    put_tenants(db_owner)


@pytest.fixture
def desk(db_core: psycopg.Connection[Any]) -> Desk:
    return Desk(db_core)


def put_lines(owner: psycopg.Connection[Any], *, automatic: bool = False, pay_by_min: int | None = 540) -> None:
    """The company's margin is called at 100 % with a deadline; the exchange's lines lie out of the way."""
    person(owner, 91, 92)
    for basis, four in ((1, (800_000, 1_000_000, 1_200_000, 1_500_000)), (2, (5_000_000,) * 4)):
        owner.execute(
            "insert into riskdesk_lines (tenant_id, basis, warn_ppm, call_ppm, close_only_ppm, liquidate_ppm,"
            " target_ppm, automatic, pay_by_min, state, reason, maker_id, checker_id, created_at)"
            " values (2, %s, %s, %s, %s, %s, 900000, %s, %s, 'in_force', '', 91, 92, now())",
            [basis, *four, automatic, pay_by_min],
        )


def called(desk: Desk, owner: psycopg.Connection[Any], **lines: Any) -> RiskNotice:
    """Let the account be called, and return its call."""
    put_lines(owner, **lines)
    desk.trade_at(CALLED_TICKS)
    desk.round()
    (notice,) = calls()
    return notice


def calls() -> list[RiskNotice]:
    with tenant_scope(tenant_id=2):
        return list(RiskNotice.objects.filter(kind=2).order_by("id"))


def deadlines() -> list[str | None]:
    return [None if notice.deadline is None else notice.deadline.value for notice in calls()]


def proposals() -> list[LiquidationProposal]:
    with tenant_scope(tenant_id=2):
        return list(LiquidationProposal.objects.order_by("id"))


def test_a_call_says_until_when_and_how_much(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    notice = called(desk, db_owner)
    row = notice_row(notice)
    assert (row["due_at"], row["deadline"], row["pay"]) == ("2026-11-24T01:00:00+00:00", "running", "72100.00")
    assert (row["met_at"], row["missed_at"]) == (None, None)
    with tenant_scope(tenant_id=2):
        (warning,) = RiskNotice.objects.filter(kind=1)
    assert notice_row(warning)["due_at"] is None  # only a call has a deadline


def test_without_a_deadline_all_is_as_it_was(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    notice = called(desk, db_owner, pay_by_min=None)
    desk.market_ns = DUE + 900 * 86_400 * SECOND
    desk.round()
    row = notice_row(notice)
    assert [row[name] for name in ("due_at", "pay", "deadline", "deadline_label", "met_at", "missed_at")] == [None] * 6
    assert (proposals(), desk.sent, "status" in desk.asked) == ([], [], False)


def test_a_missed_deadline_gives_officers_one_plan(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    notice = called(desk, db_owner)
    desk.market_ns = DUE - 1
    desk.round()
    assert (deadlines(), proposals()) == (["running"], [])
    desk.market_ns = DUE
    desk.round()
    desk.round()
    assert deadlines() == ["missed"]
    assert notice_row(calls()[0])["missed_at"] == "2026-11-24T01:00:00+00:00"
    (plan,) = proposals()
    assert (plan.maker_id, plan.notice_id, plan.state, plan.account_id) == (None, notice.pk, "proposed", 7001)
    assert (plan.reason, plan.basis, plan.target_ppm, plan.degree_ppm) == (t.FORCE_DEPOSIT, 1, 900_000, 1_059_691)
    assert (plan.equity_fen, plan.margin_fen, plan.trigger_seq) == (120_790_000, 128_000_000, desk.feed.machine.seq)
    assert plan.lines_ppm == [800_000, 1_000_000, 1_200_000, 1_500_000]
    # 90 % of 1,207,900.00 bears 8.49 lots of 128,000.00: two of ten have to go.
    assert plan.rows == [[1, t.LONG, t.CLOSE_TODAY, 10, 2]]
    assert desk.sent == []  # officers decide


def test_a_restart_before_and_after_the_deadline_changes_nothing(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    called(desk, db_owner)
    desk.restart()
    desk.round()
    assert (deadlines(), proposals()) == (["running"], [])
    desk.restart()
    desk.market_ns = DUE + 3 * SECOND
    desk.round()
    desk.restart()
    desk.market_ns = DUE + 86_400 * SECOND
    desk.round()
    assert (deadlines(), len(proposals())) == (["missed"], 1)


def test_a_refused_plan_is_not_proposed_again(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    called(desk, db_owner)
    desk.market_ns = DUE
    desk.round()
    db_owner.execute("update riskdesk_liquidation_proposal set state = 'refused'")
    desk.restart()
    desk.round()
    assert [plan.state for plan in proposals()] == ["refused"]
    # The database would not take it either, whatever the notice said.
    db_owner.execute("update riskdesk_notice set missed_at = null")
    desk.round()
    assert [plan.state for plan in proposals()] == ["refused"]


def test_money_in_time_ends_the_call_as_met(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    called(desk, db_owner)
    desk.market_ns = DUE - 60 * SECOND
    desk.feed.deposit(7001, MARGIN_FEN * 2)
    desk.round()
    desk.market_ns = DUE + SECOND
    desk.round()
    (notice,) = calls()
    assert (notice_row(notice)["deadline"], notice_row(notice)["met_at"]) == ("met", "2026-11-24T00:59:00+00:00")
    assert notice.ended_at is not None
    assert proposals() == []


def test_who_paid_just_what_was_missing_has_met_it(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    called(desk, db_owner)
    desk.feed.deposit(7001, MISSING_FEN)
    desk.round()
    desk.market_ns = DUE
    desk.round()
    desk.round()
    (notice,) = calls()
    assert (deadlines(), proposals(), notice.ended_at) == (["met"], [], None)  # on the line, not below it
    # The next tick down is a new call with a time of its own; there is no way to stay above the line without one.
    desk.coming_days = [20261125, 20261126]
    desk.trade_at(CALLED_TICKS - 1)
    desk.round()
    first, second = calls()
    assert (first.ended_at is not None, second.ended_at, deadlines()) == (True, None, ["met", "running"])
    assert notice_row(second)["due_at"] == "2026-11-25T01:00:00+00:00"
    desk.market_ns = moment_ns("2026-11-25T09:00")
    desk.round()
    assert deadlines() == ["met", "missed"]
    assert [plan.notice_id for plan in proposals()] == [second.pk]


def test_a_part_of_the_money_is_not_enough(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    called(desk, db_owner)
    desk.feed.deposit(7001, MISSING_FEN - 1)
    desk.round()
    desk.market_ns = DUE
    desk.round()
    (plan,) = proposals()
    assert (deadlines(), plan.degree_ppm) == (["missed"], 1_000_001)
    # With it 90 % of 1,279,999.99 bears 8.99 lots: still two.
    assert [row[4] for row in plan.rows] == [2]


def test_an_officers_own_proposal_serves(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    called(desk, db_owner)
    db_owner.execute(
        "insert into riskdesk_liquidation_proposal (tenant_id, account_id, reason, basis, trigger_seq, lines_ppm,"
        " target_ppm, equity_fen, margin_fen, degree_ppm, rows, note, state, maker_id, created_at)"
        " values (2, 7001, 1, 1, 1, '[]', 900000, 1, 1, 1, '[]', '', 'proposed', 91, now())"
    )
    desk.market_ns = DUE
    desk.round()
    assert deadlines() == ["missed"]
    assert [plan.maker_id for plan in proposals()] == [91]


def test_the_deadline_holds_over_a_days_end_and_waits_for_the_settlement(
    desk: Desk, db_owner: psycopg.Connection[Any]
) -> None:
    called(desk, db_owner)
    desk.feed.do(cmd.BeginSettlement(0, 20261124, [(1, CALLED_TICKS), (2, 8_000)], "system"))
    desk.market_ns = DUE + 5 * SECOND
    desk.round()
    assert (deadlines(), proposals()) == (["running"], [])  # between two days no figure is final
    desk.feed.do(cmd.SettleAccounts(0, 0, 500, "system"))
    desk.feed.do(cmd.EndSettlement(0, "system"))
    desk.round()
    (plan,) = proposals()
    # Yesterday's lots now, their margin from the settlement price: 1,248,000.00.
    assert (plan.margin_fen, plan.rows[0][2]) == (124_800_000, t.CLOSE_YESTERDAY)
    assert deadlines() == ["missed"]


def test_a_settlement_can_bring_the_account_back(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    called(desk, db_owner)
    desk.feed.roll(20261124, gold_ticks=39_600)
    desk.round()
    desk.market_ns = DUE
    desk.round()
    assert (deadlines(), proposals()) == (["met"], [])


def test_opens_by_rule_where_the_lines_are_automatic(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    notice = called(desk, db_owner, automatic=True)
    desk.market_ns = DUE
    desk.feed.order(7005, t.BUY, 20, CALLED_TICKS)
    for _ in range(3):
        desk.round()
    opened = [command for command in desk.sent if isinstance(command, cmd.OpenLiquidation)]
    assert [(one.maker, one.checker, one.trigger_seq) for one in opened] == [
        ("system", f"rule:margin_call:{notice.pk}", notice.trigger_seq)
    ]
    assert (deadlines(), proposals()) == (["missed"], [])
    view = desk.feed.machine.account_view(7001)
    assert view is not None
    assert (view.risk_ppm <= 900_000, sum(held.today_qty for held in view.positions)) == (True, 8)
    assert desk.feed.machine.liquidations() == []
    assert check(desk.feed.machine) == []


def test_a_death_after_the_plan_was_opened_opens_no_second_one(
    desk: Desk, db_core: psycopg.Connection[Any], db_owner: psycopg.Connection[Any]
) -> None:
    called(desk, db_owner, automatic=True)
    desk.market_ns = DUE
    with db_core.transaction() as lost, db_core.cursor() as cursor:
        desk.monitors.idle(cursor)
        raise psycopg.Rollback(lost)  # the engine has opened it; what was to be written is gone
    assert deadlines() == ["running"]
    (item,) = desk.feed.machine.liquidations()
    desk.restart()
    desk.round()
    assert (deadlines(), [one.number for one in desk.feed.machine.liquidations()]) == (["missed"], [item.number])
    # Had an officer stopped it meanwhile, the engine would not take the same call for a second one: officers decide.
    db_owner.execute("update riskdesk_notice set missed_at = null")
    desk.feed.do(cmd.StopLiquidation(2, 7001, item.number, "he pays", "u11"))
    desk.restart()
    desk.round()
    assert (desk.feed.machine.liquidations(), len(proposals()), deadlines()) == ([], 1, ["missed"])


def test_what_is_liquidated_already_gets_no_second_plan(desk: Desk, db_owner: psycopg.Connection[Any]) -> None:
    called(desk, db_owner)
    desk.feed.do(
        cmd.OpenLiquidation(
            2, 7001, t.FORCE_DEPOSIT, 1, desk.feed.machine.seq, [1, 2, 3, 4_000_000], 900_000,
            [(1, t.LONG, t.CLOSE_TODAY, 10)], "u5", "u6",
        )
    )  # fmt: skip
    desk.market_ns = DUE
    desk.round()
    assert (deadlines(), proposals(), len(desk.feed.machine.liquidations())) == (["missed"], [], 1)
