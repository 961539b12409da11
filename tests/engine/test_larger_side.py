"""The larger side: only the larger of long and short margin is charged, of held lots and of working orders alike."""

from __future__ import annotations

import pytest

from trading.engine import rejects
from trading.engine.commands import PutInstrument, PutParameters, RollDay
from trading.engine.events import OrderAccepted
from trading.engine.parameters import LARGER_SIDE_CONTRACT, LARGER_SIDE_OFF, LARGER_SIDE_PRODUCT, Parameters
from trading.engine.snapshot import dump, load
from trading.engine.types import BUY, CLOSE_YESTERDAY, SELL

from .support import DAY_2, DAY_3, GOLD, CancelOrder, ReplaceOrder, World, gold

US, OTHER = 7001, 7002
LATER = 3  # another month of gold
UNIT = 80_000_000 * 16 // 100


def world_with(mode: int, *, tenant_mode: int | None = None) -> World:
    world = World()
    world.do(PutInstrument(0, gold(instrument_id=LATER, symbol="SHFE.au2702", last_trading_day=20270215), "u1"))
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=2_000_000_000)
    for tenant_id, wanted in ((0, mode), (1, tenant_mode)):
        if wanted is not None:
            fields = Parameters(larger_side=wanted, open_fen=0, close_fen=0)
            world.do(PutParameters(tenant_id, 0, 0, "SHFE.au", False, DAY_2, fields, "notice", "u2", "u3"))
    roll(world, DAY_2)
    return world


def roll(world: World, day: int) -> None:
    world.do(RollDay(0, day, [(GOLD, 40_000), (LATER, 40_000)], "system"))


def charged(world: World) -> tuple[int, int]:
    """(margin, frozen margin) in lots."""
    funds = world.machine.state.accounts[US].funds()
    assert funds.margin_fen % UNIT == funds.frozen_margin_fen % UNIT == 0
    return funds.margin_fen // UNIT, funds.frozen_margin_fen // UNIT


def hold(world: World, *, long: int = 0, short: int = 0, instrument_id: int = GOLD) -> None:
    if long:
        world.trade(US, OTHER, long, 40_000, instrument_id=instrument_id)
    if short:
        world.trade(OTHER, US, short, 40_000, instrument_id=instrument_id)


@pytest.mark.parametrize(
    ("mode", "tenant_mode", "lots"),
    [
        (LARGER_SIDE_OFF, None, 12),
        (LARGER_SIDE_CONTRACT, None, 8),  # max(5, 3) + max(1, 3)
        (LARGER_SIDE_PRODUCT, None, 6),  # max(5 + 1, 3 + 3)
        (LARGER_SIDE_PRODUCT, LARGER_SIDE_CONTRACT, 8),  # the more careful level counts
        (LARGER_SIDE_CONTRACT, LARGER_SIDE_OFF, 12),
        (LARGER_SIDE_OFF, LARGER_SIDE_PRODUCT, 12),  # a broker lends nobody what the exchange asks of it
    ],
)
def test_only_the_larger_side_is_charged(mode: int, tenant_mode: int | None, lots: int) -> None:
    world = world_with(mode, tenant_mode=tenant_mode)
    hold(world, long=5, short=3)
    hold(world, long=1, short=3, instrument_id=LATER)
    assert charged(world) == (lots, 0)
    roll(world, DAY_3)
    assert charged(world) == (lots, 0)


def test_an_order_freezes_what_it_adds_to_the_larger_side() -> None:
    world = world_with(LARGER_SIDE_CONTRACT)
    hold(world, long=5, short=3)
    (first,) = world.sell(US, 1, 41_000)
    assert charged(world) == (5, 0)
    (second,) = world.sell(US, 4, 41_000)  # 3 + 1 + 4 against 5
    assert charged(world) == (5, 3)
    world.buy(US, 2, 39_000)  # the other side catches up to 7: still less than 8
    assert charged(world) == (5, 3)
    world.do(ReplaceOrder(1, US, second.order_id, 2, 41_000, "u9"))
    assert charged(world) == (5, 2)  # now the longs are larger
    world.do(CancelOrder(1, US, first.order_id, "", "u9"))
    assert charged(world) == (5, 2)
    world.buy(OTHER, 2, 41_000)
    funds = world.machine.state.accounts[US].funds()
    assert funds.margin_fen == max(5 * UNIT, 3 * UNIT + 2 * 41_000 * 2_000 * 16 // 100)


def test_closing_the_smaller_side_releases_nothing_and_costs_nothing() -> None:
    world = world_with(LARGER_SIDE_CONTRACT)
    hold(world, long=5, short=3)
    roll(world, DAY_3)
    world.sell(OTHER, 3, 40_000)
    world.buy(US, 3, 40_000, offset=CLOSE_YESTERDAY)
    assert charged(world) == (5, 0)
    world.buy(OTHER, 2, 40_000)
    world.sell(US, 2, 40_000, offset=CLOSE_YESTERDAY)
    assert charged(world) == (3, 0)


def test_money_is_asked_only_for_what_an_order_adds() -> None:
    world = world_with(LARGER_SIDE_CONTRACT)
    hold(world, long=5)
    world.cash(US, 7 * UNIT - world.machine.state.accounts[US].cash_fen)
    seen = world.machine.preview(world.order(US, SELL, 6, 40_000))
    assert (seen.code, seen.margin_fen, seen.max_qty) == ("", UNIT, 7)
    assert world.machine.preview(world.order(US, BUY, 1, 40_000)).max_qty == 2
    (event,) = world.sell(US, 8, 40_000)
    assert (event.code, event.figures["needed"]) == (rejects.INSUFFICIENT_MARGIN, 3 * UNIT)
    assert event.figures["available"] == 2 * UNIT
    (event,) = world.sell(US, 7, 40_000)
    assert isinstance(event, OrderAccepted)
    assert charged(world) == (5, 2)
    assert world.machine.state.accounts[US].available_fen() == 0


def test_a_replaced_order_counts_with_its_difference() -> None:
    world = world_with(LARGER_SIDE_CONTRACT)
    hold(world, long=5)
    world.cash(US, 6 * UNIT - world.machine.state.accounts[US].cash_fen)
    (order,) = world.sell(US, 4, 41_000)
    assert charged(world) == (5, 0)
    refused = world.refused(ReplaceOrder(1, US, order.order_id, 7, 41_000, "u9"))
    assert (refused.code, refused.figures["needed"]) == (rejects.INSUFFICIENT_MARGIN, 2 * UNIT)
    world.do(ReplaceOrder(1, US, order.order_id, 6, 41_000, "u9"))
    assert charged(world) == (5, 1)


def test_the_risk_degree_and_a_snapshot_know_what_is_charged() -> None:
    world = world_with(LARGER_SIDE_PRODUCT)
    hold(world, long=5)
    hold(world, short=4, instrument_id=LATER)
    view = world.machine.account_view(US)
    assert view is not None
    assert view.risk_ppm == -(-5 * UNIT * 1_000_000 // view.equity_fen)
    seen = world.machine.preview(world.order(US, SELL, 2, 40_000, instrument_id=LATER))
    assert (seen.margin_fen, seen.risk_after_ppm) == (UNIT, -(-6 * UNIT * 1_000_000 // view.equity_fen))
    again = load(dump(world.machine))
    assert again.account_view(US) == view
    assert dump(again) == dump(world.machine)
