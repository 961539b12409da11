"""The golden vector: two days of gold, both bases of profit, to the fen.

Base by date (逐日盯市): today's lots from their opening price, yesterday's from the previous settlement, all of it to
cash each day. Base by trade (逐笔对冲): every lot from its opening price until it is closed.
"""

from trading.engine.commands import RollDay
from trading.engine.events import AccountSettled, Trade
from trading.engine.types import CLOSE_TODAY, CLOSE_YESTERDAY

from .support import DAY_1, DAY_2, DAY_3, GOLD, World


def ticks(price: float) -> int:
    """Gold prices in ticks of 0.02."""
    return round(price * 50)


def legs(events: list, account_id: int) -> list:
    return [
        leg
        for event in events
        if isinstance(event, Trade)
        for leg in (event.maker, event.taker)
        if leg.account_id == account_id
    ]


def settled(events: list, account_id: int) -> AccountSettled:
    return next(e for e in events if isinstance(e, AccountSettled) and e.account_id == account_id)


def floating_by_trade(day: AccountSettled, settlement: float) -> int:
    (held,) = day.positions
    return ticks(settlement) * 2_000 * held.yesterday_qty - held.open_cost_fen


def test_two_days_come_out_to_the_fen() -> None:
    world = World()
    us = world.account(7001, cash_fen=500_000_000)
    other = world.account(7002, cash_fen=500_000_000, tenant_id=2)
    # Day 1: previous settlement 800.00, buy to open 3 at 801.00, close 1 of them at 803.00, settlement 802.40.
    world.sell(other, 3, ticks(801.00))
    (opening,) = legs(world.buy(us, 3, ticks(801.00)), us)
    assert opening.fee_fen == 3_000
    assert opening.position.margin_fen == 3 * 12_816_000  # today's lots: 16 % of the opening price
    world.buy(other, 1, ticks(803.00), offset=CLOSE_TODAY)
    (closing,) = legs(world.sell(us, 1, ticks(803.00), offset=CLOSE_TODAY), us)
    assert (closing.fee_fen, closing.close_profit_fen, closing.close_profit_trade_fen) == (0, 200_000, 200_000)
    day = settled(world.do(RollDay(0, DAY_2, [(GOLD, ticks(802.40))], "system")), us)
    assert (day.close_profit_fen, day.mark_fen, day.fee_fen) == (200_000, 280_000, 3_000)
    assert day.previous_cash_fen + day.mark_fen == day.funds.cash_fen == 500_477_000
    assert day.funds.margin_fen == 25_676_800
    view = world.machine.account_view(us)
    assert view is not None
    assert (view.equity_fen, view.available_fen, view.risk_ppm) == (500_477_000, 474_800_200, 51_305)
    (held,) = day.positions
    assert (held.today_qty, held.yesterday_qty) == (0, 2)
    assert (held.open_cost_fen, held.mark_cost_fen) == (160_200_000, 160_480_000)
    # The identity of every day: start + closes by trade - fees + floating by trade = equity.
    assert floating_by_trade(day, 802.40) == 280_000
    assert day.funds.cash_fen == 500_000_000 + 200_000 - 3_000 + 280_000

    # Day 2: buy to open 1 at 806.00, close 1 of yesterday's at 805.00, settlement 799.00.
    world.sell(other, 1, ticks(806.00))
    world.buy(us, 1, ticks(806.00))
    world.buy(other, 1, ticks(805.00), offset=CLOSE_YESTERDAY)
    (closing,) = legs(world.sell(us, 1, ticks(805.00), offset=CLOSE_YESTERDAY), us)
    assert (closing.fee_fen, closing.close_profit_fen, closing.close_profit_trade_fen) == (1_000, 260_000, 400_000)
    view = world.machine.account_view(us)
    assert view is not None
    assert [(lot.qty, lot.price_ticks, lot.opened_day) for lot in view.lots] == [
        (1, ticks(801.00), DAY_1),
        (1, ticks(806.00), DAY_2),
    ]
    yesterday_lot, today_lot = (ticks(799.00) - ticks(802.40)) * 2_000, (ticks(799.00) - ticks(806.00)) * 2_000
    assert (yesterday_lot, today_lot) == (-340_000, -700_000)
    day = settled(world.do(RollDay(0, DAY_3, [(GOLD, ticks(799.00))], "system")), us)
    assert (day.close_profit_fen, day.mark_fen, day.fee_fen) == (260_000, yesterday_lot + today_lot, 2_000)
    assert day.previous_cash_fen == 500_477_000 + 260_000 - 2_000
    assert day.funds.cash_fen == 499_695_000
    assert day.funds.margin_fen == 25_568_000
    # By trade the same two days: 2,000 and 4,000 closed, 50 of fees, 9,000 floating against us.
    assert floating_by_trade(day, 799.00) == -900_000
    assert day.funds.cash_fen == 500_000_000 + (200_000 + 400_000) - 5_000 - 900_000


def test_position_profit_by_date_is_told_apart_by_bucket() -> None:
    world = World()
    us, other = world.account(7001, cash_fen=500_000_000), world.account(7002, cash_fen=500_000_000)
    world.trade(us, other, 2, ticks(801.00))
    world.do(RollDay(0, DAY_2, [(GOLD, ticks(802.40))], "system"))
    world.trade(us, other, 1, ticks(806.00))
    world.trade(other, us, 1, ticks(799.00), offset=CLOSE_YESTERDAY)
    view = world.machine.account_view(us)
    assert view is not None
    # At 799.00: yesterday's lot against 802.40, today's against 806.00.
    assert view.position_profit_fen == -340_000 - 700_000
    assert view.funds.close_profit_fen == -340_000
