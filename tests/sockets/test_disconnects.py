"""Cancel on disconnect: per key, after its seconds, not before, and not when it is back in time."""

from __future__ import annotations

from tests.sockets.memory import Door, order_request
from tests.sockets.test_session import ready, told


def working(door: Door) -> int:
    """Return how many orders of account 7001 work."""
    return len(door.core.machine.account_view(7001).orders)


@told
async def test_working_orders_end_when_the_key_stays_away(door: Door) -> None:
    client = await ready(door, cancel_on_disconnect_s=5)
    await client.say(**order_request())
    client.session.lost()
    door.core.pass_seconds(4)
    assert working(door) == 1
    door.core.pass_seconds(1)
    assert working(door) == 0
    events = [event for _seq, _at, events in door.core.journal for event in events]
    assert (events[-1].reason, events[-1].actor) == ("disconnect", "k7")


@told
async def test_a_key_that_is_back_in_time_keeps_its_orders(door: Door) -> None:
    client = await ready(door, cancel_on_disconnect_s=5)
    await client.say(**order_request())
    client.session.lost()
    door.core.pass_seconds(4)
    await ready(door, cancel_on_disconnect_s=5)
    door.core.pass_seconds(100)
    assert working(door) == 1


@told
async def test_another_socket_of_the_key_keeps_the_orders(door: Door) -> None:
    first = await ready(door, cancel_on_disconnect_s=5)
    await ready(door, cancel_on_disconnect_s=5)
    await first.say(**order_request())
    first.session.lost()
    door.core.pass_seconds(100)
    assert working(door) == 1


@told
async def test_a_key_without_the_wish_is_not_watched(door: Door) -> None:
    client = await ready(door)
    await client.say(**order_request())
    client.session.lost()
    door.core.pass_seconds(1000)
    assert working(door) == 1
    assert door.core.presences == {}


@told
async def test_a_read_only_sign_in_by_session_is_not_watched(door: Door) -> None:
    client = await ready(door, key=None, cancel_on_disconnect_s=5)
    client.session.lost()
    assert door.core.presences == {}
