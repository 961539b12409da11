"""Dated rows, the venue's rules and forced liquidation on one contract: the more careful word of each wins."""

from __future__ import annotations

import msgspec
import pytest

from trading.engine import events as ev
from trading.engine import liquidation_events, rejects, venue_events
from trading.engine import types as t
from trading.engine.commands import (
    BeginSettlement,
    EndSettlement,
    OpenLiquidation,
    PutDelivery,
    PutInstrument,
    PutLimitLadder,
    PutParameters,
    RollDay,
    SetAccountLimits,
    SetAccountStatus,
    SetHedge,
    SetPhase,
    SettleAccounts,
    StepLiquidation,
    WatchClose,
)
from trading.engine.ladders import Delivery, DeliveryStep, LimitStep
from trading.engine.parameters import Parameters
from trading.engine.snapshot import dump, load

from .support import DAY_1, DAY_2, DAY_3, GOLD, SOY, World, gold

US, HEDGER, OTHER = 7001, 7002, 7003
LONG, SHORT = t.LONG, t.SHORT


@pytest.fixture
def world() -> World:
    """Gold with a limit of 6 % and 16 % margin; somebody, a hedging account, and the rest of the market."""
    world = World()
    world.do(PutInstrument(0, gold(limit_ppm=60_000, last_trading_day=DAY_3), "u1"))
    for account_id in (US, HEDGER, OTHER):
        world.account(account_id, cash_fen=50_000_000_000)
    world.do(SetHedge(1, HEDGER, True, "u2", "u3"))
    return world


def put_row(world: World, day: int, fields: Parameters, *, hedge: bool = False) -> None:
    world.do(PutParameters(0, 0, GOLD, "", hedge, day, fields, "notice 1", "u2", "u3"))


def put_road(world: World, *steps: DeliveryStep) -> None:
    world.do(PutDelivery(0, GOLD, Delivery(list(steps)), "u2", "u3"))


def one_sided_close(world: World) -> None:
    """Buyers stand alone at the upper limit through the window before the close."""
    world.do(PutLimitLadder(0, "SHFE", "", [LimitStep(30_000, 20_000)], "u2", "u3"))
    world.buy(OTHER, 1, world.machine.state.markets[GOLD].upper_ticks)
    world.do(WatchClose(0, [GOLD], "system"))
    world.do(SetPhase(0, [GOLD], t.CLOSED, "", "system"))


def settle(world: World, day: int, price: int, *, in_steps: bool) -> list[ev.Event]:
    prices = [(GOLD, price), (SOY, 3_001)]
    if not in_steps:
        return world.do(RollDay(0, day, prices, "system"))
    events = [*world.do(BeginSettlement(0, day, prices, "system"))]
    events += world.do(SettleAccounts(0, 0, 500, "system"))
    return events + world.do(EndSettlement(0, "system"))


def margin_ppm(world: World, account_id: int) -> int:
    state = world.machine.state
    return state.contracts[GOLD].tariff(state.accounts[account_id].tariff_key).long_margin_ppm


def test_the_floor_of_the_road_raises_every_tariff_also_those_of_rows(world: World) -> None:
    put_row(world, DAY_2, Parameters(long_margin_ppm=180_000, short_margin_ppm=180_000))
    put_row(world, DAY_2, Parameters(long_margin_ppm=100_000, short_margin_ppm=100_000), hedge=True)
    put_road(world, DeliveryStep(DAY_2, 120_000), DeliveryStep(DAY_3, 200_000))
    assert [margin_ppm(world, one) for one in (US, HEDGER)] == [160_000, 160_000]
    world.do(RollDay(0, DAY_2, [(GOLD, 40_000)], "system"))
    assert [margin_ppm(world, one) for one in (US, HEDGER)] == [180_000, 120_000]
    world.do(RollDay(0, DAY_3, [(GOLD, 40_000)], "system"))
    assert [margin_ppm(world, one) for one in (US, HEDGER)] == [200_000, 200_000]
    assert world.machine.state.contracts[GOLD].base.long_margin_ppm == 200_000
    assert load(dump(world.machine)).state_hash() == world.machine.state_hash()


@pytest.mark.parametrize("in_steps", [False, True])
@pytest.mark.parametrize(
    ("row_ppm", "limit_ppm", "floor_ppm"), [(80_000, 90_000, 110_000), (150_000, 150_000, 170_000)]
)
def test_the_wider_of_row_and_ladder_is_the_band_and_a_first_day_counts_from_the_limit_it_had(
    world: World, row_ppm: int, limit_ppm: int, floor_ppm: int, in_steps: bool
) -> None:
    put_row(world, DAY_2, Parameters(limit_ppm=row_ppm))
    one_sided_close(world)
    events = settle(world, DAY_2, 40_000, in_steps=in_steps)
    (terms,) = next(event for event in events if isinstance(event, venue_events.ContractsMoved)).rows
    assert (terms.step, terms.limit_ppm, terms.margin_floor_ppm) == (1, limit_ppm, floor_ppm)
    market = world.machine.state.markets[GOLD]
    assert market.upper_ticks == 40_000 * (1_000_000 + limit_ppm) // 1_000_000
    # The row stays when the ladder is left.
    settle(world, DAY_3, 40_000, in_steps=in_steps)
    assert market.upper_ticks == 40_000 * (1_000_000 + row_ppm) // 1_000_000


@pytest.mark.parametrize(
    ("own", "by_row", "by_step", "most"), [(9, 7, 5, 5), (9, 4, 5, 4), (3, 4, 5, 3), (0, 0, 5, 5), (0, 7, 0, 7)]
)
def test_the_smallest_position_limit_counts(world: World, own: int, by_row: int, by_step: int, most: int) -> None:
    put_row(world, DAY_2, Parameters(max_position_qty=by_row or None, order_fen=1))
    put_road(world, DeliveryStep(DAY_2, 100_000, 1, by_step))
    world.do(RollDay(0, DAY_2, [(GOLD, 40_000)], "system"))
    world.do(SetAccountLimits(1, US, 0, own, 0, 0, "u2", "u3"))
    assert world.machine.preview(world.order(US, t.BUY, 1, 40_000)).max_qty == most
    refused = world.buy(US, most + 1, 40_000)[0]
    assert isinstance(refused, ev.OrderRejected)
    assert (refused.code, refused.figures["limit"]) == (rejects.POSITION_LIMIT, most)
    assert isinstance(world.buy(US, most, 40_000)[0], ev.OrderAccepted)


@pytest.mark.parametrize("in_steps", [False, True])
@pytest.mark.parametrize("also_soy", [False, True])
def test_a_plan_whose_lots_have_expired_ends_or_goes_on_with_the_rest(
    world: World, in_steps: bool, also_soy: bool
) -> None:
    put_road(world, DeliveryStep(DAY_1, 100_000))
    world.trade(US, OTHER, 3, 40_000)
    rows = [(GOLD, LONG, t.CLOSE_TODAY, 3)]
    if also_soy:
        world.trade(US, OTHER, 2, 3_001, instrument_id=SOY)
        rows.append((SOY, LONG, t.CLOSE_TODAY, 2))
    world.do(OpenLiquidation(1, US, 2, t.BASIS_COMPANY, world.machine.seq, [], 0, rows, "u5", "u6"))
    events = settle(world, 20261126, 40_000, in_steps=in_steps)
    mine = [event for event in events if getattr(event, "account_id", 0) == US]
    assert [event.account_seq for event in mine] == sorted({event.account_seq for event in mine})
    assert any(isinstance(event, venue_events.LotsExpired) for event in mine)
    if not also_soy:
        (ended,) = [event for event in mine if isinstance(event, liquidation_events.LiquidationEnded)]
        assert (ended.outcome, world.machine.state.liquidations) == (t.LIQUIDATION_DONE, {})
        return
    (carried,) = [event for event in mine if isinstance(event, liquidation_events.LiquidationCarried)]
    assert [row[3:] for row in carried.rows] == [(3, 0), (2, 0)]
    world.do(SetAccountStatus(1, US, t.BLOCKED, False, "", "u5"))
    assert world.refused(StepLiquidation(1, US, 1, 1, 0, 3, 40_000, "u5")).code == rejects.CONTRACT_EXPIRED
    world.buy(OTHER, 2, 3_001, instrument_id=SOY)
    (*_, last) = world.do(StepLiquidation(1, US, 1, 1, 1, 2, 3_001, "u5"))
    assert isinstance(last, liquidation_events.LiquidationEnded)


def test_forced_orders_close_odd_lots_near_delivery(world: World) -> None:
    world.trade(US, OTHER, 4, 40_000)
    put_road(world, DeliveryStep(DAY_1, 100_000, 3))
    refused = world.sell(US, 1, 40_000, offset=t.CLOSE_TODAY)[0]
    assert isinstance(refused, ev.OrderRejected)
    assert refused.code == rejects.LOT_MULTIPLE
    rows = [(GOLD, LONG, t.CLOSE_TODAY, 1)]
    world.do(OpenLiquidation(1, US, 2, t.BASIS_COMPANY, world.machine.seq, [], 0, rows, "u5", "u6"))
    events = world.do(StepLiquidation(1, US, 1, 1, 0, 1, 40_000, "u5"))
    assert any(isinstance(event, ev.OrderAccepted) for event in events)


def test_a_rows_largest_order_bounds_forced_orders_too(world: World) -> None:
    world.trade(US, OTHER, 6, 40_000)
    put_row(world, DAY_2, Parameters(max_order_qty=2))
    world.do(RollDay(0, DAY_2, [(GOLD, 40_000)], "system"))
    rows = [(GOLD, LONG, t.CLOSE_YESTERDAY, 6)]
    world.do(OpenLiquidation(1, US, 8, t.BASIS_COMPANY, world.machine.seq, [], 0, rows, "u2", "u3"))
    (item,) = world.machine.liquidations()
    assert item.largest_orders == [2]
    refused = world.refused(StepLiquidation(1, US, 1, 1, 0, 3, 40_000, "u5", by_tariff=True))
    assert (refused.code, refused.figures) == (rejects.QTY_OVER_MAX, {"qty": 3, "limit": 2})
    (stepped, accepted) = world.do(StepLiquidation(1, US, 1, 1, 0, 2, 40_000, "u5", by_tariff=True))
    assert (stepped.qty, accepted.qty) == (2, 2)


def test_a_step_that_was_journaled_before_rows_bound_it_goes_on_as_it_did(world: World) -> None:
    world.trade(US, OTHER, 6, 40_000)
    put_row(world, DAY_2, Parameters(max_order_qty=2))
    world.do(RollDay(0, DAY_2, [(GOLD, 40_000)], "system"))
    rows = [(GOLD, LONG, t.CLOSE_YESTERDAY, 6)]
    world.do(OpenLiquidation(1, US, 8, t.BASIS_COMPANY, world.machine.seq, [], 0, rows, "u2", "u3"))
    kept = msgspec.to_builtins(StepLiquidation(1, US, 1, 1, 0, 3, 40_000, "u5"))[:-1]
    command = msgspec.convert(kept, StepLiquidation)
    assert not command.by_tariff
    (stepped, accepted) = world.do(command)
    assert (stepped.qty, accepted.qty) == (3, 3)
