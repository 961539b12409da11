"""Open, close, close today, close yesterday, auto: which lots an order takes, and what is refused."""

import pytest

from trading.engine import rejects
from trading.engine.commands import RollDay
from trading.engine.events import OrderAccepted, OrderCanceled, OrderRejected, Trade
from trading.engine.types import AUTO, CLOSE, CLOSE_ONLY, CLOSE_TODAY, CLOSE_YESTERDAY, OPEN

from .support import BUY, DAY_2, GOLD, SELL, SOY, CancelOrder, SetAccountStatus, World

US, OTHER = 7001, 7002


@pytest.fixture
def world() -> World:
    """US is long, OTHER short: 3 of yesterday and 2 of today in gold and in soy."""
    world = World()
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=2_000_000_000)
    for instrument_id, price in ((GOLD, 40_000), (SOY, 3_000)):
        world.trade(US, OTHER, 2, price, instrument_id=instrument_id)
        world.trade(US, OTHER, 1, price + 10, instrument_id=instrument_id)
    world.do(RollDay(0, DAY_2, [(GOLD, 40_020), (SOY, 3_010)], "system"))
    for instrument_id, price in ((GOLD, 40_050), (SOY, 3_020)):
        world.trade(US, OTHER, 2, price, instrument_id=instrument_id)
    return world


def close(world: World, qty: int, offset: int, *, instrument_id: int = GOLD) -> list:
    """US sells to close into a waiting bid."""
    price = 40_060 if instrument_id == GOLD else 3_030
    world.buy(OTHER, qty, price, instrument_id=instrument_id)
    return world.sell(US, qty, price, offset=offset, instrument_id=instrument_id)


@pytest.mark.parametrize(
    ("instrument_id", "qty", "offset", "resolved", "today", "yesterday"),
    [
        (GOLD, 3, CLOSE, CLOSE_YESTERDAY, 0, 3),  # at SHFE CLOSE means yesterday
        (GOLD, 2, CLOSE_TODAY, CLOSE_TODAY, 2, 0),
        (GOLD, 1, CLOSE_YESTERDAY, CLOSE_YESTERDAY, 0, 1),
        (GOLD, 3, AUTO, CLOSE_YESTERDAY, 0, 3),
        (GOLD, 4, AUTO, CLOSE, 1, 3),  # both buckets, yesterday's first
        (GOLD, 5, AUTO, CLOSE, 2, 3),
        (GOLD, 6, AUTO, OPEN, 0, 0),  # not all closable: opens
        (SOY, 4, CLOSE, CLOSE, 1, 3),
        (SOY, 2, CLOSE, CLOSE, 0, 2),
        (SOY, 2, CLOSE_TODAY, CLOSE_TODAY, 2, 0),
        (SOY, 5, AUTO, CLOSE, 2, 3),
    ],
)
def test_an_offset_takes_its_lots(
    world: World, instrument_id: int, qty: int, offset: int, resolved: int, today: int, yesterday: int
) -> None:
    accepted, trade = close(world, qty, offset, instrument_id=instrument_id)
    assert isinstance(accepted, OrderAccepted)
    assert isinstance(trade, Trade)
    leg = trade.taker
    assert (accepted.offset, leg.offset) == (resolved, resolved)
    assert (leg.closed_today, leg.closed_yesterday) == (today, yesterday)


@pytest.mark.parametrize(
    ("instrument_id", "qty", "offset", "code", "closable"),
    [
        (GOLD, 4, CLOSE, rejects.OVER_CLOSE_YESTERDAY, 3),
        (GOLD, 4, CLOSE_YESTERDAY, rejects.OVER_CLOSE_YESTERDAY, 3),
        (GOLD, 3, CLOSE_TODAY, rejects.OVER_CLOSE_TODAY, 2),
        (SOY, 6, CLOSE, rejects.OVER_CLOSE, 5),
        (SOY, 3, CLOSE_TODAY, rejects.OVER_CLOSE_TODAY, 2),
        (SOY, 4, CLOSE_YESTERDAY, rejects.OVER_CLOSE_YESTERDAY, 3),
    ],
)
def test_closing_more_than_there_is_is_refused(
    world: World, instrument_id: int, qty: int, offset: int, code: str, closable: int
) -> None:
    price = 40_000 if instrument_id == GOLD else 3_000
    (event,) = world.sell(US, qty, price, offset=offset, instrument_id=instrument_id)
    assert isinstance(event, OrderRejected)
    assert (event.code, event.figures) == (code, {"qty": qty, "closable": closable})


def test_working_closing_orders_freeze_their_lots_and_cancelling_gives_them_back(world: World) -> None:
    (first,) = world.sell(US, 2, 41_000, offset=CLOSE_YESTERDAY)
    assert (first.position.frozen_today, first.position.frozen_yesterday) == (0, 2)
    assert first.funds.frozen_margin_fen == 0
    assert first.funds.frozen_fee_fen == 2_000
    (event,) = world.sell(US, 2, 41_000, offset=CLOSE_YESTERDAY)
    assert (event.code, event.figures) == (rejects.OVER_CLOSE_YESTERDAY, {"qty": 2, "closable": 1})
    (canceled,) = world.do(CancelOrder(1, US, first.order_id, "", "u9"))
    assert isinstance(canceled, OrderCanceled)
    assert canceled.position.frozen_yesterday == 0
    assert canceled.funds.frozen_fee_fen == 0
    assert isinstance(world.sell(US, 3, 41_000, offset=CLOSE_YESTERDAY)[0], OrderAccepted)


def test_closing_takes_the_oldest_lots_first(world: World) -> None:
    _, trade = close(world, 2, CLOSE_YESTERDAY)
    leg = trade.taker
    # Two lots opened at 40,000, settled at 40,020, closed at 40,060.
    assert leg.close_profit_fen == 2 * 40 * 2_000
    assert leg.close_profit_trade_fen == 2 * 60 * 2_000
    _, trade = close(world, 1, CLOSE_YESTERDAY)
    assert trade.taker.close_profit_trade_fen == 50 * 2_000


def test_a_short_position_gains_when_the_price_falls(world: World) -> None:
    world.sell(US, 1, 40_010)
    _, trade = world.buy(OTHER, 1, 40_010, offset=CLOSE_TODAY)
    # OTHER sold at 40,050 today and buys back at 40,010.
    assert (trade.taker.close_profit_fen, trade.taker.close_profit_trade_fen) == (80_000, 80_000)


def test_close_today_and_close_yesterday_pay_their_own_fees(world: World) -> None:
    _, trade = close(world, 2, CLOSE_TODAY)
    assert trade.taker.fee_fen == 0
    _, trade = close(world, 2, CLOSE_YESTERDAY)
    assert trade.taker.fee_fen == 2_000


def test_a_leg_over_both_buckets_pays_both_fees(world: World) -> None:
    # 3 of yesterday at 0.1 per mille and 2 of today at 0.05 per mille of 3,030,000 fen a lot.
    _, trade = close(world, 5, AUTO, instrument_id=SOY)
    assert trade.taker.fee_fen == 909 + 303


def test_closing_is_never_refused_for_money(world: World) -> None:
    view = world.machine.account_view(US)
    world.cash(US, -view.withdrawable_fen)
    assert world.machine.account_view(US).available_fen == 0
    accepted, trade = close(world, 3, CLOSE_YESTERDAY)
    assert isinstance(accepted, OrderAccepted)
    assert isinstance(trade, Trade)


def test_a_close_only_account_closes_and_does_not_open(world: World) -> None:
    world.do(SetAccountStatus(1, US, CLOSE_ONLY, False, "watch", "u5"))
    (event,) = world.buy(US, 1, 40_000)
    assert (event.code, event.figures) == (rejects.CLOSE_ONLY_ACCOUNT, {"status": CLOSE_ONLY})
    (event,) = world.sell(US, 6, 40_000, offset=AUTO)
    assert event.code == rejects.CLOSE_ONLY_ACCOUNT
    accepted, _ = close(world, 5, AUTO)
    assert isinstance(accepted, OrderAccepted)


def test_closing_without_any_position_is_refused(world: World) -> None:
    third = world.account(7003, cash_fen=1_000_000)
    for side in (BUY, SELL):
        (event,) = world.do(world.order(third, side, 1, 40_000, offset=CLOSE_TODAY))
        assert (event.code, event.figures) == (rejects.OVER_CLOSE_TODAY, {"qty": 1, "closable": 0})


def test_a_partly_filled_close_over_both_buckets_takes_yesterday_first(world: World) -> None:
    world.buy(OTHER, 2, 40_060)
    accepted, first = world.sell(US, 5, 40_060, offset=AUTO)
    assert (accepted.position.frozen_today, accepted.position.frozen_yesterday) == (2, 3)
    assert (first.taker.closed_today, first.taker.closed_yesterday) == (0, 2)
    _, second = world.buy(OTHER, 2, 40_060)
    assert (second.maker.closed_today, second.maker.closed_yesterday) == (1, 1)
    (canceled,) = world.do(CancelOrder(1, US, accepted.order_id, "", "u9"))
    assert (canceled.position.today_qty, canceled.position.yesterday_qty) == (1, 0)
    assert (canceled.position.frozen_today, canceled.position.frozen_yesterday) == (0, 0)
