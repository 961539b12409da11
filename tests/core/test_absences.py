"""Which keys have gone, and when their orders are to end."""

from __future__ import annotations

from trading.core.absences import NS_PER_S, Absences
from trading.core.protocol import Presence
from trading.engine.commands import CancelAll


class World:
    """A clock and the absences under test."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.absences = Absences(clock_ns=lambda: self.now_ns)

    def tell(self, door: str, *, there: bool, actor: str = "k7", seconds: int = 10) -> None:
        """Let a door say something of a key."""
        self.absences.told(door, Presence(2, actor, [7001, 7002], seconds, there))

    def after(self, seconds: float) -> list[CancelAll]:
        """Let time pass; return what is due."""
        self.now_ns += int(seconds * NS_PER_S)
        return self.absences.due()


def test_cancels_every_account_of_a_key_that_left() -> None:
    world = World()
    world.tell("a", there=True)
    assert world.after(100) == []
    world.tell("a", there=False)
    assert world.after(9.9) == []
    assert world.after(0.1) == [
        CancelAll(2, 7001, 0, "disconnect", "k7"),
        CancelAll(2, 7002, 0, "disconnect", "k7"),
    ]
    assert world.after(100) == []


def test_a_key_that_is_back_stops_its_clock() -> None:
    world = World()
    world.tell("a", there=True)
    world.tell("a", there=False)
    assert world.after(9) == []
    world.tell("b", there=True)
    assert world.after(100) == []


def test_a_second_door_keeps_the_key_there() -> None:
    world = World()
    world.tell("a", there=True)
    world.tell("b", there=True)
    world.tell("a", there=False)
    assert world.after(100) == []


def test_a_lost_door_takes_everybody_behind_it_along() -> None:
    world = World()
    world.tell("a", there=True)
    world.tell("a", there=True, actor="k8", seconds=3)
    world.tell("b", there=True, actor="k9")
    world.absences.door_lost("a")
    assert {command.actor for command in world.after(3)} == {"k8"}
    assert {command.actor for command in world.after(7)} == {"k7"}
    assert world.after(100) == []


def test_saying_again_that_it_left_does_not_begin_anew() -> None:
    world = World()
    world.tell("a", there=True)
    world.tell("a", there=False)
    assert world.after(9) == []
    world.tell("a", there=False)
    assert len(world.after(1)) == 2


def test_a_key_only_ever_heard_of_as_gone_is_canceled_too() -> None:
    world = World()
    world.tell("a", there=False)
    assert len(world.after(10)) == 2
