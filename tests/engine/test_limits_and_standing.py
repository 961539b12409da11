"""Limits of an account, its status, kill switches, groups."""

import pytest

from trading.engine import rejects
from trading.engine.commands import PutInstrument
from trading.engine.events import (
    AccountLimitsChanged,
    AccountStatusChanged,
    KillChanged,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    Trade,
)
from trading.engine.types import (
    ACTIVE,
    BLOCKED,
    CANCELED_BY_OFFICER,
    CANCELED_KILL,
    CANCELED_SELF_TRADE,
    CLOSE_ONLY,
    CLOSE_TODAY,
    KILL_INSTRUMENT,
    KILL_TENANT,
    KILL_VENUE,
)

from .support import GOLD, SECOND, SOY, CancelOrder, SetAccountLimits, SetAccountStatus, SetKill, World, gold

US, OTHER, FAR = 7001, 7002, 8001


@pytest.fixture
def world() -> World:
    world = World()
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=2_000_000_000)
    world.account(FAR, cash_fen=2_000_000_000, tenant_id=2)
    return world


def limit(world: World, **changes: int) -> None:
    fields = {"max_order_qty": 0, "max_position_qty": 0, "max_working_orders": 0, "max_orders_per_second": 0}
    (event,) = world.do(SetAccountLimits(1, US, **(fields | changes), maker="u2", checker="u3"))
    assert isinstance(event, AccountLimitsChanged)


def test_an_order_stays_below_the_accounts_largest(world: World) -> None:
    limit(world, max_order_qty=3)
    assert isinstance(world.buy(US, 3, 40_000)[0], OrderAccepted)
    (event,) = world.buy(US, 4, 40_000)
    assert (event.code, event.figures) == (rejects.QTY_OVER_MAX, {"qty": 4, "limit": 3})


def test_the_position_limit_counts_held_and_working_lots_of_one_direction(world: World) -> None:
    limit(world, max_position_qty=5)
    world.trade(US, OTHER, 2, 40_000)
    world.buy(US, 2, 39_000)
    (event,) = world.buy(US, 2, 39_000)
    assert (event.code, event.figures) == (rejects.POSITION_LIMIT, {"held": 2, "working": 2, "qty": 2, "limit": 5})
    assert isinstance(world.buy(US, 1, 39_000)[0], OrderAccepted)
    assert isinstance(world.sell(US, 5, 41_000)[0], OrderAccepted)
    assert isinstance(world.buy(US, 5, 2_900, instrument_id=SOY)[0], OrderAccepted)


def test_closing_is_free_of_the_position_limit(world: World) -> None:
    world.trade(US, OTHER, 4, 40_000)
    limit(world, max_position_qty=1)
    assert isinstance(world.sell(US, 4, 41_000, offset=CLOSE_TODAY)[0], OrderAccepted)


def test_only_so_many_orders_work_at_once(world: World) -> None:
    limit(world, max_working_orders=2)
    (first,) = world.buy(US, 1, 39_000)
    world.buy(US, 1, 39_000)
    (event,) = world.buy(US, 1, 39_000)
    assert (event.code, event.figures) == (rejects.ORDER_COUNT_LIMIT, {"working": 2, "limit": 2})
    world.do(CancelOrder(1, US, first.order_id, "", "u9"))
    assert isinstance(world.buy(US, 1, 39_000)[0], OrderAccepted)


def test_no_second_holds_more_orders_than_the_limit(world: World) -> None:
    limit(world, max_orders_per_second=2)
    start = 100 * SECOND

    def enter(after_ns: int) -> object:
        return world.do(world.order(US, 1, 1, 39_000), at_ns=start + after_ns)[0]

    assert isinstance(enter(0), OrderAccepted)
    assert isinstance(enter(900_000_000), OrderAccepted)
    event = enter(950_000_000)
    assert isinstance(event, OrderRejected)
    assert (event.code, event.figures) == (rejects.RATE_LIMITED, {"limit": 2, "wait_ns": 50_000_000})
    # A refused order does not count; the window slides, it does not start anew.
    assert isinstance(enter(SECOND), OrderAccepted)
    assert enter(SECOND + 1).code == rejects.RATE_LIMITED
    assert isinstance(enter(1_900_000_000), OrderAccepted)


def test_limits_need_two_people_and_sense(world: World) -> None:
    good = (0, 0, 0, 0)
    assert world.refused(SetAccountLimits(1, US, *good, "u2", "u2")).code == rejects.MAKER_IS_CHECKER
    assert world.refused(SetAccountLimits(1, US, -1, 0, 0, 0, "u2", "u3")).code == rejects.FIELD_BAD
    assert world.refused(SetAccountLimits(1, US, 0, 0, 0, 2**40, "u2", "u3")).code == rejects.FIELD_BAD
    assert world.refused(SetAccountLimits(2, US, *good, "u2", "u3")).code == rejects.ACCOUNT_UNKNOWN


def test_a_blocked_account_may_only_cancel(world: World) -> None:
    world.trade(US, OTHER, 1, 40_000)
    (order,) = world.buy(US, 1, 39_000)
    (event,) = world.do(SetAccountStatus(1, US, BLOCKED, False, "see\nme", "u5"))
    assert isinstance(event, AccountStatusChanged)
    assert (event.status, event.previous) == (BLOCKED, ACTIVE)
    for command in (world.order(US, 1, 1, 40_000), world.order(US, 2, 1, 40_000, offset=CLOSE_TODAY)):
        (event,) = world.do(command)
        assert (event.code, event.figures) == (rejects.ACCOUNT_BLOCKED, {"status": BLOCKED})
    (event,) = world.do(CancelOrder(1, US, order.order_id, "", "u9"))
    assert isinstance(event, OrderCanceled)
    world.do(SetAccountStatus(1, US, ACTIVE, False, "", "u5"))
    assert isinstance(world.buy(US, 1, 39_000)[0], OrderAccepted)


def test_a_status_may_cancel_what_works(world: World) -> None:
    world.buy(US, 1, 39_000)
    world.buy(US, 1, 38_000)
    changed, *canceled = world.do(SetAccountStatus(1, US, CLOSE_ONLY, True, "", "u5"))
    assert isinstance(changed, AccountStatusChanged)
    assert [event.reason for event in canceled] == [CANCELED_BY_OFFICER] * 2
    assert [event.account_seq for event in (changed, *canceled)] == list(
        range(changed.account_seq, changed.account_seq + 3)
    )


@pytest.mark.parametrize(
    ("tenant_id", "scope", "target", "stopped", "free"),
    [
        (0, KILL_VENUE, 0, [(US, GOLD), (US, SOY), (FAR, GOLD)], []),
        (0, KILL_TENANT, 1, [(US, GOLD), (US, SOY)], [(FAR, GOLD)]),
        (1, KILL_TENANT, 1, [(US, GOLD), (US, SOY)], [(FAR, GOLD)]),
        (0, KILL_INSTRUMENT, GOLD, [(US, GOLD), (FAR, GOLD)], [(US, SOY)]),
    ],
)
def test_a_kill_switch_cancels_and_refuses_exactly_what_it_covers(
    world: World, tenant_id: int, scope: int, target: int, stopped: list, free: list
) -> None:
    placed = {}
    for account_id, instrument_id in stopped + free:
        price = 39_000 if instrument_id == GOLD else 2_900
        (event,) = world.buy(account_id, 1, price, instrument_id=instrument_id)
        placed[account_id, instrument_id] = event.order_id
    changed, *canceled = world.do(SetKill(tenant_id, scope, target, True, "stop", "u1"))
    assert isinstance(changed, KillChanged)
    assert [event.order_id for event in canceled] == sorted(placed[key] for key in stopped)
    assert {event.reason for event in canceled} <= {CANCELED_KILL}
    for account_id, instrument_id in stopped:
        price = 39_000 if instrument_id == GOLD else 2_900
        (event,) = world.buy(account_id, 1, price, instrument_id=instrument_id)
        assert (event.code, event.figures) == (rejects.KILL_SWITCH, {"scope": scope})
    for account_id, instrument_id in free:
        price = 39_000 if instrument_id == GOLD else 2_900
        assert isinstance(world.buy(account_id, 1, price, instrument_id=instrument_id)[0], OrderAccepted)
    (changed,) = world.do(SetKill(tenant_id, scope, target, False, "go", "u1"))
    for account_id, instrument_id in stopped:
        price = 39_000 if instrument_id == GOLD else 2_900
        assert isinstance(world.buy(account_id, 1, price, instrument_id=instrument_id)[0], OrderAccepted)


def test_a_tenant_reaches_no_kill_switch_but_its_own(world: World) -> None:
    for command in (
        SetKill(1, KILL_VENUE, 0, True, "", "u1"),
        SetKill(1, KILL_INSTRUMENT, GOLD, True, "", "u1"),
        SetKill(1, KILL_TENANT, 2, True, "", "u1"),
        SetKill(0, 9, 0, True, "", "u1"),
    ):
        assert world.refused(command).code == rejects.FIELD_BAD
    assert world.refused(SetKill(0, KILL_INSTRUMENT, 99, True, "", "u1")).code == rejects.INSTRUMENT_UNKNOWN


def test_a_tenant_cannot_release_what_the_platform_threw(world: World) -> None:
    world.do(SetKill(0, KILL_TENANT, 1, True, "", "u1"))
    world.do(SetKill(1, KILL_TENANT, 1, False, "", "u5"))
    assert world.buy(US, 1, 39_000)[0].code == rejects.KILL_SWITCH
    world.do(SetKill(0, KILL_TENANT, 1, False, "", "u1"))
    assert isinstance(world.buy(US, 1, 39_000)[0], OrderAccepted)


def test_a_contract_that_is_not_tradable_or_past_its_last_day_is_closed(world: World) -> None:
    world.do(PutInstrument(0, gold(tradable=False), "u1"))
    (event,) = world.buy(US, 1, 40_000)
    assert event.code == rejects.INSTRUMENT_CLOSED
    assert event.figures == {"trading_day": 20261123, "last_trading_day": 20261215, "tradable": 0}
    world.do(PutInstrument(0, gold(last_trading_day=20261120), "u1"))
    assert world.buy(US, 1, 40_000)[0].code == rejects.INSTRUMENT_CLOSED


def test_accounts_of_one_group_never_trade_with_each_other() -> None:
    world = World()
    for account_id, group_id in ((US, 5), (OTHER, 5), (7003, 0)):
        world.account(account_id, cash_fen=2_000_000_000, group_id=group_id)
    world.account(FAR, cash_fen=2_000_000_000, tenant_id=2, group_id=5)
    world.sell(7003, 1, 40_000)
    world.sell(OTHER, 2, 40_001)
    accepted, trade, canceled = world.buy(US, 5, 40_001)
    assert isinstance(accepted, OrderAccepted)
    assert isinstance(trade, Trade)
    assert isinstance(canceled, OrderCanceled)
    assert trade.maker.account_id == 7003
    assert (canceled.reason, canceled.filled_qty, canceled.canceled_qty) == (CANCELED_SELF_TRADE, 1, 4)
    # Another broker's group of the same number is another group.
    _, trade = world.buy(FAR, 2, 40_001)
    assert trade.maker.account_id == OTHER


def test_an_account_never_trades_with_itself(world: World) -> None:
    world.sell(US, 2, 40_000)
    _, canceled = world.buy(US, 2, 40_000)
    assert canceled.reason == CANCELED_SELF_TRADE
    assert world.machine.depth(GOLD, 5) == ([], [(40_000, 2)])
