"""The ladder, the plan and the step: pure, figures by hand."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from riskdesk.liquidation import ladder
from riskdesk.liquidation.ladder import FIRST_LINES, Lines, level_of, lines_problem
from riskdesk.liquidation.planning import lots_needed, plan_of, plan_rows
from riskdesk.liquidation.stepping import Market, next_step
from tests.engine.support import GOLD, SOY, gold, soy
from trading.engine import types as t
from trading.engine.events import Funds, PositionState
from trading.engine.views import AccountLimits, AccountView, InstrumentStats, LiquidationView, OrderView, PositionMargin

LINES = Lines(t.BASIS_COMPANY, 800_000, 1_000_000, 1_100_000, 1_200_000, 900_000)
SPECS = {GOLD: gold(), SOY: soy()}


def stats(instrument_id: int, *, last: int, volume: int, lower: int = 1, upper: int = 10**6) -> InstrumentStats:
    return InstrumentStats(instrument_id, 20261123, last, last, last, last, volume, 0, 100, lower, upper, last)


def view(
    *positions: PositionState, cash: int = 100_000_000, orders: Any = (), netted: str = "", charged: int = 0
) -> AccountView:
    margin = charged or sum(held.margin_fen for held in positions)
    margins = [PositionMargin(held.instrument_id, held.side, held.margin_fen, netted) for held in positions]
    return AccountView(
        1, 7001, 9, 0, 0, AccountLimits(), Funds(cash, margin, 0, 0, 0, 0), list(positions), list(orders),
        equity_fen=cash, exchange_margin_fen=sum(held.margin_fen for held in positions), position_margins=margins,
    )  # fmt: skip


def held(instrument_id: int, side: int, today: int, yesterday: int, cost: int, margin: int) -> PositionState:
    return PositionState(instrument_id, side, today, yesterday, 0, 0, cost, cost, margin)


def test_levels_are_reached_at_their_line_and_left_clearly_below_it() -> None:
    assert [level_of(LINES, ppm) for ppm in (799_999, 800_000, 1_000_000, 1_100_000, 1_200_000)] == [0, 1, 2, 3, 4]
    assert level_of(LINES, 985_000, ladder.MARGIN_CALL) == ladder.MARGIN_CALL
    assert level_of(LINES, 979_999, ladder.MARGIN_CALL) == ladder.WARN


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (LINES, ""),
        (Lines(3, 1, 2, 3, 4, 1), "basis"),
        (Lines(1, 0, 2, 3, 4, 1), "lines"),
        (Lines(1, 3, 2, 3, 4, 1), "lines"),
        (Lines(1, 1, 2, 3, 10**9, 1), "lines"),
        (Lines(1, 1, 2, 3, 4, 4), "target"),
        (Lines(1, 1, 2, 3, 4, 0), "target"),
    ],
)
def test_lines_make_a_ladder_or_say_what_is_wrong(lines: Lines, problem: str) -> None:
    assert lines_problem(lines) == problem
    assert [lines_problem(each) for each in FIRST_LINES] == ["", ""]


def test_the_lots_needed_are_exact_at_the_edge() -> None:
    # Margin 120 on equity 100, ten lots: at a target of 90 % a margin of 90 is left, so two and a half lots: three.
    assert lots_needed(120, 100, 12, 0, 900_000) == 3
    assert lots_needed(90, 100, 12, 0, 900_000) == 0
    # Each lot closed also loses 2: 30 / (12 - 1.8) is just under three.
    assert lots_needed(120, 100, 12, -2, 900_000) == 3
    assert lots_needed(120, 100, 12, -14, 900_000) >= 10**9  # closing makes it worse: all there is


def test_the_order_is_most_traded_then_worst_loss_then_nearest_delivery() -> None:
    book = view(
        held(GOLD, t.LONG, 2, 3, 5 * 40_000 * 2_000, 64_000_000),
        held(SOY, t.LONG, 4, 0, 4 * 3_001 * 1_000, 1_200_400),
        held(SOY, t.SHORT, 0, 4, 4 * 3_001 * 1_000, 1_440_480),
    )
    busy = {GOLD: stats(GOLD, last=39_000, volume=10), SOY: stats(SOY, last=3_050, volume=500)}
    plan = plan_of(book, basis=t.BASIS_COMPANY, target_ppm=10_000, specs=SPECS, stats=busy)
    assert plan_rows(plan) == [
        (SOY, t.SHORT, t.CLOSE_YESTERDAY, 4),  # traded most, and loses 49 ticks a lot
        (SOY, t.LONG, t.CLOSE_TODAY, 4),  # traded most, and gains
        (GOLD, t.LONG, t.CLOSE_YESTERDAY, 3),
        (GOLD, t.LONG, t.CLOSE_TODAY, 2),
    ]
    same = {GOLD: stats(GOLD, last=40_000, volume=10), SOY: stats(SOY, last=3_001, volume=10)}
    plan = plan_of(book, basis=t.BASIS_COMPANY, target_ppm=10_000, specs=SPECS, stats=same)
    assert plan[0].instrument_id == GOLD  # comes to delivery a month earlier


def test_the_plan_says_how_many_lots_are_needed_of_each_row() -> None:
    book = view(held(GOLD, t.LONG, 2, 8, 10 * 40_000 * 2_000, 128_000_000))
    plan = plan_of(
        book, basis=t.BASIS_COMPANY, target_ppm=900_000, specs=SPECS, stats={GOLD: stats(GOLD, last=40_000, volume=1)}
    )
    # 128 of 100 million: 38 too much, 12.8 a lot: three lots, all of them yesterday's.
    assert [(bucket.offset, bucket.needed) for bucket in plan] == [(t.CLOSE_YESTERDAY, 3), (t.CLOSE_TODAY, 0)]


def liquidation(filled: int = 0, order_id: int = 0, steps: int = 0, largest_order: int = 500) -> LiquidationView:
    rows = [(GOLD, t.LONG, t.CLOSE_TODAY, 10, filled, order_id)]
    return LiquidationView(
        1, 7001, 5, 1, t.BASIS_COMPANY, 900_000, steps, 100_000_000, 128_000_000, rows, [largest_order]
    )


def working(price: int, qty: int) -> OrderView:
    return OrderView(
        1, 7001, 77, "liq5.1", GOLD, t.SELL, t.CLOSE_TODAY, t.LIMIT, t.DAY, qty, price, 0, qty, 0, t.NEW, 20261123, 1
    )


def market(*bids: tuple[int, int], phase: int = t.CONTINUOUS) -> Market:
    day = replace(stats(GOLD, last=40_000, volume=9, lower=34_400, upper=45_600), phase=phase)
    return Market(gold(), day, list(bids), [])


BOOK = held(GOLD, t.LONG, 10, 0, 10 * 40_000 * 2_000, 128_000_000)


def test_a_step_takes_the_price_at_which_the_book_takes_the_lots() -> None:
    step = next_step(liquidation(), view(BOOK), {GOLD: market((39_990, 2), (39_985, 5))}, actor="system")
    assert step is not None
    assert (step.number, step.step, step.row, step.qty, step.price_ticks) == (5, 1, 0, 3, 39_985)


def test_with_nobody_there_it_stands_at_the_last_price_and_is_left_there() -> None:
    step = next_step(liquidation(), view(BOOK), {GOLD: market()}, actor="system")
    assert step is not None
    assert (step.qty, step.price_ticks) == (3, 40_000)
    again = liquidation(order_id=77, steps=1)
    assert next_step(again, view(BOOK, orders=[working(40_000, 3)]), {GOLD: market()}, actor="system") is None


def test_on_a_limit_day_it_queues_at_the_limit() -> None:
    limit = replace(market().stats, last=34_400)
    step = next_step(liquidation(), view(BOOK), {GOLD: Market(gold(), limit, [], [])}, actor="system")
    assert step is not None
    assert step.price_ticks == 34_400


def test_an_order_whose_price_is_no_longer_right_is_replaced() -> None:
    again = liquidation(order_id=77, steps=1)
    step = next_step(again, view(BOOK, orders=[working(40_000, 10)]), {GOLD: market((39_900, 50))}, actor="system")
    assert step is not None
    assert (step.step, step.price_ticks) == (2, 39_900)


def test_waits_where_no_orders_are_taken_and_when_nothing_is_held() -> None:
    assert next_step(liquidation(), view(BOOK), {GOLD: market((39_990, 9), phase=t.BREAK)}, actor="system") is None
    assert next_step(liquidation(), view(), {GOLD: market((39_990, 9))}, actor="system") is None


LONGS = held(GOLD, t.LONG, 0, 10, 10 * 40_000 * 2_000, 120_000_000)
SHORTS = held(GOLD, t.SHORT, 0, 6, 6 * 40_000 * 2_000, 72_000_000)
NETTED = view(LONGS, SHORTS, cash=100_000_000, netted="SHFE.au", charged=120_000_000)


def test_of_the_larger_side_only_what_is_charged_has_to_come_down() -> None:
    day = {GOLD: stats(GOLD, last=40_000, volume=1)}

    def needed(target_ppm: int) -> list[tuple[int, int]]:
        plan = plan_of(NETTED, basis=t.BASIS_COMPANY, target_ppm=target_ppm, specs=SPECS, stats=day)
        return [(bucket.side, bucket.needed) for bucket in plan]

    # 120 charged of 100: down to 90 takes three longs, and no short, whose 72 are let off.
    assert needed(900_000) == [(t.LONG, 3), (t.SHORT, 0)]
    # Down to 60: five longs leave 60, and one short brings the other side from 72 to 60.
    assert needed(600_000) == [(t.LONG, 5), (t.SHORT, 1)]


def test_a_step_never_closes_lots_of_the_smaller_side_that_release_nothing() -> None:
    rows = [(GOLD, t.SHORT, t.CLOSE_YESTERDAY, 6, 0, 0), (GOLD, t.LONG, t.CLOSE_YESTERDAY, 10, 0, 0)]
    item = LiquidationView(1, 7001, 5, 1, t.BASIS_COMPANY, 900_000, 0, 100_000_000, 120_000_000, rows, [100, 100])
    deep = Market(gold(), market().stats, [(40_000, 50)], [(40_000, 50)])
    step = next_step(item, NETTED, {GOLD: deep}, actor="system")
    assert step is not None
    assert (step.row, step.qty) == (1, 3)


def test_by_the_exchanges_basis_both_sides_count() -> None:
    plan = plan_of(
        NETTED,
        basis=t.BASIS_EXCHANGE,
        target_ppm=900_000,
        specs=SPECS,
        stats={GOLD: stats(GOLD, last=40_000, volume=1)},
    )
    # 192 of 100: 102 too much at 12 a lot.
    assert [(bucket.side, bucket.needed) for bucket in plan] == [(t.LONG, 9), (t.SHORT, 0)]


def test_a_step_is_no_larger_than_the_accounts_rows_allow() -> None:
    bounded = liquidation(largest_order=2)
    step = next_step(bounded, view(BOOK), {GOLD: market((39_990, 2), (39_985, 5))}, actor="system")
    assert step is not None
    # Of the three that are needed two go now; for so many the best price is enough.
    assert (step.qty, step.price_ticks, step.by_tariff) == (2, 39_990, True)
