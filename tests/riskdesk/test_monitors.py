"""Monitors and the picture they look at: pure, so every figure is worked out by hand."""

from __future__ import annotations

import pytest

from portal.lib.errors import Refused
from riskdesk import states
from riskdesk.monitors import OrderRefusedMonitor, RiskDegreeMonitor
from riskdesk.picture import DEGREE_BEYOND_PPM, Picture, Risk
from trading.engine import events as ev
from trading.engine import rejects
from trading.engine.types import LONG, SHORT

TICK_VALUE_FEN = 2_000


def picture_with_long(
    *, cash_fen: int, margin_fen: int, qty: int, cost_ticks: int, last_ticks: int, side: int = LONG
) -> Picture:
    picture = Picture()
    picture.tick_value_fen[1] = TICK_VALUE_FEN
    picture.put_funds(3, 7001, ev.Funds(cash_fen, margin_fen, 0, 0, 0, 0))
    cost = cost_ticks * TICK_VALUE_FEN * qty
    picture.put_position(3, 7001, ev.PositionState(1, side, qty, 0, 0, 0, cost, cost, margin_fen))
    picture.put_price(1, last_ticks)
    return picture


def risk(degree_ppm: int) -> Risk:
    return Risk(3, 7001, 100_000_00, 100_000_00 * degree_ppm // 1_000_000, 0, 0, degree_ppm)


def refused(code: str) -> ev.OrderRejected:
    figures = {"needed_fen": 10, "available_fen": 3}
    return ev.OrderRejected(3, 7001, 5, 11, "a-1", 1, 1, 0, 1, 0, 2, 50_000, "u1", code, figures)


def test_long_gains_when_the_price_rises() -> None:
    picture = picture_with_long(
        cash_fen=1_000_000_00, margin_fen=160_000_00, qty=1, cost_ticks=50_000, last_ticks=50_100
    )
    found = picture.risk(7001)
    assert found.profit_fen == 100 * TICK_VALUE_FEN
    assert found.equity_fen == 1_000_000_00 + 200_000
    assert found.degree_ppm == -(-160_000_00 * 1_000_000 // found.equity_fen)  # rounded up, as the engine does
    assert found.available_fen == 1_000_000_00 - 160_000_00  # floating gains are not available


def test_short_loses_when_the_price_rises_and_the_loss_is_not_available() -> None:
    picture = picture_with_long(
        cash_fen=1_000_000_00, margin_fen=160_000_00, qty=2, cost_ticks=50_000, last_ticks=50_100, side=SHORT
    )
    found = picture.risk(7001)
    assert found.profit_fen == -2 * 100 * TICK_VALUE_FEN
    assert found.available_fen == 1_000_000_00 - 160_000_00 - 400_000


def test_no_equity_left_is_beyond_all_lines() -> None:
    picture = picture_with_long(cash_fen=0, margin_fen=1, qty=1, cost_ticks=50_000, last_ticks=49_000)
    assert picture.risk(7001).degree_ppm == DEGREE_BEYOND_PPM


def test_a_price_move_touches_every_holder_and_nobody_else() -> None:
    picture = picture_with_long(cash_fen=1, margin_fen=0, qty=1, cost_ticks=1, last_ticks=1)
    picture.put_funds(3, 7002, ev.Funds(1, 0, 0, 0, 0, 0))
    assert picture.take_touched() == [7001, 7002]
    picture.put_price(1, 2)
    assert picture.take_touched() == [7001]
    picture.put_price(1, 2)
    assert picture.take_touched() == []


def test_events_that_the_loaded_state_holds_are_passed_over() -> None:
    picture = Picture()
    picture.put_funds(3, 7001, ev.Funds(500, 0, 0, 0, 0, 0))
    picture.accounts[7001].loaded_seq = 10
    moved = ev.CashMoved(3, 7001, 1, 1, 100, "r", "u1", "u2", ev.Funds(100, 0, 0, 0, 0, 0))
    picture.apply(moved, seq=9)
    assert picture.accounts[7001].cash_fen == 500
    picture.apply(moved, seq=10)
    assert picture.accounts[7001].cash_fen == 100


def test_a_closed_position_is_no_longer_touched() -> None:
    picture = picture_with_long(cash_fen=1, margin_fen=0, qty=1, cost_ticks=1, last_ticks=1)
    picture.put_position(3, 7001, ev.PositionState(1, LONG, 0, 0, 0, 0, 0, 0, 0))
    picture.take_touched()
    picture.put_price(1, 9)
    assert picture.take_touched() == []


def test_finds_a_crossing_once_and_its_end_two_points_below() -> None:
    monitor = RiskDegreeMonitor(rule="risk_degree_80", line_ppm=800_000, severity=2)
    degrees = [799_999, 800_000, 900_000, 780_000, 779_999]
    found = [monitor.on_risk(risk(degree), seq=n, at_ns=n) for n, degree in enumerate(degrees, 1)]
    assert [[f.raised for f in step] for step in found] == [[], [True], [], [], [False]]
    assert found[1][0].figures["degree_ppm"] == 800_000


def test_restored_accounts_are_not_found_again() -> None:
    monitor = RiskDegreeMonitor(rule="risk_degree_80", line_ppm=800_000, severity=2)
    monitor.restore({7001})
    assert monitor.on_risk(risk(900_000), seq=1, at_ns=1) == []


def test_refusals_of_limits_are_found_with_their_figures() -> None:
    [finding] = OrderRefusedMonitor().on_event(refused(rejects.INSUFFICIENT_MARGIN), seq=9, at_ns=1)
    assert finding.rule == "order_refused.insufficient_margin"
    assert finding.figures["needed_fen"] == 10
    assert finding.figures["available_fen"] == 3
    assert finding.seq == 9


def test_a_wrong_tick_is_no_alert() -> None:
    assert OrderRefusedMonitor().on_event(refused(rejects.PRICE_BAD), seq=9, at_ns=1) == []


@pytest.mark.parametrize("state", states.STATES)
@pytest.mark.parametrize("trigger", states.TRIGGERS)
def test_every_pair_of_the_alert_table(state: str, trigger: str) -> None:
    allowed = {
        ("open", "repeat"): "open",
        ("open", "clear"): "open",
        ("open", "acknowledge"): "acknowledged",
        ("open", "acknowledge_ended"): "resolved",
        ("acknowledged", "repeat"): "acknowledged",
        ("acknowledged", "clear"): "resolved",
    }
    if (state, trigger) in allowed:
        assert states.next_state(state, trigger) == allowed[state, trigger]
        return
    with pytest.raises(Refused) as caught:
        states.next_state(state, trigger)
    assert caught.value.code == "alert_state"
