"""Previews: the same answer that the order would get, and how large it might be."""

import pytest

from trading.engine import rejects
from trading.engine.commands import RollDay
from trading.engine.events import OrderAccepted, OrderRejected
from trading.engine.types import AUTO, BLOCKED, CLOSE_ONLY, CLOSE_TODAY, CLOSE_YESTERDAY, MARKET, OPEN, SELL
from trading.engine.views import RISK_UNBOUNDED_PPM, risk_ppm

from .generated import Commands
from .support import BUY, DAY_2, GOLD, SetAccountLimits, SetAccountStatus, World

US, OTHER = 7001, 7002


@pytest.fixture
def world() -> World:
    world = World()
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=200_000_000)
    return world


def test_an_opening_order_shows_what_it_freezes_and_leaves(world: World) -> None:
    before = world.machine.state_hash()
    seen = world.machine.preview(world.order(US, BUY, 3, 40_000))
    assert world.machine.state_hash() == before
    assert (seen.code, seen.margin_fen, seen.fee_fen) == ("", 38_400_000, 3_000)
    assert (seen.available_fen, seen.available_after_fen) == (200_000_000, 161_597_000)
    assert seen.risk_after_ppm == 192_003  # 38,400,000 / 199,997,000
    assert seen.max_qty == 15


def test_a_refusal_comes_with_the_figures_the_order_would_get(world: World) -> None:
    command = world.order(US, BUY, 16, 40_000)
    seen = world.machine.preview(command)
    (event,) = world.do(command)
    assert (seen.code, seen.figures) == (event.code, event.figures)
    assert seen.code == rejects.INSUFFICIENT_MARGIN
    assert seen.max_qty == 15


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price_ticks": 90_000}, rejects.PRICE_BAND),
        ({"qty": 600}, rejects.QTY_OVER_MAX),
        ({"status": BLOCKED}, rejects.ACCOUNT_BLOCKED),
    ],
)
def test_a_refusal_of_another_kind_still_shows_margin_and_fee(world: World, changes: dict[str, int], code: str) -> None:
    if "status" in changes:
        world.do(SetAccountStatus(1, US, changes["status"], False, "", "u5"))
    qty = changes.get("qty", 3)
    command = world.order(US, BUY, qty, changes.get("price_ticks", 40_000))
    before = world.machine.state_hash()
    seen = world.machine.preview(command)
    assert world.machine.state_hash() == before
    (event,) = world.do(command)
    assert (seen.code, seen.figures) == (event.code, event.figures)
    assert (seen.code, seen.margin_fen, seen.fee_fen) == (code, qty * 12_800_000, qty * 1_000)


def test_a_close_of_too_many_needs_no_margin(world: World) -> None:
    world.trade(US, OTHER, 2, 40_000)
    seen = world.machine.preview(world.order(US, SELL, 3, 40_000, offset=CLOSE_TODAY))
    assert (seen.code, seen.figures) == (rejects.OVER_CLOSE_TODAY, {"qty": 3, "closable": 2})
    assert (seen.margin_fen, seen.max_qty) == (0, 2)


def test_a_closing_order_lowers_the_risk(world: World) -> None:
    world.trade(US, OTHER, 5, 40_000)
    world.do(RollDay(0, DAY_2, [(GOLD, 40_000)], "system"))
    world.trade(US, OTHER, 1, 40_000)
    seen = world.machine.preview(world.order(US, SELL, 6, 40_000, offset=AUTO))
    assert (seen.code, seen.margin_fen, seen.fee_fen, seen.max_qty) == ("", 0, 6_000, 6)
    assert seen.risk_after_ppm == 0
    seen = world.machine.preview(world.order(US, SELL, 2, 40_000, offset=AUTO))
    assert (seen.offset, seen.max_qty) == (CLOSE_YESTERDAY, 5)
    assert seen.risk_after_ppm == risk_ppm(4 * 12_800_000, 200_000_000 - 6_000 - 2_000)
    seen = world.machine.preview(world.order(US, SELL, 2, 40_000, offset=CLOSE_TODAY))
    assert (seen.code, seen.figures, seen.max_qty) == (rejects.OVER_CLOSE_TODAY, {"qty": 2, "closable": 1}, 1)


def test_the_largest_quantity_respects_every_limit(world: World) -> None:
    def largest() -> int:
        return world.machine.preview(world.order(US, BUY, 1, 40_000)).max_qty

    assert largest() == 15
    world.do(SetAccountLimits(1, US, 7, 0, 0, 0, "u2", "u3"))
    assert largest() == 7
    world.trade(US, OTHER, 2, 40_000)
    world.do(SetAccountLimits(1, US, 7, 5, 0, 0, "u2", "u3"))
    assert largest() == 3
    world.buy(US, 1, 39_000)
    assert largest() == 2
    world.do(SetAccountLimits(1, US, 7, 5, 1, 0, "u2", "u3"))
    assert largest() == 0


@pytest.mark.parametrize(("status", "open_qty", "close_qty"), [(CLOSE_ONLY, 0, 2), (BLOCKED, 0, 0)])
def test_a_stopped_account_has_no_largest_quantity(world: World, status: int, open_qty: int, close_qty: int) -> None:
    world.trade(US, OTHER, 2, 40_000)
    world.do(SetAccountStatus(1, US, status, False, "", "u5"))
    assert world.machine.preview(world.order(US, BUY, 1, 40_000)).max_qty == open_qty
    assert world.machine.preview(world.order(US, SELL, 1, 40_000, offset=CLOSE_TODAY)).max_qty == close_qty


def test_a_market_order_shows_the_price_it_is_bounded_by(world: World) -> None:
    seen = world.machine.preview(world.order(US, BUY, 1, 0, order_type=MARKET))
    assert (seen.code, seen.price_ticks, seen.offset) == (rejects.MARKET_EMPTY, 45_600, OPEN)


def test_a_risk_degree_without_equity_is_worse_than_any_other() -> None:
    assert risk_ppm(0, -5) == 0
    assert risk_ppm(1, 0) == RISK_UNBOUNDED_PPM
    assert risk_ppm(1, 3) == 333_334
    assert risk_ppm(800_001, 1_000_000) == 800_001


def test_a_preview_says_what_the_order_then_gets_and_the_largest_quantity_is_the_largest() -> None:
    world = World(prove=False)
    source = Commands(world.machine, 5)
    for command in list(source.opening())[3:]:
        world.do(command)
    checked = 0
    for _ in range(400):
        source.count += 1
        command = source.order()
        seen = world.machine.preview(command)
        (first, *_) = world.do(command)
        if isinstance(first, OrderAccepted):
            assert seen.code == ""
            assert (seen.offset, seen.price_ticks) == (first.offset, first.price_ticks)
            assert seen.max_qty >= command.qty
            checked += 1
        elif isinstance(first, OrderRejected):
            assert (seen.code, seen.figures) == (first.code, first.figures)
            assert seen.max_qty < command.qty
            checked += 1
    assert checked > 300
