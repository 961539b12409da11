"""Cancel on disconnect: per key, after its seconds, not before, and not when it is back in time."""

from __future__ import annotations

import asyncio

from tests.sockets.memory import Door, order_request
from tests.sockets.test_session import ready


def working(door: Door) -> int:
    """Return how many orders of account 7001 work."""
    return len(door.core.machine.account_view(7001).orders)


def test_working_orders_end_when_the_key_stays_away() -> None:
    async def story() -> None:
        door = await Door().start()
        client = await ready(door, cancel_on_disconnect_s=0.05)
        await client.say(**order_request())
        client.session.lost()
        assert working(door) == 1
        await asyncio.sleep(0.1)
        await door.settle()
        assert working(door) == 0
        events = [event for _seq, _at, events in door.core.journal for event in events]
        assert (events[-1].reason, events[-1].actor) == ("disconnect", "k7")

    asyncio.run(story())


def test_a_key_that_is_back_in_time_keeps_its_orders() -> None:
    async def story() -> None:
        door = await Door().start()
        client = await ready(door, cancel_on_disconnect_s=0.05)
        await client.say(**order_request())
        client.session.lost()
        await ready(door, cancel_on_disconnect_s=0.05)
        await asyncio.sleep(0.1)
        assert working(door) == 1

    asyncio.run(story())


def test_another_socket_of_the_key_keeps_the_orders() -> None:
    async def story() -> None:
        door = await Door().start()
        first = await ready(door, cancel_on_disconnect_s=0.05)
        await ready(door, cancel_on_disconnect_s=0.05)
        await first.say(**order_request())
        first.session.lost()
        await asyncio.sleep(0.1)
        assert working(door) == 1

    asyncio.run(story())


def test_a_key_without_the_wish_keeps_its_orders() -> None:
    async def story() -> None:
        door = await Door().start()
        client = await ready(door)
        await client.say(**order_request())
        client.session.lost()
        await asyncio.sleep(0.05)
        assert working(door) == 1

    asyncio.run(story())


def test_a_core_that_is_away_is_asked_again() -> None:
    async def story() -> None:
        door = await Door().start()
        client = await ready(door, cancel_on_disconnect_s=0.02)
        await client.say(**order_request())
        client.session.lost()
        door.core.lose()
        await asyncio.sleep(0.1)
        assert working(door) == 1
        door.core.come_back()
        await asyncio.sleep(1.2)
        await door.settle()
        assert working(door) == 0

    asyncio.run(story())
