"""Orders that are more than plain: stops, icebergs, pairs, brackets, lives past the day, what cannot be combined."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from trading.engine import rejects
from trading.engine.commands import CancelOrder, PutInstrument, RollDay
from trading.engine.events import (
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderRepeated,
    OrderReplaced,
    OrderTriggered,
    Trade,
)
from trading.engine.order_terms import misfit
from trading.engine.terms import Terms
from trading.engine.types import (
    BUY,
    CANCELED_BAND,
    CANCELED_DAY_END,
    CANCELED_GTD,
    CANCELED_MIN_QTY,
    CANCELED_OCO,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    GTC,
    GTD,
    HELD,
    IOC,
    MARKET,
    OPEN,
    SELL,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
)

from .support import DAY_1, DAY_2, DAY_3, GOLD, ReplaceOrder, World, gold

US, OTHER, THIRD = 7001, 7002, 7003
STOP_ORDER: dict[str, Any] = {"order_type": STOP, "price_ticks": 0}


@pytest.fixture
def world() -> World:
    """Three people with money; the last price is 40,000."""
    world = World()
    for account_id in (US, OTHER, THIRD):
        world.account(account_id, cash_fen=5_000_000_000)
    world.trade(OTHER, THIRD, 1, 40_000)
    return world


def stop(
    world: World, side: int, qty: int, trigger: int, price: int = 0, account: int = US, **changes: Any
) -> list[Event]:
    """Enter a stop, with a limit when a price is given."""
    terms = changes.pop("terms", Terms(trigger_ticks=trigger))
    kind = STOP_LIMIT if price else STOP
    return world.do(world.order(account, side, qty, price, **({"order_type": kind, "terms": terms} | changes)))


def kinds(events: list[Event]) -> list[str]:
    """The names of what happened."""
    return [type(event).__name__ for event in events]


def only(events: list[Event], kind: type) -> Any:
    """The one event of a kind."""
    (found,) = [event for event in events if type(event) is kind]
    return found


# -- stops


def test_a_stop_waits_unseen_and_holds_its_money(world: World) -> None:
    (accepted,) = stop(world, BUY, 2, 40_010)
    view = world.machine.order_view(US, accepted.order_id)
    assert (view.status, view.leaves_qty) == (HELD, 2)
    assert view.frozen_margin_fen == 2 * 40_000 * 2_000 * 16 // 100
    assert world.machine.depth(GOLD, 5) == ([], [])


def test_a_stop_becomes_a_market_order_when_the_last_price_reaches_it(world: World) -> None:
    (held,) = stop(world, BUY, 2, 40_010)
    world.sell(OTHER, 1, 40_010)
    world.sell(OTHER, 5, 40_012)
    events = world.buy(THIRD, 1, 40_010)
    assert kinds(events) == ["OrderAccepted", "Trade", "OrderTriggered", "Trade"]
    triggered = only(events, OrderTriggered)
    assert (triggered.order_id, triggered.trigger_ticks, triggered.last_ticks) == (held.order_id, 40_010, 40_010)
    assert (events[3].price_ticks, events[3].qty, events[3].taker.order_id) == (40_012, 2, held.order_id)


def test_a_stop_limit_rests_at_its_limit_once_triggered(world: World) -> None:
    (held,) = stop(world, SELL, 2, 39_990, 39_995)
    world.buy(OTHER, 1, 39_990)
    events = world.sell(THIRD, 1, 39_990)
    assert kinds(events)[-1] == "OrderTriggered"
    assert world.machine.order_view(US, held.order_id).price_ticks == 39_995
    assert world.machine.depth(GOLD, 1)[1] == [(39_995, 2)]


def test_one_stop_sets_off_the_next_nearest_first(world: World) -> None:
    (second,) = stop(world, BUY, 1, 40_012)
    (first,) = stop(world, BUY, 1, 40_010)
    for price in (40_010, 40_012, 40_014):
        world.sell(OTHER, 1, price)
    events = world.buy(THIRD, 1, 40_010)
    assert [event.order_id for event in events if type(event) is OrderTriggered] == [first.order_id, second.order_id]
    assert [event.price_ticks for event in events if type(event) is Trade] == [40_010, 40_012, 40_014]


def test_a_sweep_triggers_by_every_price_it_traded_at(world: World) -> None:
    (held,) = stop(world, SELL, 1, 39_999)
    world.buy(US, 1, 39_000)
    world.sell(OTHER, 1, 39_998)
    world.sell(OTHER, 1, 40_005)
    events = world.buy(THIRD, 2, 40_005)
    assert only(events, OrderTriggered).order_id == held.order_id


@pytest.mark.parametrize(("side", "trigger"), [(BUY, 40_000), (BUY, 39_999), (SELL, 40_000), (SELL, 40_001)])
def test_a_stop_on_the_wrong_side_is_refused_with_figures(world: World, side: int, trigger: int) -> None:
    (event,) = stop(world, side, 1, trigger)
    assert (event.code, event.figures) == (rejects.STOP_SIDE, {"trigger_ticks": trigger, "last_ticks": 40_000})
    assert world.machine.account_view(US).funds.frozen_margin_fen == 0


def test_a_trigger_outside_the_band_is_refused(world: World) -> None:
    (event,) = stop(world, BUY, 1, 46_000)
    assert event.code == rejects.PRICE_BAND


def test_a_trailing_stop_follows_the_price_one_way(world: World) -> None:
    terms = Terms(trail_ticks=10)
    (held,) = world.do(world.order(US, SELL, 1, 0, order_type=TRAILING_STOP, terms=terms))
    assert held.terms.trigger_ticks == 39_990
    world.trade(OTHER, THIRD, 1, 40_020)
    assert world.machine.order_view(US, held.order_id).terms.trigger_ticks == 40_010
    world.trade(OTHER, THIRD, 1, 40_012)
    assert world.machine.order_view(US, held.order_id).terms.trigger_ticks == 40_010
    world.buy(OTHER, 2, 40_009)
    events = world.sell(THIRD, 1, 40_009)
    assert only(events, OrderTriggered).trigger_ticks == 40_010


def test_a_held_stop_can_be_moved_made_smaller_and_cancelled(world: World) -> None:
    (held,) = stop(world, BUY, 3, 40_010)
    (event,) = world.do(ReplaceOrder(1, US, held.order_id, 2, 0, "u9", 40_020))
    assert isinstance(event, OrderReplaced)
    assert world.machine.order_view(US, held.order_id).terms.trigger_ticks == 40_020
    assert world.refused(ReplaceOrder(1, US, held.order_id, 2, 0, "u9", 39_990)).code == rejects.STOP_SIDE
    assert world.refused(ReplaceOrder(1, US, held.order_id, 4, 0, "u9")).code == rejects.REPLACE_BAD
    assert world.refused(ReplaceOrder(1, US, held.order_id, 2, 40_000, "u9")).code == rejects.PRICE_BAD
    world.do(CancelOrder(1, US, held.order_id, "", "u9"))
    assert world.machine.account_view(US).funds.frozen_margin_fen == 0


# -- shown and hidden


def test_an_iceberg_shows_a_slice_and_goes_to_the_back_for_the_next(world: World) -> None:
    (ice,) = world.sell(US, 5, 40_010, terms=Terms(display_qty=2))
    (plain,) = world.sell(OTHER, 1, 40_010)
    assert world.machine.depth(GOLD, 1)[1] == [(40_010, 3)]
    assert world.machine.order_view(US, ice.order_id).leaves_qty == 5
    trades = [event for event in world.buy(THIRD, 4, 40_010) if type(event) is Trade]
    assert [(trade.maker.order_id, trade.qty) for trade in trades] == [
        (ice.order_id, 2), (plain.order_id, 1), (ice.order_id, 1)
    ]  # fmt: skip
    assert world.machine.depth(GOLD, 1)[1] == [(40_010, 1)]
    trades = [event for event in world.buy(THIRD, 9, 40_010) if type(event) is Trade]
    assert [trade.qty for trade in trades] == [1, 1]


def test_a_smaller_iceberg_gives_up_hidden_lots_first(world: World) -> None:
    (ice,) = world.sell(US, 5, 40_010, terms=Terms(display_qty=2))
    world.do(ReplaceOrder(1, US, ice.order_id, 3, 40_010, "u9"))
    assert world.machine.depth(GOLD, 1)[1] == [(40_010, 2)]
    world.do(ReplaceOrder(1, US, ice.order_id, 1, 40_010, "u9"))
    assert world.machine.depth(GOLD, 1)[1] == [(40_010, 1)]


def test_a_fill_or_kill_counts_what_icebergs_hide(world: World) -> None:
    world.sell(US, 5, 40_010, terms=Terms(display_qty=1))
    assert sum(event.qty for event in world.buy(THIRD, 5, 40_010, time_in_force=2) if type(event) is Trade) == 5


@pytest.mark.parametrize(("qty", "filled"), [(3, 3), (4, 0)])
def test_a_fill_or_kill_does_not_count_slices_that_queue_up_behind_an_own_order(
    world: World, qty: int, filled: int
) -> None:
    # The iceberg's second slice goes behind our own order, at which matching stops.
    world.sell(OTHER, 2, 40_009)
    world.sell(OTHER, 5, 40_010, terms=Terms(display_qty=1))
    world.sell(US, 1, 40_010)
    events = world.buy(US, qty, 40_010, time_in_force=2)
    assert sum(event.qty for event in events if type(event) is Trade) == filled


def test_a_fak_with_a_minimum_takes_that_much_or_nothing(world: World) -> None:
    world.sell(OTHER, 2, 40_010)
    events = world.buy(US, 5, 40_010, time_in_force=IOC, terms=Terms(min_qty=3))
    assert only(events, OrderCanceled).reason == CANCELED_MIN_QTY
    events = world.buy(US, 5, 40_010, time_in_force=IOC, terms=Terms(min_qty=2))
    assert kinds(events) == ["OrderAccepted", "Trade", "OrderCanceled"]


@pytest.mark.parametrize(("price", "taken"), [(40_009, True), (40_010, False), (40_011, False)])
def test_post_only_never_takes(world: World, price: int, taken: bool) -> None:
    world.sell(OTHER, 2, 40_010)
    (event,) = world.buy(US, 1, price, terms=Terms(post_only=True))
    assert isinstance(event, OrderAccepted) == taken
    if not taken:
        assert (event.code, event.figures) == (rejects.POST_ONLY, {"price_ticks": price, "best_ticks": 40_010})


# -- pairs


def holding(world: World, qty: int = 2) -> None:
    """We are long."""
    world.trade(US, OTHER, qty, 40_000)


def pair(world: World) -> tuple[OrderAccepted, OrderAccepted]:
    """Take profit at 40,050 or stop the loss at 39,950."""
    holding(world)
    gain = world.order(US, SELL, 2, 40_050, offset=CLOSE_TODAY)
    (first,) = world.do(gain)
    (second,) = stop(
        world, SELL, 2, 0, offset=CLOSE_TODAY, terms=Terms(trigger_ticks=39_950, other_leg=gain.client_order_id)
    )
    return first, second


def test_the_second_leg_holds_nothing_of_its_own(world: World) -> None:
    pair(world)
    assert world.machine.account_view(US).positions[0].frozen_today == 2


def test_a_filled_leg_ends_the_other(world: World) -> None:
    first, second = pair(world)
    events = world.buy(THIRD, 1, 40_050)
    canceled = only(events, OrderCanceled)
    assert (canceled.order_id, canceled.reason) == (second.order_id, CANCELED_OCO)
    assert world.machine.order_view(US, first.order_id).leaves_qty == 1


def test_a_triggered_leg_takes_over_what_the_other_held(world: World) -> None:
    first, second = pair(world)
    world.buy(OTHER, 3, 39_950)
    events = world.sell(THIRD, 1, 39_950)
    assert kinds(events) == ["OrderAccepted", "Trade", "OrderCanceled", "OrderTriggered", "Trade"]
    assert (events[2].order_id, events[2].reason) == (first.order_id, CANCELED_OCO)
    assert (events[4].taker.order_id, events[4].qty) == (second.order_id, 2)
    assert world.machine.account_view(US).positions == []


def test_cancelling_a_leg_ends_the_other(world: World) -> None:
    first, second = pair(world)
    events = world.do(CancelOrder(1, US, first.order_id, "", "u9"))
    assert [event.order_id for event in events] == [first.order_id, second.order_id]


def test_an_unknown_leg_and_a_leg_too_large_are_refused(world: World) -> None:
    holding(world)
    (event,) = stop(world, SELL, 1, 0, offset=CLOSE_TODAY, terms=Terms(trigger_ticks=39_950, other_leg="nobody"))
    assert event.code == rejects.LEG_UNKNOWN
    gain = world.order(US, SELL, 1, 40_050, offset=CLOSE_TODAY)
    world.do(gain)
    terms = Terms(trigger_ticks=39_950, other_leg=gain.client_order_id)
    (event,) = stop(world, SELL, 2, 0, offset=CLOSE_TODAY, terms=terms)
    assert (event.code, event.figures["other_qty"]) == (rejects.LEG_BAD, 1)
    (event,) = stop(world, BUY, 1, 0, terms=Terms(trigger_ticks=40_060, other_leg=gain.client_order_id))
    assert event.code == rejects.LEG_BAD


# -- brackets


def test_a_bracket_protects_every_fill(world: World) -> None:
    world.sell(OTHER, 1, 40_000)
    events = world.buy(US, 3, 40_000, terms=Terms(take_profit_ticks=40_050, stop_loss_ticks=39_950))
    assert kinds(events) == ["OrderAccepted", "Trade", "OrderAccepted", "OrderAccepted"]
    gain, loss = events[2:]
    parent = events[0]
    assert (gain.client_order_id, loss.client_order_id) == (
        f"{parent.client_order_id}.tp1",
        f"{parent.client_order_id}.sl1",
    )
    assert (gain.side, gain.offset, gain.qty, gain.price_ticks) == (SELL, CLOSE_TODAY, 1, 40_050)
    assert loss.terms == Terms(trigger_ticks=39_950, other_leg=gain.client_order_id, parent_id=parent.order_id)
    events = world.sell(THIRD, 2, 40_000)
    assert [event.qty for event in events if type(event) is OrderAccepted] == [2, 2, 2]
    assert world.machine.account_view(US).positions[0].frozen_today == 3


def test_an_order_that_protects_was_entered_with_the_fill(world: World) -> None:
    world.sell(OTHER, 1, 40_000)
    world.buy(US, 1, 40_000, terms=Terms(take_profit_ticks=40_100))
    state = world.machine.state
    (protecting,) = [order for order in state.orders.values() if order.account.account_id == US]
    assert state.memory.entry_of(protecting.order_id) == (state.seq, world.at_ns)


def test_the_stop_of_a_bracket_ends_its_profit_leg(world: World) -> None:
    world.sell(OTHER, 1, 40_000)
    events = world.buy(US, 1, 40_000, terms=Terms(take_profit_ticks=40_050, stop_loss_ticks=39_950))
    world.buy(OTHER, 2, 39_950)
    later = world.sell(THIRD, 1, 39_950)
    assert only(later, OrderTriggered).order_id == events[3].order_id
    assert only(later, OrderCanceled).order_id == events[2].order_id
    assert world.machine.account_view(US).positions == []


def test_protection_on_the_wrong_side_is_refused(world: World) -> None:
    code = world.refused(world.order(US, BUY, 1, 40_000, terms=Terms(take_profit_ticks=39_990))).code
    assert code == rejects.TERMS_BAD
    world.sell(OTHER, 1, 40_001)
    terms = Terms(stop_loss_ticks=40_005)
    (event,) = world.do(world.order(US, BUY, 1, 0, order_type=MARKET, time_in_force=IOC, terms=terms))
    assert isinstance(event, OrderRejected)
    assert event.code == rejects.GUARD_PRICE


# -- lives past the day


def test_orders_that_live_on_are_frozen_on_the_new_prices(world: World) -> None:
    (gtc,) = world.buy(US, 2, 39_990, time_in_force=GTC)
    (day,) = world.buy(US, 2, 39_980)
    events = world.do(RollDay(0, DAY_2, [(GOLD, 40_100)], "system"))
    assert [(event.order_id, event.reason) for event in events if type(event) is OrderCanceled] == [
        (day.order_id, CANCELED_DAY_END)
    ]
    view = world.machine.order_view(US, gtc.order_id)
    assert (view.trading_day, view.seq, view.frozen_margin_fen) == (
        DAY_1,
        gtc_seq(world, gtc),
        2 * 40_100 * 2_000 * 16 // 100,
    )
    assert world.machine.depth(GOLD, 3) == ([(39_990, 2)], [])


def gtc_seq(world: World, accepted: OrderAccepted) -> int:
    """The number of the command that entered an order."""
    return next(
        number for number, (command, _, _) in enumerate(world.log, 1)
        if getattr(command, "client_order_id", "") == accepted.client_order_id
    )  # fmt: skip


def test_good_till_a_day_means_that_day_included(world: World) -> None:
    (order,) = world.buy(US, 1, 39_990, time_in_force=GTD, terms=Terms(good_till=DAY_2))
    world.do(RollDay(0, DAY_2, [(GOLD, 40_000)], "system"))
    assert world.machine.order_view(US, order.order_id) is not None
    events = world.do(RollDay(0, DAY_3, [(GOLD, 40_000)], "system"))
    assert only(events, OrderCanceled).reason == CANCELED_GTD


def test_what_would_close_other_lots_tomorrow_ends_today(world: World) -> None:
    holding(world)
    world.sell(US, 1, 40_050, offset=CLOSE_TODAY, time_in_force=GTC)
    events = world.do(RollDay(0, DAY_2, [(GOLD, 40_000)], "system"))
    assert only(events, OrderCanceled).reason == CANCELED_DAY_END
    world.sell(US, 1, 40_050, offset=CLOSE_YESTERDAY, time_in_force=GTC)
    events = world.do(RollDay(0, DAY_3, [(GOLD, 40_000)], "system"))
    assert not [event for event in events if type(event) is OrderCanceled]
    assert world.machine.account_view(US).positions[0].frozen_yesterday == 1


def test_a_price_outside_the_new_band_ends_an_order(world: World) -> None:
    world.buy(US, 1, 34_500, time_in_force=GTC)
    events = world.do(RollDay(0, DAY_2, [(GOLD, 45_000)], "system"))
    assert only(events, OrderCanceled).reason == CANCELED_BAND


# -- what cannot be combined


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (STOP_ORDER, rejects.FIELD_BAD),
        (STOP_ORDER | {"terms": Terms()}, rejects.TERMS_BAD),
        ({"order_type": STOP, "price_ticks": 5, "terms": Terms(trigger_ticks=40_010)}, rejects.PRICE_BAD),
        ({"order_type": STOP_LIMIT, "price_ticks": 0, "terms": Terms(trigger_ticks=40_010)}, rejects.PRICE_BAD),
        (STOP_ORDER | {"time_in_force": IOC, "terms": Terms(trigger_ticks=40_010)}, rejects.FIELD_BAD),
        ({"terms": Terms(trigger_ticks=40_010)}, rejects.TERMS_BAD),
        ({"terms": Terms(min_qty=1)}, rejects.TERMS_BAD),
        ({"time_in_force": IOC, "terms": Terms(min_qty=9)}, rejects.TERMS_BAD),
        ({"time_in_force": IOC, "terms": Terms(display_qty=1)}, rejects.TERMS_BAD),
        ({"terms": Terms(display_qty=3)}, rejects.TERMS_BAD),
        ({"time_in_force": IOC, "terms": Terms(post_only=True)}, rejects.TERMS_BAD),
        ({"time_in_force": GTD}, rejects.FIELD_BAD),
        ({"time_in_force": GTD, "terms": Terms(good_till=7)}, rejects.TERMS_BAD),
        ({"terms": Terms(good_till=DAY_2)}, rejects.TERMS_BAD),
        ({"terms": Terms(other_leg="c1")}, rejects.TERMS_BAD),
        ({"offset": CLOSE_TODAY, "terms": Terms(stop_loss_ticks=39_000)}, rejects.TERMS_BAD),
        ({"terms": Terms(parent_id=4)}, rejects.FIELD_BAD),
        ({"terms": Terms(force_reason=1)}, rejects.FIELD_BAD),
        ({"terms": Terms(min_qty=-1)}, rejects.FIELD_BAD),
        ({"terms": Terms(trigger_ticks=2**62)}, rejects.FIELD_BAD),
        ({"client_order_id": "x" * 60, "terms": Terms(stop_loss_ticks=39_000)}, rejects.TERMS_BAD),
    ],
)  # fmt: skip
def test_terms_that_do_not_fit_are_refused_without_a_number(world: World, changes: dict[str, Any], code: str) -> None:
    fields = {"price_ticks": 40_000} | changes
    order = world.order(US, BUY, 3, fields.pop("price_ticks"), **fields)
    assert world.refused(order).code == code


@pytest.mark.parametrize(
    ("changes", "terms", "name"),
    [
        ({}, Terms(trail_ticks=5), "trail_ticks"),
        ({}, Terms(trigger_ticks=5), "trigger_ticks"),
        ({"order_type": TRAILING_STOP}, Terms(), "trail_ticks"),
        ({"order_type": TRAILING_STOP}, Terms(trail_ticks=5, trigger_ticks=5), "trigger_ticks"),
        ({"time_in_force": IOC}, Terms(min_qty=4), "min_qty"),
        ({}, Terms(display_qty=3), "display_qty"),
        ({"time_in_force": IOC}, Terms(post_only=True), "post_only"),
        ({"time_in_force": GTD}, Terms(), "good_till"),
        ({}, Terms(other_leg="a"), "other_leg"),
        ({}, Terms(take_profit_ticks=39_999), "take_profit_ticks"),
        ({"side": SELL}, Terms(take_profit_ticks=40_000), "take_profit_ticks"),
        ({}, Terms(stop_loss_ticks=40_000), "stop_loss_ticks"),
        ({"order_type": MARKET, "price_ticks": 0}, Terms(take_profit_ticks=5, stop_loss_ticks=5), "stop_loss_ticks"),
        ({"offset": CLOSE_TODAY}, Terms(stop_loss_ticks=39_000), "stop_loss_ticks"),
        ({"client_order_id": "x" * 60}, Terms(stop_loss_ticks=39_000), "client_order_id"),
        ({}, Terms(take_profit_ticks=40_001, stop_loss_ticks=39_999, display_qty=2), ""),
        ({"side": SELL}, Terms(take_profit_ticks=39_999, stop_loss_ticks=40_001), ""),
    ],
)
def test_the_term_that_does_not_fit_is_named(world: World, changes: dict[str, Any], terms: Terms, name: str) -> None:
    order = world.order(US, BUY, 3, 40_000, terms=terms)
    assert misfit(msgspec.structs.replace(order, **changes), terms) == name


def test_a_good_till_day_that_has_passed_is_refused(world: World) -> None:
    (event,) = world.buy(US, 1, 39_990, time_in_force=GTD, terms=Terms(good_till=20261120))
    assert (event.code, event.figures) == (rejects.TERMS_BAD, {"good_till": 20261120, "trading_day": DAY_1})


def test_a_repeat_with_other_terms_is_another_order(world: World) -> None:
    order = world.order(US, BUY, 2, 39_990, terms=Terms(post_only=True))
    world.do(order)
    (same,) = world.do(order)
    assert isinstance(same, OrderRepeated)
    assert same.code == ""
    (other,) = world.do(world.order(US, BUY, 2, 39_990, client_order_id=order.client_order_id))
    assert other.code == rejects.DUPLICATE


def test_an_opening_pair_shares_its_money(world: World) -> None:
    entry = world.order(US, BUY, 1, 39_900)
    world.do(entry)
    before = world.machine.account_view(US).funds.frozen_margin_fen
    stop(world, BUY, 1, 0, offset=OPEN, terms=Terms(trigger_ticks=40_020, other_leg=entry.client_order_id))
    assert world.machine.account_view(US).funds.frozen_margin_fen == before
    world.sell(OTHER, 3, 40_020)
    events = world.buy(THIRD, 1, 40_020)
    assert only(events, OrderCanceled).reason == CANCELED_OCO
    assert world.machine.account_view(US).positions[0].today_qty == 1


def test_an_order_ends_with_its_day_when_its_protection_lies_outside_the_new_band(world: World) -> None:
    (order,) = world.buy(US, 2, 39_900, time_in_force=GTC, terms=Terms(take_profit_ticks=45_500))
    ended = only(world.do(RollDay(0, DAY_2, [(GOLD, 36_000)], "system")), OrderCanceled)
    assert (ended.order_id, ended.reason) == (order.order_id, CANCELED_BAND)


def test_a_stop_that_waits_keeps_the_contract_as_it_is() -> None:
    world = World()
    world.account(US, cash_fen=5_000_000_000)
    stop(world, BUY, 1, 40_100)
    before = world.machine.instrument_stats(GOLD)
    refused = world.refused(PutInstrument(0, gold(previous_settlement_ticks=42_000), "u1"))
    assert (refused.code, world.machine.instrument_stats(GOLD)) == (rejects.FIELD_BAD, before)
