"""Repeats: the same order again gets the first answer, whatever has happened since."""

import msgspec
import pytest

from trading.engine import rejects
from trading.engine.commands import PlaceOrder, RollDay
from trading.engine.events import CommandRefused, OrderAccepted, OrderRejected, OrderRepeated
from trading.engine.snapshot import dump, load
from trading.engine.types import AUTO, IOC, SELL

from .support import BUY, DAY_1, DAY_2, GOLD, SOY, CancelOrder, World

US, OTHER = 7001, 7002


@pytest.fixture
def world() -> World:
    world = World()
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=2_000_000_000)
    return world


def repeat(world: World, command: PlaceOrder) -> OrderRepeated:
    """Send again: one OrderRepeated, no number spent, not a bit changed."""
    before = world.machine.state_hash()
    (event,) = world.do(command)
    assert isinstance(event, OrderRepeated)
    assert world.machine.state_hash() == before
    return event


def test_a_repeat_names_the_first_order_and_its_number(world: World) -> None:
    command = world.order(US, BUY, 2, 40_000)
    (first,) = world.do(command)
    seq = world.machine.seq
    event = repeat(world, command)
    assert (event.order_id, event.seq, event.code, event.figures) == (first.order_id, seq, "", {})


def test_a_repeat_after_the_order_has_ended_is_still_a_repeat(world: World) -> None:
    command = world.order(US, BUY, 2, 40_000)
    (first,) = world.do(command)
    seq = world.machine.seq
    world.do(CancelOrder(1, US, first.order_id, "", "u9"))
    world.sell(OTHER, 2, 40_000)
    event = repeat(world, command)
    assert (event.order_id, event.seq, event.code) == (first.order_id, seq, "")


def test_a_repeat_of_a_refused_order_gets_the_refusal_even_if_it_would_pass_now(world: World) -> None:
    poor = world.account(7009)
    command = world.order(poor, BUY, 1, 40_000)
    (first,) = world.do(command)
    assert isinstance(first, OrderRejected)
    world.cash(poor, 100_000_000)
    event = repeat(world, command)
    assert (event.order_id, event.code) == (first.order_id, rejects.INSUFFICIENT_MARGIN)
    assert event.figures == first.figures


@pytest.mark.parametrize(
    "changes",
    [
        {"qty": 3},
        {"price_ticks": 40_001},
        {"side": SELL},
        {"offset": AUTO},
        {"time_in_force": IOC},
        {"instrument_id": SOY},
        {"instrument_id": 99},
        {"qty": 0},
        {"qty": -1},
        {"qty": 2**70},
        {"price_ticks": -1},
        {"side": 17, "offset": 400},
        {"instrument_id": -1},
    ],
)
def test_another_order_under_a_used_id_is_refused(world: World, changes: dict) -> None:
    command = world.order(US, BUY, 2, 40_000)
    (first,) = world.do(command)
    event = repeat(world, msgspec.structs.replace(command, **changes))
    assert (event.code, event.figures) == (rejects.DUPLICATE, {"order_id": first.order_id})


def test_who_sends_it_does_not_make_it_another_order(world: World) -> None:
    command = world.order(US, BUY, 2, 40_000)
    world.do(command)
    assert repeat(world, msgspec.structs.replace(command, actor="k77")).code == ""


def test_an_id_belongs_to_one_account(world: World) -> None:
    world.do(world.order(US, BUY, 1, 39_000, client_order_id="x"))
    assert isinstance(world.do(world.order(OTHER, BUY, 1, 39_000, client_order_id="x"))[0], OrderAccepted)


def test_an_order_of_another_day_is_refused_and_can_never_trade_twice(world: World) -> None:
    command = world.order(US, BUY, 1, 40_000, client_order_id="x")
    world.do(command)
    world.do(RollDay(0, DAY_2, [(GOLD, 40_000)], "system"))
    event = world.refused(command)
    assert isinstance(event, CommandRefused)
    assert (event.code, event.figures) == (rejects.TRADING_DAY, {"trading_day": DAY_2})
    # The new day takes the same id again.
    again = msgspec.structs.replace(command, trading_day=DAY_2)
    assert isinstance(world.do(again)[0], OrderAccepted)
    assert command.trading_day == DAY_1


def test_a_restored_machine_remembers(world: World) -> None:
    accepted, rejected = world.order(US, BUY, 2, 40_000), world.order(US, BUY, 999, 40_000)
    (first,) = world.do(accepted)
    world.do(rejected)
    world.do(CancelOrder(1, US, first.order_id, "", "u9"))
    answers = [repeat(world, command) for command in (accepted, rejected)]
    world.machine = load(dump(world.machine))
    assert [repeat(world, command) for command in (accepted, rejected)] == answers
    assert world.refused(CancelOrder(1, US, first.order_id, "", "u9")).code == rejects.ORDER_TERMINAL
