"""The dead man's switch: wound again in time or everything is cancelled, once, and over a snapshot."""

from __future__ import annotations

import pytest

from trading.engine import rejects
from trading.engine.commands import CancelOverdue, SetCancelAfter
from trading.engine.events import CancelAfterSet, OrderCanceled
from trading.engine.snapshot import dump, load
from trading.engine.types import CANCELED_TIMER

from .support import SECOND, World

US, OTHER = 7001, 7002
WIND = SetCancelAfter(1, US, 5_000, "k1")
FIRE = CancelOverdue(1, US, "system")


@pytest.fixture
def world() -> World:
    """Two people; one has two working orders."""
    world = World()
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=500_000_000)
    world.buy(US, 1, 39_000)
    world.buy(US, 1, 39_001)
    world.buy(OTHER, 1, 39_002)
    return world


def test_fires_when_nobody_winds_it_again(world: World) -> None:
    (event,) = world.do(WIND, at_ns=10 * SECOND)
    assert event == CancelAfterSet(1, US, event.account_seq, 15 * SECOND, False, "k1")
    first, *rest = world.do(FIRE, at_ns=15 * SECOND)
    assert isinstance(first, CancelAfterSet)
    assert (first.due_ns, first.fired) == (0, True)
    assert [(event.account_id, event.reason) for event in rest if isinstance(event, OrderCanceled)] == [
        (US, CANCELED_TIMER), (US, CANCELED_TIMER)
    ]  # fmt: skip
    assert world.machine.account_view(OTHER).orders
    assert world.refused(FIRE).code == rejects.TIMER_BAD


def test_winding_again_puts_it_off_and_zero_turns_it_off(world: World) -> None:
    world.do(WIND, at_ns=10 * SECOND)
    world.do(WIND, at_ns=14 * SECOND)
    world.at_ns = 15 * SECOND
    early = world.refused(FIRE)
    assert (early.code, early.figures) == (rejects.TIMER_BAD, {"due_ns": 19 * SECOND})
    (event,) = world.do(SetCancelAfter(1, US, 0, "k1"))
    assert event.due_ns == 0
    world.at_ns = 60 * SECOND
    assert world.refused(FIRE).code == rejects.TIMER_BAD
    assert len(world.machine.account_view(US).orders) == 2


def test_outlives_a_snapshot(world: World) -> None:
    world.do(WIND, at_ns=10 * SECOND)
    world.machine = load(dump(world.machine))
    assert world.machine.state.timers == {US: 15 * SECOND}
    assert len(world.do(FIRE, at_ns=16 * SECOND)) == 3


@pytest.mark.parametrize("after_ms", [-1, 999, 3_600_001])
def test_bounds(world: World, after_ms: int) -> None:
    assert world.refused(SetCancelAfter(1, US, after_ms, "k1")).code == rejects.FIELD_BAD
    assert world.refused(SetCancelAfter(2, US, 5_000, "k1")).code == rejects.ACCOUNT_UNKNOWN
