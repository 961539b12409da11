"""What an order's terms asked on entry holds for its whole life: when it is moved, swept, protected, or takes over."""

from __future__ import annotations

import pytest

from trading.engine import rejects
from trading.engine.commands import BeginSettlement, CancelAll, ReplaceOrder, RollDay, SetPhase
from trading.engine.events import CommandRefused, OrderAccepted, OrderCanceled, OrderReplaced, OrderTriggered, Trade
from trading.engine.terms import Terms
from trading.engine.types import (
    AUCTION_ENTRY,
    AUCTION_MATCH,
    AUTO,
    CLOSE,
    GTC,
    LIMIT,
    SELL,
    STOP,
)

from .support import DAY_2, GOLD, SOY, World

US, OTHER = 7001, 7002


@pytest.fixture
def world() -> World:
    """Two accounts with money."""
    world = World()
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=5_000_000_000)
    return world


def test_a_post_only_order_cannot_be_moved_to_where_it_would_trade(world: World) -> None:
    world.sell(OTHER, 2, 40_010)
    order_id = world.buy(US, 2, 39_990, terms=Terms(post_only=True))[0].order_id
    for price in (40_010, 40_020):
        refused = world.refused(ReplaceOrder(1, US, order_id, 2, price, "u9"))
        assert (refused.code, refused.figures) == (
            rejects.POST_ONLY, {"price_ticks": price, "best_ticks": 40_010}
        )  # fmt: skip
    (moved,) = world.do(ReplaceOrder(1, US, order_id, 2, 40_009, "u9"))
    assert isinstance(moved, OrderReplaced)


def test_a_bracket_cannot_be_moved_beyond_its_own_protection(world: World) -> None:
    terms = Terms(take_profit_ticks=40_050, stop_loss_ticks=39_900)
    order_id = world.buy(US, 2, 39_990, terms=terms)[0].order_id
    for price in (40_050, 40_060, 39_900, 39_890):
        refused = world.refused(ReplaceOrder(1, US, order_id, 2, price, "u9"))
        assert refused.code == rejects.GUARD_PRICE
        assert refused.figures["price_ticks"] == price
    assert isinstance(world.do(ReplaceOrder(1, US, order_id, 2, 40_049, "u9"))[0], OrderReplaced)


def test_a_client_cannot_cancel_all_while_the_auction_is_matched(world: World) -> None:
    world.do(SetPhase(0, [GOLD], AUCTION_ENTRY, "", "system"))
    gold = world.buy(US, 2, 39_990)[0].order_id
    world.do(SetPhase(0, [GOLD], AUCTION_MATCH, "", "system"))
    refused = world.refused(CancelAll(1, US, 0, "", "u9"))
    assert (refused.code, refused.figures) == (rejects.WRONG_PHASE, {"phase": AUCTION_MATCH})
    assert world.refused(CancelAll(1, US, GOLD, "client", "u9")).code == rejects.WRONG_PHASE
    soy = world.buy(US, 2, 3_000, instrument_id=SOY)[0].order_id
    (event,) = world.do(CancelAll(1, US, 0, "", "u9"))  # what can be canceled is
    assert isinstance(event, OrderCanceled)
    assert event.order_id == soy
    (event,) = world.do(CancelAll(1, US, 0, "risk desk: over the limit", "u5"))  # an officer reaches all
    assert isinstance(event, OrderCanceled)
    assert (event.order_id, event.reason) == (gold, "officer")


def test_a_client_cannot_cancel_all_while_the_books_are_made(world: World) -> None:
    world.buy(US, 2, 39_990, time_in_force=GTC)
    world.do(BeginSettlement(0, DAY_2, [], "system"))
    assert world.refused(CancelAll(1, US, 0, "", "u9")).code == rejects.WRONG_PHASE


def test_with_nothing_working_there_is_nothing_to_cancel_in_any_phase(world: World) -> None:
    world.do(SetPhase(0, [GOLD], AUCTION_ENTRY, "", "system"))
    world.do(SetPhase(0, [GOLD], AUCTION_MATCH, "", "system"))
    (event,) = world.do(CancelAll(1, US, 0, "", "u9"))
    assert isinstance(event, CommandRefused)
    assert event.code == rejects.ORDER_UNKNOWN


def test_a_protecting_stop_shows_the_price_that_bounds_it(world: World) -> None:
    world.sell(OTHER, 2, 40_000)
    events = world.buy(US, 2, 40_000, terms=Terms(stop_loss_ticks=39_900))
    (stop,) = [event for event in events if isinstance(event, OrderAccepted) and event.order_type == STOP]
    lower = world.machine.state.markets[GOLD].lower_ticks
    assert (stop.price_ticks, stop.terms) == (lower, Terms(trigger_ticks=39_900, parent_id=events[0].order_id))
    plain = world.sell(US, 1, 0, order_type=STOP, terms=Terms(trigger_ticks=39_950))[0]
    assert plain.price_ticks == lower


def test_a_second_leg_takes_over_lots_of_both_buckets(world: World) -> None:
    """AUTO on SHFE may close lots of today and of yesterday in one order: so must the leg that stands in for it."""
    world.trade(US, OTHER, 2, 40_000)
    world.do(RollDay(0, DAY_2, [(GOLD, 40_000)], "system"))
    world.trade(US, OTHER, 3, 40_000)
    first = world.order(US, SELL, 4, 40_100, offset=AUTO, order_type=LIMIT)
    accepted = world.do(first)[0]
    assert isinstance(accepted, OrderAccepted)
    assert accepted.offset == CLOSE
    leg = Terms(trigger_ticks=39_950, other_leg=first.client_order_id)
    world.do(world.order(US, SELL, 4, 0, offset=AUTO, order_type=STOP, terms=leg))
    world.buy(OTHER, 1, 39_940)
    world.buy(OTHER, 4, 39_930)
    third = world.account(7003, cash_fen=5_000_000_000)
    events = world.sell(third, 1, 39_940)
    assert [type(event) for event in events if isinstance(event, OrderTriggered)] == [OrderTriggered]
    trades = [event for event in events if isinstance(event, Trade) and event.taker.account_id == US]
    assert [(trade.qty, trade.taker.closed_yesterday, trade.taker.closed_today) for trade in trades] == [(4, 2, 2)]
