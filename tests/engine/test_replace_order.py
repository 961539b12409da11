"""Replacing: who keeps the place, what is frozen anew, what is refused."""

import pytest

from trading.engine import rejects
from trading.engine.commands import RollDay
from trading.engine.events import OrderCanceled, OrderReplaced, Trade
from trading.engine.types import AUTO, BLOCKED, CANCELED_SELF_TRADE, CLOSE_ONLY, CLOSE_TODAY

from .support import DAY_2, GOLD, SOY, CancelOrder, ReplaceOrder, SetAccountLimits, SetAccountStatus, World

US, OTHER, THIRD = 7001, 7002, 7003


@pytest.fixture
def world() -> World:
    world = World()
    for account_id in (US, OTHER, THIRD):
        world.account(account_id, cash_fen=200_000_000)
    return world


def replace(world: World, order_id: int, qty: int, price: int) -> list:
    return world.do(ReplaceOrder(1, US, order_id, qty, price, "u9"))


def test_less_at_the_same_price_keeps_the_place(world: World) -> None:
    (first,) = world.buy(US, 5, 40_000)
    world.buy(OTHER, 5, 40_000)
    (event,) = replace(world, first.order_id, 2, 40_000)
    assert isinstance(event, OrderReplaced)
    assert (event.qty, event.kept_place) == (2, True)
    assert (event.funds.frozen_margin_fen, event.funds.frozen_fee_fen) == (25_600_000, 2_000)
    _, trade = world.sell(THIRD, 1, 40_000)
    assert trade.maker.account_id == US


@pytest.mark.parametrize(("qty", "price"), [(6, 40_000), (5, 39_999), (1, 40_001)])
def test_more_or_another_price_goes_to_the_back(world: World, qty: int, price: int) -> None:
    (first,) = world.buy(US, 5, 40_000)
    world.buy(OTHER, 5, price)
    (event,) = replace(world, first.order_id, qty, price)
    assert (event.qty, event.price_ticks, event.kept_place) == (qty, price, False)
    assert event.funds.frozen_margin_fen == qty * 12_800_000
    _, trade = world.sell(THIRD, 1, price)
    assert trade.maker.account_id == OTHER


def test_a_new_price_may_trade_at_once(world: World) -> None:
    (first,) = world.buy(US, 5, 39_000)
    world.sell(OTHER, 2, 40_000)
    replaced, trade = replace(world, first.order_id, 5, 40_010)
    assert isinstance(replaced, OrderReplaced)
    assert isinstance(trade, Trade)
    assert (trade.price_ticks, trade.qty, trade.taker.order_leaves_qty) == (40_000, 2, 3)
    assert world.machine.depth(GOLD, 5) == ([(40_010, 3)], [])


def test_a_new_price_stops_at_an_own_order(world: World) -> None:
    (first,) = world.buy(US, 5, 39_000)
    world.sell(US, 2, 40_000)
    replaced, canceled = replace(world, first.order_id, 5, 40_010)
    assert isinstance(replaced, OrderReplaced)
    assert isinstance(canceled, OrderCanceled)
    assert (canceled.reason, canceled.canceled_qty) == (CANCELED_SELF_TRADE, 5)


def test_the_quantity_is_the_total_with_what_is_filled(world: World) -> None:
    (first,) = world.buy(US, 5, 40_000)
    world.sell(OTHER, 2, 40_000)
    event = world.refused(ReplaceOrder(1, US, first.order_id, 2, 40_000, "u9"))
    assert (event.code, event.order_id, event.figures) == (
        rejects.REPLACE_BAD,
        first.order_id,
        {"qty": 2, "filled": 2},
    )
    (event,) = replace(world, first.order_id, 3, 40_000)
    assert (event.qty, event.filled_qty, event.kept_place) == (3, 2, True)
    assert world.machine.depth(GOLD, 1) == ([(40_000, 1)], [])


def test_what_is_not_affordable_is_refused_and_the_order_stands(world: World) -> None:
    (first,) = world.buy(US, 15, 40_000)
    event = world.refused(ReplaceOrder(1, US, first.order_id, 16, 40_000, "u9"))
    assert event.code == rejects.INSUFFICIENT_MARGIN
    assert event.figures == {
        "needed": 16 * 12_801_000,
        "available": 200_000_000,
        "margin": 16 * 12_800_000,
        "fee": 16_000,
    }
    (moved,) = replace(world, first.order_id, 15, 40_001)
    assert moved.funds.frozen_margin_fen == 15 * 12_800_000


def test_a_price_may_move_even_when_losses_have_eaten_the_money(world: World) -> None:
    world.trade(OTHER, US, 5, 40_000)
    (working,) = world.buy(US, 8, 38_000)
    world.trade(THIRD, OTHER, 1, 44_000)
    assert world.machine.account_view(US).available_fen < 0
    (event,) = replace(world, working.order_id, 8, 38_001)
    assert isinstance(event, OrderReplaced)
    assert world.refused(ReplaceOrder(1, US, working.order_id, 9, 38_001, "u9")).code == rejects.INSUFFICIENT_MARGIN


def test_a_closing_order_grows_only_over_closable_lots(world: World) -> None:
    world.trade(US, OTHER, 5, 40_000)
    (order,) = world.sell(US, 2, 41_000, offset=CLOSE_TODAY)
    (event,) = replace(world, order.order_id, 5, 41_000)
    assert (event.position.frozen_today, event.kept_place) == (5, False)
    event = world.refused(ReplaceOrder(1, US, order.order_id, 6, 41_000, "u9"))
    assert (event.code, event.figures) == (rejects.OVER_CLOSE_TODAY, {"qty": 6, "closable": 5})


def test_a_close_over_both_buckets_shrinks_todays_lots_first(world: World) -> None:
    world.trade(US, OTHER, 3, 3_000, instrument_id=SOY)
    world.do(RollDay(0, DAY_2, [(SOY, 3_000)], "system"))
    world.trade(US, OTHER, 2, 3_000, instrument_id=SOY)
    (order,) = world.sell(US, 5, 3_100, offset=AUTO, instrument_id=SOY)
    assert (order.position.frozen_today, order.position.frozen_yesterday) == (2, 3)
    (event,) = replace(world, order.order_id, 4, 3_100)
    assert (event.position.frozen_today, event.position.frozen_yesterday) == (1, 3)
    (event,) = replace(world, order.order_id, 2, 3_100)
    assert (event.position.frozen_today, event.position.frozen_yesterday) == (0, 2)
    (event,) = replace(world, order.order_id, 5, 3_090)
    assert (event.position.frozen_today, event.position.frozen_yesterday) == (2, 3)


@pytest.mark.parametrize(
    ("qty", "price", "code"),
    [
        (0, 40_000, rejects.QTY_BAD),
        (-1, 40_000, rejects.QTY_BAD),
        (2**62, 40_000, rejects.QTY_BAD),
        (501, 40_000, rejects.QTY_OVER_MAX),
        (1, 0, rejects.PRICE_BAD),
        (1, -1, rejects.PRICE_BAD),
        (1, 2**62, rejects.PRICE_BAD),
        (1, 34_399, rejects.PRICE_BAND),
        (1, 45_601, rejects.PRICE_BAND),
    ],
)
def test_bad_terms_are_refused(world: World, qty: int, price: int, code: str) -> None:
    (order,) = world.buy(US, 2, 40_000)
    event = world.refused(ReplaceOrder(1, US, order.order_id, qty, price, "u9"))
    assert (event.code, event.order_id) == (code, order.order_id)


def test_an_ended_or_foreign_order_is_refused(world: World) -> None:
    (order,) = world.buy(US, 2, 40_000)
    assert world.refused(ReplaceOrder(1, OTHER, order.order_id, 1, 40_000, "u9")).code == rejects.ORDER_UNKNOWN
    assert world.refused(ReplaceOrder(2, US, order.order_id, 1, 40_000, "u9")).code == rejects.ACCOUNT_UNKNOWN
    world.do(CancelOrder(1, US, order.order_id, "", "u9"))
    assert world.refused(ReplaceOrder(1, US, order.order_id, 1, 40_000, "u9")).code == rejects.ORDER_TERMINAL


@pytest.mark.parametrize(
    ("status", "code"), [(CLOSE_ONLY, rejects.CLOSE_ONLY_ACCOUNT), (BLOCKED, rejects.ACCOUNT_BLOCKED)]
)
def test_a_stopped_account_may_shrink_its_opening_orders_but_not_move_them(
    world: World, status: int, code: str
) -> None:
    (order,) = world.buy(US, 3, 40_000)
    world.do(SetAccountStatus(1, US, status, False, "", "u5"))
    assert world.refused(ReplaceOrder(1, US, order.order_id, 3, 40_001, "u9")).code == code
    (event,) = replace(world, order.order_id, 1, 40_000)
    assert event.kept_place


def test_limits_hold_for_the_new_terms(world: World) -> None:
    (order,) = world.buy(US, 3, 40_000)
    world.do(SetAccountLimits(1, US, 4, 4, 1, 0, "u2", "u3"))
    event = world.refused(ReplaceOrder(1, US, order.order_id, 5, 40_000, "u9"))
    assert (event.code, event.figures) == (rejects.QTY_OVER_MAX, {"qty": 5, "limit": 4})
    world.do(SetAccountLimits(1, US, 0, 4, 1, 0, "u2", "u3"))
    event = world.refused(ReplaceOrder(1, US, order.order_id, 5, 40_000, "u9"))
    assert (event.code, event.figures) == (
        rejects.POSITION_LIMIT,
        {"held": 0, "working": 0, "qty": 5, "limit": 4},
    )
    (event,) = replace(world, order.order_id, 4, 40_001)
    assert event.qty == 4
