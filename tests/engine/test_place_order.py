"""Entering orders: what becomes of each kind."""

import pytest

from trading.engine import rejects
from trading.engine.commands import CancelOrder, PlaceOrder
from trading.engine.events import OrderAccepted, OrderCanceled, OrderRejected, Trade
from trading.engine.types import (
    BUY,
    CANCELED,
    CANCELED_FOK,
    CANCELED_IOC,
    CANCELED_MARKET,
    DAY,
    FILLED,
    FOK,
    IOC,
    LIMIT,
    MARKET,
    NEW,
    OPEN,
    PARTIALLY_FILLED,
    SELL,
)

from .support import GOLD, SOY, World

US, OTHER, THIRD = 7001, 7002, 7003


@pytest.fixture
def world() -> World:
    world = World()
    for account_id in (US, OTHER, THIRD):
        world.account(account_id, cash_fen=2_000_000_000)
    return world


def kinds(events: list) -> list[type]:
    return [type(event) for event in events]


def test_a_limit_order_rests_and_freezes_margin_and_fee(world: World) -> None:
    (event,) = world.buy(US, 3, 40_100)
    assert isinstance(event, OrderAccepted)
    # Frozen on the previous settlement (800.00 x 1,000 g x 16 %), whatever the limit price.
    assert event.funds.frozen_margin_fen == 3 * 12_800_000
    assert event.funds.frozen_fee_fen == 3_000
    assert world.machine.depth(GOLD, 5) == ([(40_100, 3)], [])
    order = world.machine.order_view(US, event.order_id)
    assert order is not None
    assert (order.status, order.leaves_qty, order.frozen_margin_fen) == (NEW, 3, 38_400_000)


def test_a_trade_happens_at_the_resting_price_and_shows_both_legs(world: World) -> None:
    world.sell(OTHER, 5, 40_050)
    accepted, trade = world.buy(US, 2, 40_200)
    assert isinstance(accepted, OrderAccepted)
    assert isinstance(trade, Trade)
    assert (trade.price_ticks, trade.qty, trade.taker_side, trade.open_interest) == (40_050, 2, BUY, 2)
    assert (trade.maker.account_id, trade.taker.account_id) == (OTHER, US)
    assert (trade.maker.order_leaves_qty, trade.taker.order_leaves_qty) == (3, 0)
    assert trade.taker.order_filled_ticks == 80_100
    # Margin of today's lots is on their opening price, and nothing stays frozen.
    assert trade.taker.funds.margin_fen == 2 * 12_816_000
    assert (trade.taker.funds.frozen_margin_fen, trade.taker.funds.frozen_fee_fen) == (0, 0)
    assert trade.maker.funds.frozen_margin_fen == 3 * 12_800_000
    assert world.machine.order_view(US, accepted.order_id).status == FILLED
    assert world.machine.order_view(OTHER, trade.maker.order_id).status == PARTIALLY_FILLED


def test_a_day_order_trades_what_it_can_and_rests_the_remainder(world: World) -> None:
    world.sell(OTHER, 2, 40_000)
    world.sell(THIRD, 2, 40_001)
    events = world.buy(US, 5, 40_001)
    assert kinds(events) == [OrderAccepted, Trade, Trade]
    assert [event.taker.order_leaves_qty for event in events[1:]] == [3, 1]
    assert world.machine.depth(GOLD, 5) == ([(40_001, 1)], [])


def test_an_ioc_order_cancels_its_remainder(world: World) -> None:
    world.sell(OTHER, 2, 40_000)
    accepted, trade, canceled = world.buy(US, 5, 40_000, time_in_force=IOC)
    assert isinstance(trade, Trade)
    assert isinstance(canceled, OrderCanceled)
    assert (canceled.filled_qty, canceled.canceled_qty, canceled.reason) == (2, 3, CANCELED_IOC)
    assert (canceled.funds.frozen_margin_fen, canceled.funds.frozen_fee_fen) == (0, 0)
    assert world.machine.order_view(US, accepted.order_id).status == CANCELED
    assert world.machine.depth(GOLD, 5) == ([], [])


@pytest.mark.parametrize(("qty", "fills"), [(4, [2, 2]), (5, [])])
def test_a_fok_order_fills_whole_or_not_at_all(world: World, qty: int, fills: list[int]) -> None:
    world.sell(OTHER, 2, 40_000)
    world.sell(THIRD, 2, 40_001)
    events = world.buy(US, qty, 40_001, time_in_force=FOK)
    assert [event.qty for event in events if isinstance(event, Trade)] == fills
    if fills:
        assert kinds(events) == [OrderAccepted, Trade, Trade]
    else:
        assert kinds(events) == [OrderAccepted, OrderCanceled]
        assert (events[1].canceled_qty, events[1].reason) == (5, CANCELED_FOK)
        assert world.machine.depth(GOLD, 5) == ([], [(40_000, 2), (40_001, 2)])


def test_a_fok_order_does_not_count_lots_behind_an_own_order(world: World) -> None:
    world.sell(OTHER, 2, 40_000)
    world.sell(US, 2, 40_001)
    world.sell(OTHER, 2, 40_002)
    events = world.buy(US, 4, 40_002, time_in_force=FOK)
    assert kinds(events) == [OrderAccepted, OrderCanceled]
    assert events[1].reason == CANCELED_FOK


@pytest.mark.parametrize("time_in_force", [DAY, IOC])
def test_a_market_order_is_bounded_by_the_band_and_never_rests(world: World, time_in_force: int) -> None:
    world.sell(OTHER, 2, 45_600)
    events = world.buy(US, 3, 0, order_type=MARKET, time_in_force=time_in_force)
    assert kinds(events) == [OrderAccepted, Trade, OrderCanceled]
    assert events[0].price_ticks == 45_600
    assert (events[2].canceled_qty, events[2].reason) == (1, CANCELED_MARKET)
    assert world.machine.depth(GOLD, 5) == ([], [])


def test_a_market_sell_order_is_bounded_by_the_lower_edge(world: World) -> None:
    world.buy(OTHER, 2, 34_400)
    events = world.sell(US, 2, 0, order_type=MARKET)
    assert kinds(events) == [OrderAccepted, Trade]
    assert events[0].price_ticks == 34_400


def test_a_market_order_without_an_opposite_side_is_refused(world: World) -> None:
    (event,) = world.buy(US, 3, 0, order_type=MARKET)
    assert isinstance(event, OrderRejected)
    assert (event.code, event.figures) == (rejects.MARKET_EMPTY, {"qty": 3, "opposite": 0})


@pytest.mark.parametrize(("price", "ok"), [(34_399, False), (34_400, True), (45_600, True), (45_601, False)])
def test_a_limit_price_lies_inside_the_band(world: World, price: int, ok: bool) -> None:
    (event,) = world.buy(US, 1, price)
    if ok:
        assert isinstance(event, OrderAccepted)
    else:
        assert isinstance(event, OrderRejected)
        assert event.code == rejects.PRICE_BAND
        assert event.figures == {"price_ticks": price, "lower_ticks": 34_400, "upper_ticks": 45_600}


def test_the_second_venue_rounds_its_band_to_the_nearest_tick(world: World) -> None:
    # 3,001 at 6 %: 2,820.94 and 3,181.06.
    stats = world.machine.instrument_stats(SOY)
    assert (stats.lower, stats.upper) == (2_821, 3_181)


def test_money_that_does_not_reach_is_refused_with_the_figures(world: World) -> None:
    poor = world.account(7009, cash_fen=12_800_999)
    (event,) = world.buy(poor, 1, 40_000)
    assert isinstance(event, OrderRejected)
    assert event.code == rejects.INSUFFICIENT_MARGIN
    assert event.figures == {"needed": 12_801_000, "available": 12_800_999, "margin": 12_800_000, "fee": 1_000}
    world.cash(poor, 1)
    (event,) = world.buy(poor, 1, 40_000)
    assert isinstance(event, OrderAccepted)
    (event,) = world.buy(poor, 1, 40_000)
    assert (event.code, event.figures["available"]) == (rejects.INSUFFICIENT_MARGIN, 0)


def test_floating_losses_count_and_floating_gains_do_not(world: World) -> None:
    world.trade(US, OTHER, 10, 40_000)
    world.trade(THIRD, OTHER, 1, 41_000)
    winner, loser = world.machine.account_view(US), world.machine.account_view(OTHER)
    assert winner.position_profit_fen == 10 * 1_000 * 2_000
    assert winner.available_fen == winner.funds.cash_fen - winner.funds.margin_fen
    assert loser.position_profit_fen == -20_000_000
    assert loser.available_fen == loser.funds.cash_fen - loser.funds.margin_fen - 20_000_000


def test_a_rejected_order_has_a_number_and_leaves_no_money_frozen(world: World) -> None:
    (first,) = world.buy(US, 501, 40_000)
    assert isinstance(first, OrderRejected)
    assert (first.code, first.figures) == (rejects.QTY_OVER_MAX, {"qty": 501, "limit": 500})
    (second,) = world.buy(US, 1, 40_000)
    assert second.order_id == first.order_id + 1
    assert second.account_seq == first.account_seq + 1


def test_statistics_follow_the_trades(world: World) -> None:
    world.trade(US, OTHER, 2, 40_010)
    world.trade(US, OTHER, 1, 40_030)
    world.trade(THIRD, OTHER, 1, 39_990)
    stats = world.machine.instrument_stats(GOLD)
    assert (stats.open, stats.high, stats.low, stats.last) == (40_010, 40_030, 39_990, 39_990)
    assert (stats.volume, stats.open_interest) == (4, 4)
    assert stats.turnover_fen == (2 * 40_010 + 40_030 + 39_990) * 2_000


def test_fees_by_money_are_rounded_once_a_fill(world: World) -> None:
    # 1 lot at 3,005: 3,005,000 fen, 0.1 per mille = 300.5 fen, halves up.
    world.sell(OTHER, 1, 3_005, instrument_id=SOY)
    _, trade = world.buy(US, 1, 3_005, instrument_id=SOY)
    assert (trade.maker.fee_fen, trade.taker.fee_fen) == (301, 301)
    world.sell(OTHER, 2, 3_005, instrument_id=SOY)
    _, trade = world.buy(US, 2, 3_005, instrument_id=SOY)
    assert trade.taker.fee_fen == 601


def test_long_and_short_margins_are_kept_apart(world: World) -> None:
    world.sell(OTHER, 1, 3_000, instrument_id=SOY)
    _, trade = world.buy(US, 1, 3_000, instrument_id=SOY)
    assert (trade.taker.funds.margin_fen, trade.maker.funds.margin_fen) == (300_000, 360_000)


def test_open_interest_counts_what_both_sides_do(world: World) -> None:
    from trading.engine.types import CLOSE_TODAY

    def last_oi(events: list) -> int:
        return events[-1].open_interest

    world.sell(OTHER, 3, 40_000)
    assert last_oi(world.buy(US, 3, 40_000)) == 3  # both open
    world.buy(THIRD, 1, 40_000)
    assert last_oi(world.sell(US, 1, 40_000, offset=CLOSE_TODAY)) == 3  # one opens, one closes
    world.buy(OTHER, 2, 40_000, offset=CLOSE_TODAY)
    assert last_oi(world.sell(US, 2, 40_000, offset=CLOSE_TODAY)) == 1  # both close


def test_orders_of_two_tenants_meet_in_one_book(world: World) -> None:
    far = world.account(8001, cash_fen=1_000_000_000, tenant_id=2)
    world.sell(far, 1, 40_000)
    _, trade = world.buy(US, 1, 40_000)
    assert (trade.tenant_id, trade.maker.tenant_id, trade.taker.tenant_id) == (0, 2, 1)
    assert (world.machine.state.tenants[1].fee_fen, world.machine.state.tenants[2].fee_fen) == (1_000, 1_000)


def test_every_private_event_carries_the_next_account_number(world: World) -> None:
    numbers: dict[int, list[int]] = {US: [], OTHER: []}

    def note(events: list) -> None:
        for event in events:
            if isinstance(event, Trade):
                for leg in (event.maker, event.taker):
                    numbers[leg.account_id].append(leg.account_seq)
            else:
                numbers[event.account_id].append(event.account_seq)

    note(world.sell(OTHER, 3, 40_000))
    note(world.buy(US, 1, 40_000))
    note(world.buy(US, 5, 40_000, time_in_force=IOC))
    note(world.do(world.order(US, SELL, 501, 40_000)))
    assert numbers == {US: [3, 4, 5, 6, 7, 8], OTHER: [3, 4, 5]}


@pytest.mark.parametrize("actor", ["", "x" * 65, "a\x00b"])
def test_who_may_not_be_named_is_refused_also_after_orders_of_others(world: World, actor: str) -> None:
    (first,) = world.buy(US, 1, 40_000)  # from here on the account has plain standing
    day = world.machine.trading_day
    order = PlaceOrder(first.tenant_id, US, "second", day, GOLD, BUY, OPEN, LIMIT, DAY, 1, 40_000, actor)
    cancel = CancelOrder(first.tenant_id, US, first.order_id, "", actor)
    for command in (order, cancel):
        (event,) = world.machine.apply(command, 1_000, 1_000)
        assert event.code == rejects.FIELD_BAD
    assert world.machine.depth(GOLD, 5) == ([(40_000, 1)], [])
