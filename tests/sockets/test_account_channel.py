"""The private stream: a snapshot plus numbered events equals a fresh snapshot, for every event, gaps included."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.sockets.memory import Client, Door, investor, order_request
from tests.sockets.test_session import ready, told
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.engine.instrument import Fees, Rates


class Picture:
    """What a client holds: built from a snapshot, kept up by events, as the documentation says."""

    def __init__(self, snapshot: dict[str, Any]) -> None:
        self.seq = snapshot["seq"]
        data = snapshot["data"]
        self.account = data["account"]
        self.funds = {name: data["funds"][name] for name in FUNDS}
        self.positions = {(item["symbol"], item["side"]): item for item in data["positions"]}
        self.orders = {item["id"]: item for item in data["orders"]}
        self.events: list[str] = []

    def take(self, frame: dict[str, Any]) -> None:
        """Apply one event."""
        assert frame["type"] == "event"
        assert (frame["seq"], frame["prev"]) == (self.seq + 1, self.seq)
        self.seq = frame["seq"]
        data = frame["data"]
        self.events.append(data["event"])
        if data.get("order"):
            order = data["order"]
            self.orders[order["id"]] = order
            if order["status"] not in ("new", "partially_filled"):
                del self.orders[order["id"]]
        if "positions" in data:
            self.positions = {(item["symbol"], item["side"]): item for item in data["positions"]}
        if "position" in data:
            position = data["position"]
            self.positions[position["symbol"], position["side"]] = position
        self.positions = {key: item for key, item in self.positions.items() if item["qty"]}
        if "funds" in data:
            self.funds = data["funds"]
        if "account" in data:
            self.account = data["account"]

    def compare(self, other: Picture) -> None:
        """Assert that two pictures show the same account."""
        assert self.seq == other.seq
        assert self.funds == other.funds
        assert self.positions == other.positions
        assert {name: still(order) for name, order in self.orders.items()} == {
            name: still(order) for name, order in other.orders.items()
        }
        for name in ("status", "limits"):
            assert self.account[name] == other.account[name]


FUNDS = ("account", "cash", "margin", "frozen_margin", "frozen_fee", "close_profit", "fees")
TIMES = ("created_at", "updated_at", "received_ns", "acked_ns", "seq")


def still(order: dict[str, Any]) -> dict[str, Any]:
    """Return an order without its times, which a snapshot of the core does not know."""
    return {name: value for name, value in order.items() if name not in TIMES}


async def fresh(door: Door) -> Picture:
    """Return a fresh snapshot as another client gets it."""
    client = door.enter(investor(7001, key=99))
    await client.hear()
    _ok, snapshot = await client.say(op="subscribe", channels=["account.7001"])
    client.session.lost()
    return Picture(snapshot)


async def followed(door: Door) -> tuple[Client, Picture]:
    """Let a client follow account 7001."""
    client = await ready(door)
    _ok, snapshot = await client.say(op="subscribe", channels=["account.7001"])
    return client, Picture(snapshot)


async def check(door: Door, client: Client, picture: Picture, *wanted: str) -> None:
    """Apply what came and compare with a fresh snapshot, and with one that the core itself gives."""
    for frame in await client.hear():
        picture.take(frame)
    if wanted:
        assert picture.events == list(wanted)
    picture.events.clear()
    picture.compare(await fresh(door))
    door.hub.accounts._feeds.clear()
    picture.compare(await fresh(door))
    # The client went on with the feed that was just dropped: follow again where it stands.
    client.session.channels.clear()
    await client.say(op="subscribe", channels=["account.7001"], since={"account.7001": picture.seq})


@told
async def test_orders_accepted_refused_replaced_and_canceled(door: Door) -> None:
    client, picture = await followed(door)
    door.core.do(door.core.place(7001, t.BUY, 3, 39_990, client_order_id="one"))
    await check(door, client, picture, "order_accepted")
    door.core.do(door.core.place(7001, t.BUY, 400_000, 39_990, client_order_id="two"))
    await check(door, client, picture, "order_rejected")
    door.core.do(cmd.ReplaceOrder(1, 7001, 1, 2, 39_991, "u9"))
    await check(door, client, picture, "order_replaced")
    door.core.do(cmd.CancelOrder(1, 7001, 1, "", "u9"))
    await check(door, client, picture, "order_canceled")


@told
async def test_fills_of_both_sides_opening_and_closing(door: Door) -> None:
    client, picture = await followed(door)
    door.core.open(7002)
    door.core.do(door.core.place(7001, t.BUY, 3, 40_000))
    door.core.do(door.core.place(7002, t.SELL, 2, 40_000))
    await check(door, client, picture, "order_accepted", "fill")
    door.core.do(door.core.place(7002, t.BUY, 1, 40_010, offset=t.CLOSE_TODAY))
    door.core.do(door.core.place(7001, t.SELL, 1, 40_010, offset=t.CLOSE_TODAY))
    await check(door, client, picture, "order_accepted", "fill")
    assert picture.funds["close_profit"] == "200.00"


@told
async def test_money_status_and_limits(door: Door) -> None:
    client, picture = await followed(door)
    door.core.do(cmd.MoveCash(1, 7001, t.WITHDRAW, 5_00, "out-1", "u2", "u3"))
    await check(door, client, picture, "cash_moved")
    door.core.do(cmd.SetAccountLimits(1, 7001, 5, 10, 3, 0, "u2", "u3"))
    await check(door, client, picture, "limits_changed")
    door.core.do(door.core.place(7001, t.BUY, 1, 39_000))
    door.core.do(cmd.SetAccountStatus(1, 7001, t.BLOCKED, True, "看一看", "u4"))
    await check(door, client, picture, "order_accepted", "status_changed", "order_canceled")
    assert picture.account["status"] == "blocked"


@told
async def test_the_end_of_a_day(door: Door) -> None:
    client, picture = await followed(door)
    door.core.open(7002)
    door.core.do(door.core.place(7001, t.BUY, 3, 40_000))
    door.core.do(door.core.place(7002, t.SELL, 2, 40_000))
    await check(door, client, picture, "order_accepted", "fill")
    rates = Rates(200_000, 200_000, Fees(open_fen=2_000))
    door.core.do(cmd.SetTenantRates(1, 1, rates, "u2", "u3"))
    door.core.do(cmd.RollDay(0, 20261124, [(1, 40_100), (2, 3_001)], "system"))
    await check(door, client, picture, "order_canceled", "settled")
    (answer, event) = await client.say(**order_request(trading_day="2026-11-24", limit_price="802.00"))
    assert (answer["ok"], event["data"]["order"]["trading_day"]) == (True, "2026-11-24")


@told
async def test_a_day_of_noise(door: Door) -> None:
    client, picture = await followed(door)
    door.core.open(7002)
    dice = random.Random(11)
    for number in range(300):
        account, side = dice.choice((7001, 7002)), dice.choice((t.BUY, t.SELL))
        offset, qty = dice.choice((t.OPEN, t.OPEN, t.AUTO, t.CLOSE_TODAY)), dice.randint(1, 4)
        order = door.core.place(account, side, qty, 40_000 + dice.randint(-5, 5), offset=offset)
        door.core.do(cmd.PlaceOrder(**{**_fields(order), "client_order_id": f"n{number}"}))
        if number % 25 == 0:
            await check(door, client, picture)
    await check(door, client, picture)


def _fields(command: Any) -> dict[str, Any]:
    return {name: getattr(command, name) for name in command.__struct_fields__}


@told
async def test_an_event_that_is_in_the_picture_already_changes_nothing(door: Door) -> None:
    await followed(door)
    stream = door.hub.accounts._feeds[7001].stream
    before = stream.funds
    event = cmd.MoveCash(1, 7001, t.DEPOSIT, 5_00, "once", "u2", "u3")
    (moved,) = door.core.do(event)
    after = stream.funds
    assert after.cash_fen == before.cash_fen + 5_00
    assert stream.apply(moved, seq=1, at_ns=1) is None
    assert stream.funds == after


# -- gaps and reconnects


async def trade_back_and_forth(door: Door, rounds: int) -> None:
    """Give account 7001 two events a round."""
    for n in range(rounds):
        door.core.do(door.core.place(7001, t.BUY, 1, 39_000, client_order_id=f"bf{door.core.machine.seq}-{n}"))
        door.core.do(cmd.CancelAll(1, 7001, 0, "", "u9"))


@pytest.mark.parametrize("behind", [0, 1, 7, 40])
def test_every_reconnect_goes_on_where_it_stopped(behind: int) -> None:
    async def story(door: Door) -> None:
        client, picture = await followed(door)
        await trade_back_and_forth(door, 20)
        for frame in await client.hear():
            picture.take(frame)
        client.session.lost()
        since = picture.seq - behind
        back = await ready(door)
        frames = await back.say(op="subscribe", channels=["account.7001"], since={"account.7001": since})
        assert [frame["seq"] for frame in frames[1:]] == list(range(since + 1, picture.seq + 1))

    told(story)()


@told
async def test_what_the_ring_no_longer_has_comes_from_the_table_and_joins_the_live_stream(door: Door) -> None:
    client, _picture = await followed(door)
    await trade_back_and_forth(door, 600)
    head = door.core.machine.account_view(7001).account_seq
    back = await ready(door)
    frames = await back.say(op="subscribe", channels=["account.7001"], since={"account.7001": 2})
    for _ in range(40):
        for frame in frames:
            if frame.get("type") == "ping":
                await back.say(op="seen", seq=frame["frame"])
        frames += await back.hear()
        if len(frames) > 700:
            await trade_back_and_forth(door, 1)
            break
    import asyncio

    for _ in range(60):
        await asyncio.sleep(0.02)
        got = await back.hear()
        frames += got
        for frame in got:
            if frame.get("type") == "ping":
                back.session.received(b'{"op":"seen","seq":%d}' % frame["frame"])
    numbers = [frame["seq"] for frame in frames if frame.get("ch") == "account.7001"]
    assert numbers == list(range(3, head + 3))
    assert door.store.asked[0] == 2
    client.session.lost()


@told
async def test_a_projection_that_is_behind_is_waited_for(door: Door) -> None:
    import asyncio

    client, _picture = await followed(door)
    await trade_back_and_forth(door, 300)
    head = door.core.machine.account_view(7001).account_seq
    door.store.through = 10
    back = await ready(door)
    frames = await back.say(op="subscribe", channels=["account.7001"], since={"account.7001": 4})
    assert max(frame.get("seq", 0) for frame in frames) == 10
    door.store.through = None
    await asyncio.sleep(0.1)
    for _ in range(30):
        got = await back.hear()
        frames += got
        for frame in got:
            if frame.get("type") == "ping":
                back.session.received(b'{"op":"seen","seq":%d}' % frame["frame"])
        await asyncio.sleep(0.01)
    numbers = [frame["seq"] for frame in frames if frame.get("ch") == "account.7001"]
    assert numbers == list(range(5, head + 1))
    client.session.lost()


@told
async def test_more_than_ten_thousand_behind_gets_a_snapshot(door: Door) -> None:
    client, _picture = await followed(door)
    await trade_back_and_forth(door, 5_010)
    await door.settle()
    client.session.lost()
    back = await ready(door)
    _ok, frame = await back.say(op="subscribe", channels=["account.7001"], since={"account.7001": 1})
    assert frame["type"] == "snapshot"
    assert door.store.asked == []


@told
async def test_a_number_from_the_future_gets_a_snapshot(door: Door) -> None:
    client = await ready(door)
    _ok, frame = await client.say(op="subscribe", channels=["account.7001"], since={"account.7001": 999})
    assert (frame["type"], frame["seq"]) == ("snapshot", 2)


@told
async def test_a_lost_event_is_noticed_and_made_good(door: Door) -> None:
    client, picture = await followed(door)
    deliver, door.core.on_delivery = door.core.on_delivery, lambda _delivery: None
    await trade_back_and_forth(door, 1)
    door.core.on_delivery = deliver
    await trade_back_and_forth(door, 1)
    for frame in await client.hear():
        picture.take(frame)
    assert picture.seq == door.core.machine.account_view(7001).account_seq


@told
async def test_after_the_core_was_away_the_stream_goes_on_without_a_gap(door: Door) -> None:
    client, picture = await followed(door)
    await trade_back_and_forth(door, 1)
    for frame in await client.hear():
        picture.take(frame)
    door.core.lose()
    deliver, door.core.on_delivery = door.core.on_delivery, lambda _delivery: None
    door.core.do(cmd.MoveCash(1, 7001, t.DEPOSIT, 7_00, "meanwhile", "u2", "u3"))
    door.core.on_delivery = deliver
    door.core.come_back()
    await trade_back_and_forth(door, 1)
    for frame in await client.hear():
        picture.take(frame)
    picture.compare(await fresh(door))
