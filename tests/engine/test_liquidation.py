"""Forced liquidation: opened once for a trigger, worked inside position and band, over as soon as it may be."""

from __future__ import annotations

from typing import Any

import pytest

from trading.engine import events as ev
from trading.engine import liquidation_events, rejects, snapshot
from trading.engine import types as t
from trading.engine.commands import (
    CancelAll,
    CancelOrder,
    OpenLiquidation,
    PutInstrument,
    ReplaceOrder,
    RollDay,
    SetAccountStatus,
    SetKill,
    SetPhase,
    SetSelfTrade,
    SetTenantRates,
    StepLiquidation,
    StopLiquidation,
)
from trading.engine.events import Event
from trading.engine.instrument import Fees, Rates
from trading.engine.machine import Machine
from trading.engine.terms import Terms

from .support import DAY_2, DAY_3, GOLD, SECOND, World, gold

LINES = [800_000, 1_000_000, 1_100_000, 1_200_000]
TODAY, YESTERDAY = t.CLOSE_TODAY, t.CLOSE_YESTERDAY


@pytest.fixture
def world() -> World:
    """Account 1 is long ten lots of gold at 800.00 with 1.5 million; account 2 is rich and short; 3 is rich."""
    world = World()
    world.account(1, cash_fen=150_000_000)
    for rich in (2, 3):
        world.account(rich, cash_fen=100_000_000_000, tenant_id=2)
    world.trade(1, 2, 10, 40_000)
    return world


def fall(world: World, price: int = 38_800) -> None:
    """Others trade at a lower price: ten lots lose 24,000.00 each at 776.00; the degree of account 1 passes 100 %."""
    world.sell(2, 1, price)
    world.buy(3, 1, price)


def opening(world: World, rows: list[tuple[int, int, int, int]] | None = None, **changes: Any) -> OpenLiquidation:
    fields: dict[str, Any] = {
        "tenant_id": 1,
        "account_id": 1,
        "reason": t.FORCE_DEPOSIT,
        "basis": t.BASIS_COMPANY,
        "trigger_seq": world.machine.seq,
        "lines_ppm": LINES,
        "target_ppm": 900_000,
        "rows": [(GOLD, t.LONG, TODAY, 10)] if rows is None else rows,
        "maker": "u5",
        "checker": "u6",
    }
    return OpenLiquidation(**(fields | changes))


def step(at: int, lots: int, price: int, **changes: Any) -> StepLiquidation:
    fields: dict[str, Any] = {
        "tenant_id": 1, "account_id": 1, "number": 1, "step": at, "row": 0, "qty": lots, "price_ticks": price,
        "actor": "system",
    }  # fmt: skip
    return StepLiquidation(**(fields | changes))


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def opened(world: World, **changes: Any) -> None:
    fall(world)
    assert kinds(world.do(opening(world, **changes)))[0] == "LiquidationOpened"


def test_opens_with_its_figures_and_takes_the_right_to_open(world: World) -> None:
    fall(world)
    first, status = world.do(opening(world))
    assert isinstance(first, liquidation_events.LiquidationOpened)
    assert isinstance(status, ev.AccountStatusChanged)
    # Ten lots at 16 % of 800,000.00 are 1,280,000.00; equity 1,500,000.00 - 100.00 fee - 240,000.00.
    assert (first.number, first.margin_fen, first.equity_fen) == (1, 128_000_000, 125_990_000)
    assert first.degree_ppm == -(-128_000_000 * 1_000_000 // first.equity_fen)
    assert (status.status, status.previous, status.reason) == (t.CLOSE_ONLY, t.ACTIVE, "liquidation 1")
    rejected = world.buy(1, 1, 39_000)[0]
    assert isinstance(rejected, ev.OrderRejected)
    assert rejected.code == rejects.CLOSE_ONLY_ACCOUNT


def test_cancels_what_works_to_open_and_leaves_what_closes() -> None:
    world = World()
    world.account(1, cash_fen=150_000_000)
    for rich in (2, 3):
        world.account(rich, cash_fen=100_000_000_000, tenant_id=2)
    world.trade(1, 2, 10, 40_000)
    world.buy(1, 1, 35_000)
    world.sell(1, 2, 45_000, offset=TODAY)
    fall(world)
    events = world.do(opening(world))
    assert kinds(events) == ["LiquidationOpened", "AccountStatusChanged", "OrderCanceled"]
    assert (events[2].reason, events[2].order_id) == (t.CANCELED_LIQUIDATION, 3)
    assert len(world.machine.account_view(1).orders) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"account_id": 9}, rejects.ACCOUNT_UNKNOWN),
        ({"tenant_id": 2}, rejects.ACCOUNT_UNKNOWN),
        ({"checker": "u5"}, rejects.MAKER_IS_CHECKER),
        ({"checker": ""}, rejects.FIELD_BAD),
        ({"reason": 0}, rejects.FIELD_BAD),
        ({"reason": 12}, rejects.FIELD_BAD),
        ({"basis": 3}, rejects.FIELD_BAD),
        ({"lines_ppm": [1, 2, 3]}, rejects.FIELD_BAD),
        ({"lines_ppm": [4, 3, 2, 1]}, rejects.FIELD_BAD),
        ({"lines_ppm": [1, 2, 3, 2**62]}, rejects.FIELD_BAD),
        ({"target_ppm": 0}, rejects.FIELD_BAD),
        ({"target_ppm": 1_200_000}, rejects.FIELD_BAD),
        ({"target_ppm": -1}, rejects.FIELD_BAD),
        ({"lines_ppm": []}, rejects.FIELD_BAD),
        ({"rows": []}, rejects.FIELD_BAD),
        ({"rows": [(GOLD, 7, TODAY, 1)]}, rejects.FIELD_BAD),
        ({"rows": [(GOLD, t.LONG, t.CLOSE, 1)]}, rejects.FIELD_BAD),
        ({"rows": [(GOLD, t.LONG, TODAY, 1)] * 201}, rejects.FIELD_BAD),
        ({"rows": [(GOLD, t.LONG, TODAY, 11)]}, rejects.LIQUIDATION_PLAN),
        ({"rows": [(GOLD, t.LONG, TODAY, 0)]}, rejects.LIQUIDATION_PLAN),
        ({"rows": [(GOLD, t.LONG, TODAY, -1)]}, rejects.LIQUIDATION_PLAN),
        ({"rows": [(GOLD, t.LONG, YESTERDAY, 1)]}, rejects.LIQUIDATION_PLAN),
        ({"rows": [(GOLD, t.SHORT, TODAY, 1)]}, rejects.LIQUIDATION_PLAN),
        ({"rows": [(99, t.LONG, TODAY, 1)]}, rejects.LIQUIDATION_PLAN),
        ({"rows": [(GOLD, t.LONG, TODAY, 4), (GOLD, t.LONG, TODAY, 4)]}, rejects.LIQUIDATION_PLAN),
        ({"trigger_seq": -1}, rejects.LIQUIDATION_TRIGGER),
        ({"trigger_seq": 10**12}, rejects.LIQUIDATION_TRIGGER),
        ({"target_ppm": 1_190_000}, rejects.LIQUIDATION_NEEDLESS),
    ],
)
def test_refuses_what_is_no_liquidation(world: World, changes: dict[str, Any], code: str) -> None:
    fall(world)
    assert world.refused(opening(world, **changes)).code == code


def test_an_account_has_one_at_most(world: World) -> None:
    opened(world)
    refusal = world.refused(opening(world))
    assert (refusal.code, refusal.figures) == (rejects.LIQUIDATION_OPEN, {"number": 1})


def test_never_twice_for_one_trigger(world: World) -> None:
    fall(world)
    command = opening(world)
    world.do(command)
    world.do(StopLiquidation(1, 1, 1, "a mistake", "u5"))
    refusal = world.refused(command)
    assert refusal.code == rejects.LIQUIDATION_TRIGGER
    assert refusal.figures["lowest"] == world.machine.seq - 1
    # Figures read after its end are a new trigger.
    assert kinds(world.do(opening(world)))[0] == "LiquidationOpened"


def test_a_step_places_a_forced_order_that_says_why(world: World) -> None:
    opened(world, target_ppm=100_000)
    world.buy(3, 2, 38_790)
    events = world.do(step(1, 3, 38_790))
    assert kinds(events) == ["LiquidationStepped", "OrderAccepted", "Trade"]
    stepped, accepted, trade = events
    assert stepped.order_id == accepted.order_id
    assert accepted.terms == Terms(force_reason=t.FORCE_DEPOSIT)
    assert (accepted.client_order_id, accepted.offset, accepted.side) == ("liq1.1", TODAY, t.SELL)
    assert (trade.qty, trade.taker.closed_today) == (2, 2)
    (view,) = world.machine.liquidations()
    assert view.rows == [(GOLD, t.LONG, TODAY, 10, 2, accepted.order_id)]


def test_a_step_is_carried_out_once(world: World) -> None:
    opened(world)
    world.do(step(1, 3, 38_900))
    refusal = world.refused(step(1, 3, 38_900))
    assert (refusal.code, refusal.figures) == (rejects.LIQUIDATION_STEP, {"step": 1, "next": 2})


def test_the_next_step_takes_the_place_of_the_last_order(world: World) -> None:
    opened(world)
    first = world.do(step(1, 3, 38_900))[1]
    events = world.do(step(2, 4, 38_850))
    assert kinds(events) == ["LiquidationStepped", "OrderCanceled", "OrderAccepted"]
    assert (events[1].order_id, events[1].reason) == (first.order_id, t.CANCELED_LIQUIDATION)
    (order,) = world.machine.account_view(1).orders
    assert order.qty == 4


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"number": 2}, rejects.LIQUIDATION_NONE),
        ({"account_id": 2, "tenant_id": 2}, rejects.LIQUIDATION_NONE),
        ({"account_id": 2}, rejects.ACCOUNT_UNKNOWN),
        ({"row": 1}, rejects.FIELD_BAD),
        ({"row": -1}, rejects.FIELD_BAD),
        ({"actor": ""}, rejects.FIELD_BAD),
        ({"qty": 0}, rejects.QTY_BAD),
        ({"qty": 2**62}, rejects.QTY_BAD),
        ({"qty": 11}, rejects.LIQUIDATION_OVER),
        ({"qty": 501}, rejects.QTY_OVER_MAX),
        ({"price_ticks": 34_399}, rejects.PRICE_BAND),
        ({"price_ticks": 45_601}, rejects.PRICE_BAND),
        ({"price_ticks": 0}, rejects.PRICE_BAND),
    ],
)
def test_refuses_what_is_no_step(world: World, changes: dict[str, Any], code: str) -> None:
    opened(world)
    assert world.refused(step(1, 1, 38_800, **changes)).code == code


def test_never_more_than_the_position_after_the_client_closed_some_himself(world: World) -> None:
    opened(world, target_ppm=100_000)
    world.buy(3, 8, 38_800)
    world.sell(1, 8, 38_800, offset=TODAY)
    refusal = world.refused(step(1, 3, 38_800))
    assert (refusal.code, refusal.figures) == (rejects.OVER_CLOSE_TODAY, {"qty": 3, "closable": 2})


def test_two_rows_that_rolled_into_one_bucket_do_not_close_it_twice(world: World) -> None:
    world.do(RollDay(0, DAY_2, [(GOLD, 39_000)], "system"))
    world.cash(1, 50_000_000)
    world.trade(1, 2, 2, 39_000)
    fall(world, 38_300)
    rows = [(GOLD, t.LONG, YESTERDAY, 10), (GOLD, t.LONG, TODAY, 2)]
    world.do(opening(world, rows=rows, target_ppm=300_000))
    world.do(RollDay(0, DAY_3, [(GOLD, 38_300)], "system"))
    world.buy(3, 4, 38_300)
    world.sell(1, 4, 38_300, offset=YESTERDAY)  # the client closes four himself: eight are left of twelve
    world.do(step(1, 8, 38_900))
    refusal = world.refused(step(2, 1, 38_900, row=1))
    assert (refusal.code, refusal.figures) == (rejects.OVER_CLOSE_YESTERDAY, {"qty": 1, "closable": 0})


def test_the_clients_own_orders_that_hold_the_lots_go_first_and_only_as_many_as_needed(world: World) -> None:
    for price in (41_000, 41_100, 41_200):
        world.sell(1, 3, price, offset=TODAY)
    opened(world)
    events = world.do(step(1, 5, 39_000))
    canceled = [event for event in events if isinstance(event, ev.OrderCanceled)]
    assert [event.position.frozen_today for event in canceled] == [6, 3]  # the newest two of nine frozen lots
    assert {event.reason for event in canceled} == {t.CANCELED_LIQUIDATION}
    assert [order.qty for order in world.machine.account_view(1).orders] == [3, 5]


def test_the_client_can_neither_cancel_nor_change_nor_sweep_a_forced_order(world: World) -> None:
    opened(world)
    order_id = world.do(step(1, 3, 39_000))[1].order_id
    assert world.refused(CancelOrder(1, 1, order_id, "", "u9")).code == rejects.FORCED_ORDER
    assert world.refused(ReplaceOrder(1, 1, order_id, 1, 39_000, "u9")).code == rejects.FORCED_ORDER
    assert world.refused(CancelAll(1, 1, 0, "", "u9")).code == rejects.ORDER_UNKNOWN
    leg = Terms(trigger_ticks=38_000, other_leg="liq1.1")
    stop = world.sell(1, 1, 0, order_type=t.STOP, offset=TODAY, terms=leg)[0]
    assert (stop.code, len(world.machine.account_view(1).orders)) == (rejects.LEG_BAD, 1)


def test_the_client_cannot_end_a_forced_order_by_trading_with_himself(world: World) -> None:
    world.do(SetSelfTrade(1, 1, t.STP_OLDEST, "u9"))
    world.trade(2, 1, 1, 40_000)  # a lot short: he may buy to close it
    opened(world)
    assert world.refused(SetSelfTrade(1, 1, t.STP_OLDEST, "u9")).code == rejects.LIQUIDATION_OPEN
    forced = world.do(step(1, 3, 39_000))[1].order_id
    events = world.buy(1, 1, 39_000, offset=TODAY)
    assert [event.reason for event in events if isinstance(event, ev.OrderCanceled)] == [t.CANCELED_SELF_TRADE]
    assert forced in {order.order_id for order in world.machine.account_view(1).orders}
    world.do(StopLiquidation(1, 1, 1, "", "u5"))
    assert world.machine.state.accounts[1].stp_mode == t.STP_OLDEST


def test_a_forced_order_takes_the_clients_own_order_out_of_its_way(world: World) -> None:
    world.trade(2, 1, 1, 40_000)
    opened(world)
    own = world.buy(1, 1, 38_900, offset=TODAY)[0].order_id
    events = world.do(step(1, 3, 38_900))
    assert kinds(events) == ["LiquidationStepped", "OrderAccepted", "OrderCanceled"]
    assert (events[2].order_id, events[2].reason) == (own, t.CANCELED_SELF_TRADE)


def test_ends_when_a_fill_restores_the_account_and_cancels_the_rest(world: World) -> None:
    opened(world, target_ppm=800_000)
    world.buy(3, 4, 38_800)
    events = world.do(step(1, 10, 38_800))
    assert kinds(events) == ["LiquidationStepped", "OrderAccepted", "Trade", "LiquidationEnded", "OrderCanceled"]
    ended = events[3]
    assert (ended.outcome, ended.rows) == (t.LIQUIDATION_RESTORED, [(GOLD, t.LONG, TODAY, 10, 4)])
    assert ended.degree_ppm <= 800_000
    assert world.machine.account_view(1).orders == []
    assert world.refused(step(2, 1, 38_800)).code == rejects.LIQUIDATION_NONE


def test_ends_when_money_comes_in(world: World) -> None:
    opened(world)
    world.do(step(1, 3, 39_000))
    events = world.cash(1, 500_000_000)
    assert kinds(events) == ["CashMoved", "LiquidationEnded", "OrderCanceled"]
    assert events[1].outcome == t.LIQUIDATION_RESTORED


def test_ends_when_the_price_comes_back(world: World) -> None:
    opened(world)
    world.do(step(1, 3, 40_500))
    world.sell(2, 1, 40_200)
    assert kinds(world.buy(3, 1, 40_200)) == ["OrderAccepted", "Trade", "LiquidationEnded", "OrderCanceled"]


def test_ends_when_nothing_of_the_plan_is_left(world: World) -> None:
    opened(world, rows=[(GOLD, t.LONG, TODAY, 2)], reason=2, target_ppm=0, lines_ppm=[])
    world.buy(3, 2, 38_800)
    events = world.do(step(1, 2, 38_800))
    assert (kinds(events)[-1], events[-1].outcome) == ("LiquidationEnded", t.LIQUIDATION_DONE)


def test_a_step_finds_it_over_after_the_client_closed_everything(world: World) -> None:
    opened(world, reason=2, target_ppm=0, lines_ppm=[])
    world.buy(3, 10, 38_800)
    events = world.sell(1, 10, 38_800, offset=TODAY)
    assert events[-1].outcome == t.LIQUIDATION_DONE


def test_no_release_while_it_is_open(world: World) -> None:
    opened(world)
    assert world.refused(SetAccountStatus(1, 1, t.ACTIVE, False, "", "u5")).code == rejects.LIQUIDATION_OPEN
    world.do(SetAccountStatus(1, 1, t.BLOCKED, False, "", "u5"))
    assert kinds(world.do(step(1, 1, 39_000)))[0] == "LiquidationStepped"  # the broker still may
    world.do(StopLiquidation(1, 1, 1, "", "u5"))
    world.do(SetAccountStatus(1, 1, t.ACTIVE, False, "", "u5"))


def test_waits_where_the_market_does_not_take_orders(world: World) -> None:
    opened(world)
    world.do(SetPhase(0, [GOLD], t.BREAK, "", "system"))
    assert world.refused(step(1, 1, 39_000)).code == rejects.WRONG_PHASE
    world.do(SetPhase(0, [GOLD], t.CONTINUOUS, "", "system"))
    world.do(SetKill(0, t.KILL_VENUE, 0, True, "", "u1"))
    assert world.refused(step(1, 1, 39_000)).code == rejects.KILL_SWITCH


def test_carries_over_a_limit_day_and_goes_on_with_the_lots_as_they_rolled(world: World) -> None:
    world.do(SetTenantRates(1, GOLD, Rates(200_000, 200_000, Fees()), "u2", "u3"))
    opened(world)
    world.do(step(1, 10, 34_400))  # at the limit, and nobody buys
    events = world.do(RollDay(0, DAY_2, [(GOLD, 38_800)], "system"))
    assert kinds(events) == [
        "OrderCanceled", "AccountSettled", "AccountSettled", "AccountSettled", "LiquidationCarried", "DayRolled",
    ]  # fmt: skip
    carried = events[-2]
    assert carried.rows == [(GOLD, t.LONG, YESTERDAY, 10, 0)]
    world.buy(3, 10, 38_000)
    events = world.do(step(2, 6, 38_000))
    assert (kinds(events)[:3], events[1].offset) == (["LiquidationStepped", "OrderAccepted", "Trade"], YESTERDAY)


def test_the_exchange_basis_is_made_of_the_exchanges_own_ratios(world: World) -> None:
    world.do(PutInstrument(0, gold(rates=Rates(100_000, 100_000, Fees())), "u1"))
    fall(world)
    view = world.machine.account_view(1)
    assert (view.funds.margin_fen, view.exchange_margin_fen) == (128_000_000, 80_000_000)
    refusal = world.refused(opening(world, basis=t.BASIS_EXCHANGE))
    assert refusal.code == rejects.LIQUIDATION_NEEDLESS
    fall(world, 36_000)
    first = world.do(opening(world, basis=t.BASIS_EXCHANGE))[0]
    assert first.margin_fen == 80_000_000


def test_a_snapshot_in_the_middle_changes_nothing(world: World) -> None:
    opened(world)
    world.do(step(1, 3, 39_000))
    other = snapshot.load(snapshot.dump(world.machine))
    assert other.state_hash() == world.machine.state_hash()
    assert other.liquidations() == world.machine.liquidations()
    command, at_ns = step(2, 5, 38_900), world.at_ns + SECOND
    assert other.apply(command, at_ns, at_ns) == world.machine.apply(command, at_ns, at_ns)
    assert other.state_hash() == world.machine.state_hash()


def test_a_replay_gives_the_same_events(world: World) -> None:
    opened(world)
    world.buy(3, 4, 38_800)
    world.do(step(1, 5, 38_800))
    again = Machine()
    for command, at_ns, market_ns in world.log:
        again.apply(command, at_ns, market_ns)
    assert again.state_hash() == world.machine.state_hash()
