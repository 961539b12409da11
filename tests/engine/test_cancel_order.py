"""Cancelling: by number, by client's id, all at once."""

import pytest

from trading.engine import rejects
from trading.engine.events import CommandRefused, OrderCanceled
from trading.engine.types import CANCELED, CANCELED_BY_CLIENT, CANCELED_BY_OFFICER, CANCELED_DISCONNECT, CLOSE_TODAY

from .support import GOLD, SOY, CancelAll, CancelOrder, World

US, OTHER = 7001, 7002


@pytest.fixture
def world() -> World:
    world = World()
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=2_000_000_000)
    return world


def test_it_cancels_by_the_engines_number(world: World) -> None:
    (accepted,) = world.buy(US, 3, 40_000)
    (event,) = world.do(CancelOrder(1, US, accepted.order_id, "", "u9"))
    assert isinstance(event, OrderCanceled)
    assert (event.filled_qty, event.canceled_qty, event.reason) == (0, 3, CANCELED_BY_CLIENT)
    assert (event.funds.frozen_margin_fen, event.funds.frozen_fee_fen) == (0, 0)
    assert event.position is None
    assert world.machine.depth(GOLD, 5) == ([], [])
    assert world.machine.order_view(US, accepted.order_id).status == CANCELED


def test_it_cancels_by_the_clients_id(world: World) -> None:
    (accepted,) = world.buy(US, 3, 40_000, client_order_id="mine")
    (event,) = world.do(CancelOrder(1, US, 0, "mine", "u9"))
    assert event.order_id == accepted.order_id


def test_it_cancels_the_rest_of_a_partly_filled_order(world: World) -> None:
    (accepted,) = world.buy(US, 3, 40_000)
    world.sell(OTHER, 1, 40_000)
    (event,) = world.do(CancelOrder(1, US, accepted.order_id, "", "u9"))
    assert (event.filled_qty, event.canceled_qty) == (1, 2)


def test_an_order_that_has_ended_is_told_from_one_that_never_was(world: World) -> None:
    (accepted,) = world.buy(US, 1, 40_000)
    world.sell(OTHER, 1, 40_000)
    event = world.refused(CancelOrder(1, US, accepted.order_id, "", "u9"))
    assert (event.code, event.order_id) == (rejects.ORDER_TERMINAL, accepted.order_id)
    event = world.refused(CancelOrder(1, US, 99, "", "u9"))
    assert (event.code, event.order_id) == (rejects.ORDER_UNKNOWN, 0)
    event = world.refused(CancelOrder(1, US, 0, "nobody", "u9"))
    assert event.code == rejects.ORDER_UNKNOWN


def test_another_accounts_order_does_not_exist(world: World) -> None:
    (accepted,) = world.buy(US, 1, 40_000)
    assert world.refused(CancelOrder(1, OTHER, accepted.order_id, "", "u9")).code == rejects.ORDER_UNKNOWN
    assert world.refused(CancelOrder(2, US, accepted.order_id, "", "u9")).code == rejects.ACCOUNT_UNKNOWN


def test_cancel_all_takes_the_oldest_first_and_only_what_is_meant(world: World) -> None:
    world.trade(US, OTHER, 2, 40_000)
    (one,) = world.buy(US, 1, 39_000)
    (two,) = world.buy(US, 1, 3_000, instrument_id=SOY)
    (three,) = world.sell(US, 2, 41_000, offset=CLOSE_TODAY)
    world.buy(OTHER, 1, 39_000)
    events = world.do(CancelAll(1, US, GOLD, "", "u9"))
    assert [event.order_id for event in events] == [one.order_id, three.order_id]
    assert events[1].position.frozen_today == 0
    events = world.do(CancelAll(1, US, 0, "", "u9"))
    assert [event.order_id for event in events] == [two.order_id]
    assert world.machine.depth(GOLD, 5) == ([(39_000, 1)], [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", CANCELED_BY_CLIENT),
        ("client", CANCELED_BY_CLIENT),
        ("disconnect", CANCELED_DISCONNECT),
        ("风险过高　请撤单", CANCELED_BY_OFFICER),
    ],
)
def test_the_reason_is_one_of_few_whatever_words_an_officer_uses(world: World, text: str, reason: str) -> None:
    world.buy(US, 1, 39_000)
    (event,) = world.do(CancelAll(1, US, 0, text, "u9"))
    assert event.reason == reason


def test_cancel_all_with_nothing_working_is_refused(world: World) -> None:
    event = world.refused(CancelAll(1, US, 0, "", "u9"))
    assert isinstance(event, CommandRefused)
    assert (event.code, event.figures) == (rejects.ORDER_UNKNOWN, {"working": 0})
