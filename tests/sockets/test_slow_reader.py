"""A client that does not read: pinged, spared the market, never spared its own orders, at last cut off."""

from __future__ import annotations

from typing import Any

from tests.sockets.memory import Door
from tests.sockets.test_session import ready, told
from trading.engine import types as t


def later(door: Door, seconds: float, *, ticks: int = 5) -> None:
    """Let time pass and the hub look after its sockets."""
    door.clock.forward(seconds)
    for _ in range(ticks):
        door.hub._tick()


def without_pings(frames: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what is not a ping; pings come whenever time has passed."""
    return [frame for frame in frames if frame.get("type") != "ping"]


@told
async def test_is_pinged_and_answers(door: Door) -> None:
    client = await ready(door)
    later(door, 2.1)
    (ping,) = await client.hear()
    assert ping == {"type": "ping", "frame": 2}
    assert await client.say(op="seen", seq=2) == []
    later(door, 30)
    assert client.wire.closed is None
    assert await client.hear() == []


@told
async def test_refuses_a_seen_number_that_was_never_sent(door: Door) -> None:
    client = await ready(door)
    (answer,) = await client.say(op="seen", id=4, seq=1000)
    assert (answer["id"], answer["error"]["pointer"]) == (4, "/seq")


@told
async def test_is_closed_with_4408_after_ten_seconds_without_an_answer(door: Door) -> None:
    client = await ready(door)
    later(door, 2.1)
    later(door, 10.1)
    assert client.wire.closed == 4408
    assert client.session not in door.hub.sessions


@told
async def test_a_lagging_reader_gets_its_own_events_and_snapshots_instead_of_deltas(door: Door) -> None:
    client = await ready(door)
    await client.say(op="subscribe", channels=["book.SHFE.au2612", "account.7001"])
    later(door, 2.1)
    later(door, 5.1)
    assert client.session.lagging
    client.wire.take()
    for n in range(5):
        door.core.do(door.core.place(7001, t.BUY, 1, 39_900 + n))
    frames = without_pings(await client.hear())
    assert [frame["data"]["event"] for frame in frames] == ["order_accepted"] * 5
    for _ in range(20):
        door.hub._tick()
    snapshots = [frame for frame in await client.hear() if frame.get("ch") == "book.SHFE.au2612"]
    assert [frame["type"] for frame in snapshots] == ["snapshot"]
    assert len(snapshots[0]["data"]["bids"]) == 5


@told
async def test_a_reader_who_is_back_gets_snapshots_and_then_deltas_that_fit(door: Door) -> None:
    client = await ready(door)
    await client.say(op="subscribe", channels=["book.SHFE.au2612"])
    later(door, 2.1)
    later(door, 5.1)
    door.core.do(door.core.place(7001, t.BUY, 1, 39_900))
    await client.hear()
    seen = client.session.reader.frames
    (snapshot,) = without_pings(await client.say(op="seen", seq=seen))
    assert snapshot["type"] == "snapshot"
    assert not client.session.lagging
    door.core.do(door.core.place(7001, t.BUY, 1, 39_901))
    (delta,) = without_pings(await client.hear())
    assert (delta["type"], delta["prev"]) == ("delta", snapshot["seq"])


@told
async def test_a_fast_stream_is_pinged_before_the_limits_are_near(door: Door) -> None:
    client = await ready(door)
    await client.say(op="subscribe", channels=["account.7001"])
    for n in range(400):
        door.core.do(door.core.place(7001, t.BUY, 1, 36_000 + n))
        if n % 50 == 0:
            await door.settle(2)
    frames = await client.hear()
    assert any(frame.get("type") == "ping" for frame in frames)
    assert not client.session.lagging
