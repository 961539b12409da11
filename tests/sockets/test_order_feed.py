"""`orders.<symbol>`: a stranger's client holds the engine's own book, through random life, gaps and restarts."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.engine.generated import Commands
from tests.engine.support import DAY_1, GOLD, SOY
from tests.sockets.memory import Client, Door
from tests.sockets.order_book_client import OrderBookClient
from tests.sockets.test_session import ready, told
from tests.sockets.test_slow_reader import later, without_pings
from trading.choices import PHASE_WORDS
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.engine.machine import Machine
from trading.engine.terms import Terms
from trading.sockets.order_feeds import RING_FRAMES

CHANNELS = {GOLD: "orders.SHFE.au2612", SOY: "orders.DCE.m2701"}
WORDS = {"m", "seq", "order", "side", "price", "qty", "left", "trade", "phase"}


def engine_book(door: Door, instrument_id: int) -> dict[str, list[tuple[str, list[tuple[str, int]]]]]:
    """Return the engine's own queues as a client would write them down; read off the nodes, not off the query."""
    contract = door.hub.contracts.by_id[instrument_id]
    book = door.core.machine.state.markets[instrument_id].book
    found: dict[str, list[tuple[str, list[tuple[str, int]]]]] = {}
    for word, side in (("buy", book.bids), ("sell", book.asks)):
        found[word] = []
        for price in sorted(side.levels, reverse=word == "buy"):
            line, order = [], side.levels[price].head
            while order is not None:
                line.append((str(order.order_id), order.leaves_qty))
                order = order.next
            found[word].append((contract.price(price), line))
    return found


class Follower:
    """A client on the socket with a book of its own for each contract."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.books = {number: OrderBookClient(name.removeprefix("orders.")) for number, name in CHANNELS.items()}
        self.frames: list[dict[str, Any]] = []

    async def subscribe(self, **since: int) -> None:
        """Listen to both contracts."""
        await self.take(await self.client.say(op="subscribe", id=1, channels=list(CHANNELS.values()), since=since))

    async def take(self, frames: list[dict[str, Any]]) -> None:
        """Take frames in, asking anew where something was missed."""
        self.frames += frames
        for frame in frames:
            for book in self.books.values():
                request = book.take(frame)
                if request is not None:
                    await self.take(await self.client.say(**request))

    async def hear(self) -> None:
        """Take in what came."""
        await self.take(await self.client.hear())

    def agrees(self, door: Door) -> None:
        """Compare with the engine."""
        for number, book in self.books.items():
            assert book.book() == engine_book(door, number)
            assert book.phase == PHASE_WORDS[door.core.machine.state.markets[number].phase]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_book_built_from_the_feed_alone_is_the_engines_through_random_life(seed: int) -> None:
    asyncio.run(_random_life(seed))


async def _random_life(seed: int) -> None:
    door = await Door().start()
    door.core.machine = Machine()
    source = Commands(door.core.machine, seed)
    door.core.do(*source.opening())
    early = Follower(door.enter())
    await early.subscribe()
    late, restarts = Follower(door.enter()), 0
    for step in range(900):
        commands = [source.next() for _ in range(1 + step % 3)]
        door.core.do(*commands)
        if step == 300:
            await late.subscribe()
        if step % 150 == 149:
            restarts += 1
            door.core.lose()
            door.core.do(*[source.next() for _ in range(5)])  # another door's; this one is cut off
            door.core.come_back()
        await early.hear()
        early.agrees(door)
        if step >= 300:
            await late.hear()
            late.agrees(door)
    kinds = {message["m"] for frame in early.frames for message in frame.get("data", {}).get("messages", [])}
    assert kinds == {"add", "change", "execute", "delete", "trade", "phase"}
    assert {book.phase for book in early.books.values()} <= set(PHASE_WORDS.values())
    assert sum(book.resyncs for book in (*early.books.values(), *late.books.values())) == 0
    assert all(book.snapshots == 1 + restarts for book in early.books.values())
    traded = [event for _seq, _at, events in door.core.journal for event in events if type(event).__name__ == "Trade"]
    assert 0 < sum(len(book.prints) for book in early.books.values()) <= len(traded)


@told
async def test_nothing_is_told_but_what_everybody_may_see(door: Door) -> None:
    client = await ready(door)
    follower = Follower(client)
    await follower.subscribe()
    core, place = door.core, door.core.place
    core.open(7002)
    core.do(place(7001, t.BUY, 9, 39_900, terms=Terms(display_qty=2), client_order_id="secret-iceberg"))
    core.do(
        place(7001, t.BUY, 3, 0, order_type=t.STOP, terms=Terms(trigger_ticks=40_500), client_order_id="secret-stop")
    )
    stop_id = core.machine.state.next_order_id - 1
    core.do(place(7001, t.BUY, 1, 39_800))
    await follower.hear()
    follower.agrees(door)
    assert engine_book(door, GOLD)["buy"][0][1][0][1] == 2
    told = [json.dumps(frame["data"]) for frame in follower.frames if str(frame.get("ch", "")).startswith("orders.")]
    assert len(told) == 4  # a snapshot each, and two changes of gold's book
    assert not any(word in text for text in told for word in ("secret", "7001", "u9"))
    messages = [message for frame in follower.frames for message in frame.get("data", {}).get("messages", [])]
    assert {key for message in messages for key in message} <= WORDS
    assert [message["qty"] for message in messages] == [2, 1]
    assert str(stop_id) not in {message["order"] for message in messages}
    # Whoever comes later starts from a picture that knows no more.
    late = Follower(door.enter())
    await late.subscribe()
    assert late.books[GOLD].book() == follower.books[GOLD].book()
    assert len(json.dumps(late.frames[-1])) < 400


@told
async def test_a_slice_goes_to_the_back_of_the_line(door: Door) -> None:
    follower = Follower(await ready(door))
    await follower.subscribe()
    core, place = door.core, door.core.place
    core.open(7002)
    core.do(place(7001, t.SELL, 3, 40_000, terms=Terms(display_qty=2)))
    core.do(place(7001, t.SELL, 1, 40_000))
    core.do(place(7001, t.SELL, 1, 40_020))
    core.do(place(7002, t.BUY, 2, 40_000))
    await follower.hear()
    follower.agrees(door)
    messages = follower.frames[-1]["data"]["messages"]
    first, second, third = (str(number) for number in (1, 2, 3))
    assert [(m["m"], m.get("order"), m.get("qty"), m.get("left")) for m in messages] == [
        ("trade", None, 2, None),
        ("execute", first, 2, 0),
        ("add", first, 1, None),
    ]
    assert follower.books[GOLD].book()["sell"] == [("800.00", [(second, 1), (first, 1)]), ("800.40", [(third, 1)])]


@told
async def test_a_stop_is_told_once_it_is_triggered(door: Door) -> None:
    follower = Follower(await ready(door))
    core, place = door.core, door.core.place
    core.open(7002)
    core.do(place(7001, t.BUY, 2, 40_010, order_type=t.STOP_LIMIT, terms=Terms(trigger_ticks=40_010)))
    core.do(place(7001, t.SELL, 1, 40_010))
    await follower.subscribe()  # the stop waits already: its side must be known all the same
    follower.agrees(door)
    core.do(place(7002, t.BUY, 1, 40_010))
    await follower.hear()
    follower.agrees(door)
    messages = follower.frames[-1]["data"]["messages"]
    assert [(m["m"], m.get("order"), m.get("side")) for m in messages] == [
        ("trade", None, "buy"),
        ("execute", "2", None),
        ("add", "1", "buy"),
    ]


@told
async def test_recovers_from_a_gap_by_resync_and_from_a_reconnect_by_since(door: Door) -> None:
    client = await ready(door)
    follower = Follower(client)
    await follower.subscribe()
    core = door.core
    core.do(core.place(7001, t.BUY, 1, 39_900))
    await follower.hear()
    core.do(core.place(7001, t.BUY, 1, 39_901))
    assert await client.hear()  # lost on the way
    core.do(core.place(7001, t.BUY, 1, 39_902))
    await follower.hear()
    assert follower.books[GOLD].resyncs == 1
    follower.agrees(door)
    held = follower.books[GOLD].seq
    watcher = door.enter()  # keeps the channel alive while the first client is away
    await watcher.say(op="subscribe", channels=[CHANNELS[GOLD]])
    client.session.lost()
    core.do(core.place(7001, t.BUY, 1, 39_903))
    core.do(core.place(7001, t.BUY, 1, 39_904))
    follower.client = door.enter()
    frames = await follower.client.say(op="subscribe", id=2, channels=[CHANNELS[GOLD]], since={CHANNELS[GOLD]: held})
    assert [frame["type"] for frame in frames if "ch" in frame] == ["delta", "delta"]
    await follower.take(frames)
    assert follower.books[GOLD].book() == engine_book(door, GOLD)
    # Too far behind, or ahead of everything: the whole book.
    for since in (1, 10**9):
        away = door.enter()
        frames = await away.say(op="subscribe", id=3, channels=[CHANNELS[GOLD]], since={CHANNELS[GOLD]: since})
        assert [frame["type"] for frame in frames if "ch" in frame] == ["snapshot"]


@told
async def test_keeps_no_more_than_the_last_frames(door: Door) -> None:
    follower = Follower(await ready(door))
    await follower.subscribe()
    feed = door.hub.order_feeds._feeds[GOLD]
    start = door.core.machine.seq
    for number in range(RING_FRAMES + 3):
        door.core.do(door.core.place(7001, t.BUY, 1, 39_000 + number % 400, client_order_id=f"r{number}"))
    assert len(feed.ring) == RING_FRAMES
    assert feed.frames_after(start + 2) is None
    kept = feed.frames_after(start + 3)
    assert kept is not None
    assert [json.loads(frame)["prev"] for frame in kept] == [start + 3 + number for number in range(RING_FRAMES)]


@told
async def test_is_made_only_while_somebody_listens(door: Door) -> None:
    client = await ready(door)
    assert door.core.books == set()
    other = door.enter()
    for each in (client, other):
        await each.say(op="subscribe", channels=[CHANNELS[GOLD]])
    assert (door.core.books, door.core.books_asked) == ({GOLD}, 1)
    for _ in range(5):
        await client.say(op="resync", ch=CHANNELS[GOLD])
    assert door.core.books_asked == 1
    await client.say(op="unsubscribe", channels=[CHANNELS[GOLD]])
    assert door.core.books == {GOLD}
    other.session.lost()
    assert door.core.books == set()
    assert door.hub.order_feeds._feeds == {}


@told
async def test_a_slow_reader_gets_a_snapshot_a_second_and_then_what_follows(door: Door) -> None:
    client = await ready(door)
    follower = Follower(client)
    await follower.subscribe()
    door.core.do(door.core.place(7001, t.BUY, 1, 39_899))
    later(door, 2.1)
    later(door, 5.1)
    assert client.session.lagging
    await follower.hear()
    for number in range(5):
        door.core.do(door.core.place(7001, t.BUY, 1, 39_900 + number))
    assert without_pings(await client.hear()) == []
    for _ in range(20):
        door.hub._tick()
    frames = without_pings(await client.hear())
    assert [frame["type"] for frame in frames if frame["ch"] == CHANNELS[GOLD]] == ["snapshot"]
    await follower.take(frames)
    follower.agrees(door)
    await follower.take(await client.say(op="seen", seq=client.session.reader.frames))
    door.core.do(door.core.place(7001, t.BUY, 1, 39_910))
    await follower.hear()
    follower.agrees(door)
    assert follower.books[GOLD].resyncs == 0


@told
async def test_a_book_that_does_not_fit_is_asked_for_anew(door: Door) -> None:
    follower = Follower(await ready(door))
    await follower.subscribe()
    door.core.do(door.core.place(7001, t.BUY, 1, 39_900))
    await follower.hear()
    feed = door.hub.order_feeds._feeds[GOLD]
    assert feed.book is not None
    feed.book._orders.clear()
    (order_id,) = door.core.machine.state.orders
    waited: list[Any] = []
    door.hub.later = lambda seconds, act: waited.append((seconds, act))  # type: ignore[method-assign]
    door.core.do(cmd.CancelOrder(1, 7001, order_id, "", "u9"))
    door.core.do(door.core.place(7001, t.BUY, 2, 39_950))
    ((seconds, act),) = waited
    assert seconds == 1.0
    act()
    await follower.hear()
    follower.agrees(door)
    assert follower.books[GOLD].snapshots == 2


@told
async def test_a_day_ends_and_another_begins_on_the_same_channel(door: Door) -> None:
    follower = Follower(await ready(door))
    await follower.subscribe()
    core = door.core
    core.do(core.place(7001, t.BUY, 1, 39_900), core.place(7001, t.BUY, 2, 39_901, time_in_force=t.GTC))
    core.do(cmd.BeginSettlement(0, DAY_1 + 1, [], "u1"))
    await follower.hear()
    assert follower.books[GOLD].phase == "settlement"
    core.do(cmd.SettleAccounts(0, 0, 500, "u1"), cmd.EndSettlement(0, "u1"))
    await follower.hear()
    follower.agrees(door)
    assert follower.books[GOLD].book()["buy"] == [("798.02", [("2", 2)])]
    assert follower.books[GOLD].phase == "continuous"


@told
async def test_unknown_contracts_have_no_channel(door: Door) -> None:
    client = await ready(door)
    for name in ("orders.SHFE.au9999", "orders", "orders.", "orders.SHFE.au2612.1m"):
        (answer,) = await client.say(op="subscribe", id=1, channels=[name])
        assert answer["error"]["code"] == "channel_not_found"
