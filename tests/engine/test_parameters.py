"""Dated rows: when they begin, which of several counts, who shares whose, what they charge, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from trading.engine import rejects
from trading.engine.commands import BeginSettlement, PutInstrument, PutParameters, RollDay, SetHedge, WithdrawParameters
from trading.engine.events import FeeCharged, OrderAccepted, OrderCanceled, OrderReplaced
from trading.engine.instrument import Fees, Rates
from trading.engine.parameter_events import HedgeSet, ParametersPut, ParametersWithdrawn
from trading.engine.parameters import Parameters
from trading.engine.snapshot import dump, load
from trading.engine.types import CLOSE_TODAY

from .support import (
    BUY,
    DAY_1,
    DAY_2,
    DAY_3,
    GOLD,
    SOY,
    CancelAll,
    CancelOrder,
    ReplaceOrder,
    SetAccountLimits,
    SetTenantRates,
    World,
    gold,
)

US, OTHER, FAR = 7001, 7002, 8001
LOT = 80_000_000  # a lot of gold at the previous settlement, in fen


@pytest.fixture
def world() -> World:
    world = World()
    world.account(US, cash_fen=2_000_000_000)
    world.account(OTHER, cash_fen=2_000_000_000)
    world.account(FAR, cash_fen=2_000_000_000, tenant_id=2)
    return world


def row(fields: Parameters, *, day: int = DAY_2, **changes: Any) -> PutParameters:
    values: dict[str, Any] = {
        "tenant_id": 0, "account_id": 0, "instrument_id": GOLD, "product": "", "hedge": False, "effective_day": day,
        "fields": fields, "source": "SHFE notice 2026-142", "maker": "u2", "checker": "u3",
    }  # fmt: skip
    if "product" in changes:
        values["instrument_id"] = 0
    return PutParameters(**(values | changes))


def put(world: World, fields: Parameters, **changes: Any) -> int:
    (event,) = world.do(row(fields, **changes))
    assert isinstance(event, ParametersPut)
    return event.row.row_id


def roll(world: World, day: int = DAY_2) -> None:
    world.do(RollDay(0, day, [(GOLD, 40_000)], "system"))


def unit(world: World, account_id: int, side: int = BUY) -> int:
    """Margin that one lot of gold at the settlement would freeze."""
    seen = world.machine.preview(world.order(account_id, side, 1, 40_000))
    assert seen.code == ""
    return seen.margin_fen


def test_a_row_waits_for_its_day_and_then_holds_until_the_next_one(world: World) -> None:
    put(world, Parameters(long_margin_ppm=180_000), day=DAY_2)
    put(world, Parameters(long_margin_ppm=200_000), day=DAY_3)
    found = [unit(world, US)]
    for day in (DAY_2, DAY_3, DAY_3 + 1):
        roll(world, day)
        found.append(unit(world, US))
    assert found == [LOT * 16 // 100, LOT * 18 // 100, LOT * 20 // 100, LOT * 20 // 100]
    assert unit(world, US, 2) == LOT * 16 // 100  # shorts were not spoken of


def test_the_settlement_before_its_day_puts_held_lots_on_the_new_margin(world: World) -> None:
    world.trade(US, OTHER, 2, 40_000)
    put(world, Parameters(long_margin_ppm=200_000, short_margin_ppm=180_000))
    assert world.machine.state.accounts[US].funds().margin_fen == 2 * LOT * 16 // 100
    roll(world)
    assert world.machine.state.accounts[US].funds().margin_fen == 2 * LOT * 20 // 100
    assert world.machine.state.accounts[OTHER].funds().margin_fen == 2 * LOT * 18 // 100


def test_the_higher_margin_wins_over_levels_and_aims(world: World) -> None:
    put(world, Parameters(long_margin_ppm=120_000))
    put(world, Parameters(long_margin_ppm=140_000), product="SHFE.au")
    put(world, Parameters(long_margin_ppm=150_000), tenant_id=1)
    put(world, Parameters(long_margin_ppm=130_000), tenant_id=1, account_id=US)
    put(world, Parameters(long_margin_ppm=170_000), tenant_id=1, account_id=OTHER)
    roll(world)
    # The contract's own row takes the place of the 16 % it was listed with; the product's 14 % is the higher one.
    assert [unit(world, one) for one in (FAR, US, OTHER)] == [LOT * ppm // 100 for ppm in (14, 15, 17)]


def test_rates_that_were_set_without_a_date_count_until_a_row_of_their_level_speaks(world: World) -> None:
    world.do(SetTenantRates(1, GOLD, Rates(220_000, 220_000, Fees(open_fen=77)), "u2", "u3"))
    put(world, Parameters(long_margin_ppm=100_000))
    put(world, Parameters(long_margin_ppm=150_000), tenant_id=1, day=DAY_3)
    roll(world)
    assert unit(world, US) == LOT * 22 // 100
    roll(world, DAY_3)
    assert unit(world, US) == LOT * 15 // 100
    assert world.machine.preview(world.order(US, BUY, 1, 40_000)).fee_fen == 77


def test_a_relative_margin_is_added_to_the_exchanges_and_moves_with_it(world: World) -> None:
    put(world, Parameters(long_margin_ppm=30_000, long_margin_fen=500, margin_relative=True), tenant_id=1)
    put(world, Parameters(long_margin_ppm=100_000, long_margin_fen=7_000), day=DAY_3)
    roll(world)
    assert unit(world, US) == LOT * 19 // 100 + 500
    roll(world, DAY_3)
    assert unit(world, US) == LOT * 13 // 100 + 7_500
    assert unit(world, FAR) == LOT * 10 // 100 + 7_000


def test_margin_by_volume_is_added_to_margin_by_money_of_held_lots_too(world: World) -> None:
    put(world, Parameters(long_margin_fen=12_345))
    roll(world)
    world.trade(US, OTHER, 3, 40_100)
    assert world.machine.state.accounts[US].funds().margin_fen == 3 * (40_100 * 2_000 * 16 // 100 + 12_345)
    roll(world, DAY_3)
    assert world.machine.state.accounts[US].funds().margin_fen == 3 * (LOT * 16 // 100 + 12_345)


def test_hedging_rows_are_for_hedging_accounts_and_stand_in_the_place_of_general_ones(world: World) -> None:
    put(world, Parameters(long_margin_ppm=190_000))
    put(world, Parameters(long_margin_ppm=150_000), hedge=True, product="SHFE.au")
    (event,) = world.do(SetHedge(1, OTHER, True, "u2", "u3"))
    assert event == HedgeSet(1, OTHER, event.account_seq, True, "u2", "u3")
    roll(world)
    assert [unit(world, one) for one in (US, OTHER)] == [LOT * 19 // 100, LOT * 15 // 100]
    assert unit(world, OTHER, 2) == LOT * 16 // 100  # of shorts no hedging row says anything
    world.do(SetHedge(1, OTHER, False, "u2", "u3"))
    assert unit(world, OTHER) == LOT * 19 // 100


def test_an_account_changes_its_purpose_with_nothing_held_and_nothing_working_only(world: World) -> None:
    (order,) = world.buy(US, 1, 39_000)
    event = world.refused(SetHedge(1, US, True, "u2", "u3"))
    assert (event.code, event.figures) == (rejects.HEDGE_NOT_FLAT, {"held": 0, "working": 1})
    world.do(CancelOrder(1, US, order.order_id, "", "u9"))
    world.trade(US, OTHER, 2, 40_000)
    assert world.refused(SetHedge(1, US, True, "u2", "u3")).figures == {"held": 2, "working": 0}
    assert world.refused(SetHedge(1, US, True, "u2", "u2")).code == rejects.MAKER_IS_CHECKER
    assert world.refused(SetHedge(2, US, True, "u2", "u3")).code == rejects.ACCOUNT_UNKNOWN


def test_fees_come_from_the_narrowest_aim_and_a_named_half_leaves_the_other_empty(world: World) -> None:
    put(world, Parameters(open_fen=300, close_today_ppm=10))
    put(world, Parameters(open_fen=900), product="SHFE.au")
    put(world, Parameters(open_ppm=5), tenant_id=1, product="SHFE.au")
    put(world, Parameters(open_fen=50), tenant_id=1, account_id=OTHER)
    roll(world)
    fees = [world.machine.preview(world.order(one, BUY, 1, 40_000)).fee_fen for one in (FAR, US, OTHER)]
    assert fees == [300, LOT * 5 // 1_000_000, 50]
    world.trade(US, FAR, 1, 40_000)
    world.buy(OTHER, 1, 40_000)
    trade = world.sell(US, 1, 40_000, offset=CLOSE_TODAY)[1]
    assert trade.taker.fee_fen == LOT * 10 // 1_000_000


def test_the_wider_band_wins_from_the_rows_day_on(world: World) -> None:
    put(world, Parameters(limit_ppm=50_000))
    put(world, Parameters(limit_ppm=80_000), product="SHFE.au", day=DAY_3)
    bands = []
    for day in (DAY_2, DAY_3):
        roll(world, day)
        market = world.machine.state.markets[GOLD]
        bands.append((market.lower_ticks, market.upper_ticks))
    assert bands == [(38_000, 42_000), (36_800, 43_200)]


def test_the_smaller_limit_wins(world: World) -> None:
    put(world, Parameters(max_order_qty=9, max_position_qty=20), product="SHFE.au")
    put(world, Parameters(max_order_qty=30, max_position_qty=6), tenant_id=1)
    world.do(SetAccountLimits(1, OTHER, 0, 4, 0, 0, "u2", "u3"))
    roll(world)
    (event,) = world.buy(US, 10, 39_000)
    assert (event.code, event.figures) == (rejects.QTY_OVER_MAX, {"qty": 10, "limit": 9})
    world.buy(US, 4, 39_000)
    (event,) = world.buy(US, 3, 39_000)
    assert (event.code, event.figures) == (rejects.POSITION_LIMIT, {"held": 0, "working": 4, "qty": 3, "limit": 6})
    (event,) = world.buy(OTHER, 5, 39_000)
    assert (event.code, event.figures["limit"]) == (rejects.POSITION_LIMIT, 4)
    assert world.machine.preview(world.order(OTHER, BUY, 1, 39_000)).max_qty == 4
    assert world.machine.preview(world.order(FAR, BUY, 1, 39_000)).max_qty == 9


def test_messages_cost_what_the_rows_say(world: World) -> None:
    put(world, Parameters(order_fen=100, cancel_fen=30))
    roll(world)
    before = world.machine.state.accounts[US].cash_fen
    accepted, entered = world.buy(US, 2, 39_000)
    assert isinstance(accepted, OrderAccepted)
    assert entered == FeeCharged(1, US, accepted.account_seq + 1, accepted.order_id, GOLD, 1, 100, entered.funds)
    replaced, moved = world.do(ReplaceOrder(1, US, accepted.order_id, 2, 39_100, "u9"))
    canceled, ended = world.do(CancelOrder(1, US, accepted.order_id, "", "u9"))
    assert (type(replaced), type(canceled)) == (OrderReplaced, OrderCanceled)
    assert [(one.kind, one.fee_fen) for one in (moved, ended)] == [(2, 30), (2, 30)]
    account = world.machine.state.accounts[US]
    assert (before - account.cash_fen, account.fee_fen, account.tenant.fee_fen) == (160, 160, 160)
    world.buy(US, 1, 39_000)
    world.buy(US, 1, 39_000)
    events = world.do(CancelAll(1, US, 0, "", "u9"))
    assert [type(one) for one in events] == [OrderCanceled, FeeCharged] * 2
    world.buy(US, 1, 39_000)
    assert len(world.do(CancelAll(1, US, 0, "an officer's reason", "u5"))) == 1  # not the client's own message


def test_the_fee_for_entering_counts_among_what_an_order_needs(world: World) -> None:
    put(world, Parameters(order_fen=100, open_fen=0))
    roll(world)
    world.cash(US, LOT * 16 // 100 - 2_000_000_000)
    (event,) = world.buy(US, 1, 40_000)
    needed = LOT * 16 // 100 + 100
    assert (event.code, event.figures["needed"], event.figures["fee"]) == (rejects.INSUFFICIENT_MARGIN, needed, 100)
    world.cash(US, 100)
    accepted, _entered = world.buy(US, 1, 40_000)
    assert isinstance(accepted, OrderAccepted)


def test_working_orders_are_frozen_anew_on_the_day(world: World) -> None:
    world.buy(US, 2, 39_000, time_in_force=4)
    put(world, Parameters(long_margin_ppm=250_000))
    roll(world)
    assert world.machine.state.accounts[US].funds().frozen_margin_fen == 2 * LOT * 25 // 100


def test_accounts_without_rows_share_their_tenants_tariff(world: World) -> None:
    put(world, Parameters(long_margin_ppm=250_000), tenant_id=1, account_id=OTHER)
    roll(world)
    gold_contract, soy_contract = (world.machine.state.contracts[key] for key in (GOLD, SOY))
    us, other = (world.machine.state.accounts[key] for key in (US, OTHER))
    assert gold_contract.tariff(us.tariff_key) is gold_contract.base
    assert gold_contract.tariff(other.tariff_key) is not gold_contract.base
    assert soy_contract.tariff(other.tariff_key) is soy_contract.base


def test_a_contract_listed_later_takes_the_rows_of_its_product(world: World) -> None:
    put(world, Parameters(long_margin_ppm=210_000, limit_ppm=200_000), product="SHFE.au")
    roll(world)
    world.do(PutInstrument(0, gold(instrument_id=3, symbol="SHFE.au2702", last_trading_day=20270215), "u1"))
    seen = world.machine.preview(world.order(US, BUY, 1, 40_000, instrument_id=3))
    assert (seen.margin_fen, world.machine.state.markets[3].upper_ticks) == (LOT * 21 // 100, 48_000)


@pytest.mark.parametrize(
    ("changes", "code", "figures"),
    [
        ({"day": DAY_1}, rejects.PARAMETER_PAST, {"effective_day": DAY_1, "trading_day": DAY_1}),
        ({"day": 20201231}, rejects.PARAMETER_PAST, {"effective_day": 20201231, "trading_day": DAY_1}),
        ({"day": DAY_3}, rejects.PARAMETER_OVERLAP, {"effective_day": DAY_3, "row": 1}),
        ({"day": 20261324}, rejects.FIELD_BAD, {}),
        ({"checker": "u2"}, rejects.MAKER_IS_CHECKER, {}),
        ({"source": "  "}, rejects.FIELD_BAD, {}),
        ({"account_id": US}, rejects.FIELD_BAD, {}),
        ({"account_id": FAR, "tenant_id": 1}, rejects.ACCOUNT_UNKNOWN, {}),
        ({"instrument_id": 99}, rejects.INSTRUMENT_UNKNOWN, {}),
        ({"product": "SHFE.ag"}, rejects.INSTRUMENT_UNKNOWN, {}),
        ({"instrument_id": 0}, rejects.FIELD_BAD, {}),
        ({"tenant_id": -1}, rejects.FIELD_BAD, {}),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_with_its_figures(
    world: World, changes: dict[str, Any], code: str, figures: dict[str, int]
) -> None:
    put(world, Parameters(open_fen=1), day=DAY_3)
    event = world.refused(row(Parameters(open_fen=2), **changes))
    assert (event.code, event.figures) == (code, figures)


@pytest.mark.parametrize(
    ("fields", "changes", "figures"),
    [
        (Parameters(long_margin_ppm=999), {}, {"long_margin_ppm": 999, "lowest": 1_000, "highest": 1_000_000}),
        (Parameters(open_fen=-1), {}, {"open_fen": -1, "lowest": 0, "highest": 100_000_000}),
        (Parameters(max_position_qty=2**62), {}, {"max_position_qty": 2**62, "lowest": 1, "highest": 1_000_000_000}),
        (Parameters(larger_side=3), {}, {"larger_side": 3, "lowest": 0, "highest": 2}),
        (Parameters(limit_ppm=90_000), {"tenant_id": 1}, {"limit_ppm": 90_000, "exchange_only": 1, "hedge": 0}),
        (Parameters(limit_ppm=90_000), {"hedge": True}, {"limit_ppm": 90_000, "exchange_only": 1, "hedge": 1}),
        (Parameters(margin_relative=True), {}, {"margin_relative": 1, "exchange": 1}),
    ],
)
def test_a_value_out_of_bounds_is_refused(
    world: World, fields: Parameters, changes: dict[str, Any], figures: dict[str, int]
) -> None:
    event = world.refused(row(fields, **changes))
    assert (event.code, event.figures) == (rejects.PARAMETER_BAD, figures)


def test_a_row_is_taken_back_before_its_day_only_and_by_its_own_level(world: World) -> None:
    number = put(world, Parameters(long_margin_ppm=200_000), tenant_id=1)
    for tenant_id, wanted, code in (
        (0, number, rejects.PARAMETER_UNKNOWN),
        (2, number, rejects.PARAMETER_UNKNOWN),
        (1, 99, rejects.PARAMETER_UNKNOWN),
    ):
        assert world.refused(WithdrawParameters(tenant_id, wanted, "", "u2", "u3")).code == code
    (event,) = world.do(WithdrawParameters(1, number, "a mistake", "u2", "u3"))
    assert isinstance(event, ParametersWithdrawn)
    assert event.row.row_id == number
    number = put(world, Parameters(long_margin_ppm=210_000), tenant_id=1)  # the same day is free again
    roll(world)
    event = world.refused(WithdrawParameters(1, number, "", "u2", "u3"))
    assert (event.code, event.figures) == (rejects.PARAMETER_PAST, {"effective_day": DAY_2, "trading_day": DAY_2})


def test_rows_wait_outside_a_running_settlement(world: World) -> None:
    world.do(BeginSettlement(0, DAY_2, [], "system"))
    assert world.refused(row(Parameters(open_fen=2), day=DAY_3)).code == rejects.SETTLING
    assert world.refused(WithdrawParameters(0, 1, "", "u2", "u3")).code == rejects.SETTLING
    assert world.refused(SetHedge(1, US, True, "u2", "u3")).code == rejects.SETTLING


def test_a_snapshot_holds_rows_to_come_and_rows_in_force(world: World) -> None:
    world.do(SetHedge(1, OTHER, True, "u2", "u3"))
    put(world, Parameters(long_margin_ppm=170_000), hedge=True)
    put(world, Parameters(long_margin_ppm=230_000), tenant_id=1, account_id=US, day=DAY_3)
    world.do(BeginSettlement(0, DAY_2, [], "system"))
    again = load(dump(world.machine))
    assert dump(again) == dump(world.machine)
    for machine in (world.machine, again):
        contract = machine.state.contracts[GOLD]
        units = [contract.tariff(machine.state.accounts[key].tariff_key).long_unit_fen for key in (US, OTHER)]
        assert units == [LOT * 16 // 100, LOT * 17 // 100]
