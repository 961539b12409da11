"""Phases of trading, the call auction, price rules and self-trade prevention."""

from __future__ import annotations

import random

import pytest

from trading.engine import rejects
from trading.engine.book_order import BookOrder
from trading.engine.commands import CancelAll, CancelOrder, PutInstrument, ReplaceOrder, SetPhase, SetSelfTrade
from trading.engine.events import AuctionMatched, Event, OrderCanceled, OrderTriggered, PhaseChanged, Trade
from trading.engine.exchange.auction import equilibrium
from trading.engine.exchange.book import Book
from trading.engine.exchange.phases import TRANSITIONS
from trading.engine.exchange.price_rule import median_price
from trading.engine.snapshot import dump, load
from trading.engine.terms import Terms
from trading.engine.types import (
    AUCTION,
    AUCTION_ENTRY,
    AUCTION_HIGHEST,
    AUCTION_MATCH,
    AUCTION_NEAREST,
    BREAK,
    BUY,
    CANCELED_AUCTION_END,
    CANCELED_SELF_TRADE,
    CLOSED,
    CONTINUOUS,
    FOK,
    GTC,
    HALTED,
    IOC,
    MARKET,
    PRICE_MEDIAN,
    SELL,
    SETTLEMENT,
    STOP,
    STP_BOTH,
    STP_NEWEST,
    STP_OLDEST,
)

from .support import GOLD, SOY, World, gold

US, OTHER, THIRD, TWIN = 7001, 7002, 7003, 7004


def put_phase(world: World, phase: int) -> None:
    """Put gold into a phase past the table; what was found out about plain standing before no longer counts."""
    world.machine.state.markets[GOLD].phase = phase
    world.machine.state.standing += 1


@pytest.fixture
def world() -> World:
    """Three people with money, two of them under one control."""
    world = World()
    for account_id, group_id in ((US, 5), (OTHER, 0), (THIRD, 0), (TWIN, 5)):
        world.account(account_id, cash_fen=5_000_000_000, group_id=group_id)
    return world


def phase(world: World, *wanted: int) -> list[Event]:
    """Move gold through phases; gives the events of the last step."""
    events: list[Event] = []
    for item in wanted:
        events = world.do(SetPhase(0, [GOLD], item, "", "system"))
    return events


def trades(events: list[Event]) -> list[tuple[int, int]]:
    """(price, lots) of the trades."""
    return [(event.price_ticks, event.qty) for event in events if isinstance(event, Trade)]


# -- phases


@pytest.mark.parametrize("after", range(7))
@pytest.mark.parametrize("before", range(7))
def test_only_the_steps_of_the_table_are_taken(world: World, before: int, after: int) -> None:
    put_phase(world, before)
    command = SetPhase(0, [GOLD], after, "", "system")
    if (before, after) in TRANSITIONS:
        event = world.do(command)[0]
        assert isinstance(event, PhaseChanged)
        assert event.moved == [(GOLD, before)]
    else:
        assert world.refused(command).code == rejects.PHASE_BAD


@pytest.mark.parametrize("closed", [AUCTION_MATCH, SETTLEMENT])
def test_not_even_less_is_taken_while_the_books_are_made(world: World, closed: int) -> None:
    (order,) = world.buy(US, 3, 39_990)
    (held,) = world.buy(US, 3, 0, order_type=STOP, terms=Terms(trigger_ticks=40_010))
    put_phase(world, closed)
    for command in (
        ReplaceOrder(1, US, order.order_id, 1, 39_990, "u9"),
        ReplaceOrder(1, US, held.order_id, 1, 0, "u9"),
    ):
        assert world.refused(command).code == rejects.WRONG_PHASE


def test_all_contracts_move_or_none(world: World) -> None:
    phase(world, BREAK)
    refused = world.refused(SetPhase(0, [GOLD, SOY], AUCTION_MATCH, "", "system"))
    assert refused.figures == {"instrument_id": GOLD, "phase": BREAK, "wanted": AUCTION_MATCH}
    assert world.machine.instrument_stats(SOY).phase == CONTINUOUS
    assert world.refused(SetPhase(0, [GOLD, 99], CONTINUOUS, "", "system")).code == rejects.INSTRUMENT_UNKNOWN
    assert world.refused(SetPhase(1, [GOLD], CONTINUOUS, "", "system")).code == rejects.FIELD_BAD


@pytest.mark.parametrize("closed", [CLOSED, BREAK, HALTED, AUCTION_MATCH, SETTLEMENT])
def test_orders_wait_outside_while_nothing_is_taken(world: World, closed: int) -> None:
    (order,) = world.buy(US, 1, 39_990)
    put_phase(world, closed)
    (event,) = world.buy(US, 1, 39_990)
    assert (event.code, event.figures) == (rejects.WRONG_PHASE, {"phase": closed})
    replaced = world.refused(ReplaceOrder(1, US, order.order_id, 1, 39_991, "u9"))
    assert replaced.code == rejects.WRONG_PHASE
    cancel = CancelOrder(1, US, order.order_id, "", "u9")
    if closed in (AUCTION_MATCH, SETTLEMENT):
        assert world.refused(cancel).code == rejects.WRONG_PHASE
    else:
        assert isinstance(world.do(cancel)[0], OrderCanceled)


@pytest.mark.parametrize(("order_type", "lives"), [(MARKET, IOC), (1, IOC), (1, FOK)])
def test_an_auction_takes_only_what_can_rest(world: World, order_type: int, lives: int) -> None:
    phase(world, AUCTION_ENTRY)
    price = 0 if order_type == MARKET else 40_000
    (event,) = world.buy(US, 1, price, order_type=order_type, time_in_force=lives)
    assert event.code == rejects.WRONG_PHASE


def test_an_auction_only_order_is_refused_in_continuous_trading(world: World) -> None:
    (event,) = world.buy(US, 1, 40_000, time_in_force=AUCTION)
    assert (event.code, event.figures) == (rejects.WRONG_PHASE, {"phase": CONTINUOUS})


# -- the auction


def test_the_auction_trades_the_most_at_one_price_and_leaves_the_rest(world: World) -> None:
    phase(world, AUCTION_ENTRY)
    for price, qty in ((40_010, 3), (40_000, 4)):
        assert trades(world.buy(US, qty, price)) == []
    for price, qty in ((39_990, 2), (40_000, 3), (40_020, 9)):
        world.sell(OTHER, qty, price)
    assert world.machine.depth(GOLD, 1) == ([(40_010, 3)], [(39_990, 2)])
    events = phase(world, AUCTION_MATCH)
    (matched,) = [event for event in events if isinstance(event, AuctionMatched)]
    assert (matched.price_ticks, matched.qty, matched.surplus) == (40_000, 5, 2)
    assert trades(events) == [(40_000, 2), (40_000, 1), (40_000, 2)]
    assert world.machine.depth(GOLD, 5) == ([(40_000, 2)], [(40_020, 9)])
    stats = world.machine.instrument_stats(GOLD)
    assert (stats.open, stats.last, stats.volume) == (40_000, 40_000, 5)
    phase(world, CONTINUOUS)
    assert trades(world.sell(THIRD, 1, 40_000)) == [(40_000, 1)]


def test_an_auction_where_nobody_meets_says_so(world: World) -> None:
    phase(world, AUCTION_ENTRY)
    world.buy(US, 1, 39_990)
    world.sell(OTHER, 1, 40_010)
    (_, matched) = phase(world, AUCTION_MATCH)
    assert matched == AuctionMatched(0, GOLD, 0, 0, 0)


def test_auction_only_orders_end_with_the_auction(world: World) -> None:
    phase(world, AUCTION_ENTRY)
    world.buy(US, 3, 40_000, time_in_force=AUCTION)
    world.sell(OTHER, 1, 40_000, time_in_force=AUCTION)
    events = phase(world, AUCTION_MATCH)
    (canceled,) = [event for event in events if isinstance(event, OrderCanceled)]
    assert (canceled.reason, canceled.canceled_qty) == (CANCELED_AUCTION_END, 2)


def test_auction_only_orders_end_when_a_halt_leads_to_no_auction(world: World) -> None:
    phase(world, AUCTION_ENTRY)
    world.buy(US, 3, 40_000, time_in_force=AUCTION)
    events = phase(world, HALTED, CLOSED)
    (canceled,) = [event for event in events if isinstance(event, OrderCanceled)]
    assert (canceled.reason, canceled.canceled_qty) == (CANCELED_AUCTION_END, 3)


def test_an_auction_sees_what_icebergs_hide(world: World) -> None:
    phase(world, AUCTION_ENTRY)
    world.sell(OTHER, 9, 40_000, terms=Terms(display_qty=2))
    world.buy(US, 7, 40_000)
    assert sum(qty for _, qty in trades(phase(world, AUCTION_MATCH))) == 7


def test_stops_wait_for_continuous_trading(world: World) -> None:
    world.buy(US, 1, 0, order_type=STOP, terms=Terms(trigger_ticks=40_010))
    phase(world, AUCTION_ENTRY)
    world.buy(OTHER, 1, 40_020)
    world.sell(THIRD, 1, 40_020)
    assert not [event for event in phase(world, AUCTION_MATCH) if isinstance(event, OrderTriggered)]
    assert [event for event in phase(world, CONTINUOUS) if isinstance(event, OrderTriggered)]


def test_orders_under_one_control_do_not_meet_in_an_auction(world: World) -> None:
    phase(world, AUCTION_ENTRY)
    world.buy(US, 2, 40_000)
    world.sell(TWIN, 2, 40_000)
    world.sell(OTHER, 1, 40_000)
    events = phase(world, AUCTION_MATCH)
    assert [(event.account_id, event.reason) for event in events if isinstance(event, OrderCanceled)] == [
        (TWIN, CANCELED_SELF_TRADE)
    ]
    assert trades(events) == [(40_000, 1)]


def naive(orders: list[tuple[int, int, int]], *, reference: int, highest: bool) -> tuple[int, int, int] | None:
    """The auction told as simply as it can be told: try every price there is."""
    best: tuple[tuple[int, int, int, int], tuple[int, int, int]] | None = None
    for price in range(1, 60):
        buying = sum(qty for side, limit, qty in orders if side == BUY and limit >= price)
        selling = sum(qty for side, limit, qty in orders if side == SELL and limit <= price)
        volume = min(buying, selling)
        if volume == 0 or price not in {limit for _, limit, _ in orders}:
            continue
        nearness = 0 if highest else -abs(price - reference)
        rank = (volume, -abs(buying - selling), nearness, price)
        if best is None or rank > best[0]:
            best = (rank, (price, volume, buying - selling))
    return None if best is None else best[1]


@pytest.mark.parametrize("rule", [AUCTION_NEAREST, AUCTION_HIGHEST])
def test_the_auction_price_is_what_trying_every_price_finds(rule: int) -> None:
    dice = random.Random(rule)
    for _ in range(400):
        book, orders = Book(), []
        for number in range(dice.randint(1, 12)):
            order = (dice.choice((BUY, SELL)), dice.randint(10, 30), dice.randint(1, 9))
            orders.append(order)
            book.add(BookOrder(number, *order, group_key=number))
        reference = dice.randint(5, 40)
        found = equilibrium(book, reference_ticks=reference, rule=rule)
        expected = naive(orders, reference=reference, highest=rule == AUCTION_HIGHEST)
        assert (found and (found.price_ticks, found.qty, found.surplus)) == expected


# -- prices


@pytest.mark.parametrize(
    ("maker", "taker", "last", "price"),
    [(100, 110, 105, 105), (100, 110, 90, 100), (100, 110, 120, 110), (110, 100, 105, 105), (100, 100, 7, 100)],
)
def test_the_median_rule(maker: int, taker: int, last: int, price: int) -> None:
    assert median_price(maker, taker, last) == price


def test_a_venue_with_the_median_rule_trades_between_the_two_orders(world: World) -> None:
    world.do(PutInstrument(0, gold(price_rule=PRICE_MEDIAN), "u1"))
    world.sell(OTHER, 1, 39_990)
    assert trades(world.buy(US, 1, 40_020)) == [(40_000, 1)]
    world.sell(OTHER, 1, 40_010)
    assert trades(world.buy(US, 1, 40_020)) == [(40_010, 1)]
    world.sell(OTHER, 1, 40_005)
    assert trades(world.buy(US, 1, 0, order_type=MARKET, time_in_force=IOC)) == [(40_005, 1)]


# -- self-trade prevention


@pytest.mark.parametrize(
    ("mode", "ended", "traded"),
    [(STP_NEWEST, [US], []), (STP_OLDEST, [TWIN], [(40_001, 1)]), (STP_BOTH, [TWIN, US], [])],
)
def test_the_groups_own_rule_decides_which_order_goes(
    world: World, mode: int, ended: list[int], traded: list[tuple[int, int]]
) -> None:
    world.do(SetSelfTrade(1, TWIN, mode, "u9"))
    world.sell(TWIN, 2, 40_000)
    world.sell(OTHER, 1, 40_001)
    events = world.buy(US, 1, 40_001)
    assert [event.account_id for event in events if isinstance(event, OrderCanceled)] == ended
    assert trades(events) == traded


def test_a_fill_or_kill_looks_past_own_orders_that_would_make_way(world: World) -> None:
    world.sell(TWIN, 2, 40_000)
    world.sell(OTHER, 2, 40_001)
    assert trades(world.buy(US, 2, 40_001, time_in_force=FOK)) == []
    world.do(SetSelfTrade(1, US, STP_OLDEST, "u9"))
    assert trades(world.buy(US, 2, 40_001, time_in_force=FOK)) == [(40_001, 2)]


def test_the_rule_is_the_groups_and_outlives_a_snapshot(world: World) -> None:
    world.do(SetSelfTrade(1, US, STP_BOTH, "u9"))
    world.account(7009, cash_fen=1, group_id=5)
    world.machine = load(dump(world.machine))
    modes = {key: account.stp_mode for key, account in world.machine.state.accounts.items()}
    assert modes == {US: STP_BOTH, TWIN: STP_BOTH, 7009: STP_BOTH, OTHER: STP_NEWEST, THIRD: STP_NEWEST}
    assert world.refused(SetSelfTrade(1, US, 9, "u9")).code == rejects.FIELD_BAD
    assert world.refused(SetSelfTrade(2, US, STP_BOTH, "u9")).code == rejects.ACCOUNT_UNKNOWN


def test_cancel_all_ends_pairs_once(world: World) -> None:
    entry = world.order(US, BUY, 1, 39_900, time_in_force=GTC)
    world.do(entry)
    terms = Terms(trigger_ticks=40_020, other_leg=entry.client_order_id)
    world.buy(US, 1, 0, order_type=STOP, terms=terms)
    assert len(world.do(CancelAll(1, US, 0, "", "u9"))) == 2
