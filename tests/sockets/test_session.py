"""One socket over the real engine in memory: orders, channels, rights, options, rates."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from accounts.permissions import Right
from tests.sockets.memory import Client, Door, investor, order_request
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.sockets.limits import Rate, Rates

Story = Callable[[Door], Coroutine[Any, Any, None]]


def told(story: Story) -> Callable[[], None]:
    """Run a story on a loop of its own with a fresh door."""

    @wraps(story)
    def run() -> None:
        async def begin() -> None:
            await story(await Door().start())

        asyncio.run(begin())

    # The wrapped signature would make pytest look for a fixture called `door`.
    del run.__wrapped__  # type: ignore[attr-defined]
    return run


async def ready(door: Door, **changes: Any) -> Client:
    """Open account 7001 and let its owner in."""
    if 7001 not in door.core.machine.state.accounts:
        door.core.open(7001)
    client = door.enter(**changes)
    await client.hear()
    return client


@told
async def test_greets_first(door: Door) -> None:
    client = door.enter(investor(7001, 7003))
    (hello,) = await client.hear()
    assert hello["type"] == "hello"
    assert hello["trading_day"] == "2026-11-23"
    assert hello["accounts"] == [7001, 7003]
    assert hello["limits"]["orders_per_s"] == 300
    assert hello["server_ns"] > 0


@told
async def test_answers_an_order_with_its_number_and_the_order(door: Door) -> None:
    client = await ready(door)
    (answer,) = await client.say(**order_request(id=7))
    assert (answer["id"], answer["ok"]) == (7, True)
    assert answer["seq"] == door.core.machine.seq
    order = answer["order"]
    assert order["id"] == "1"
    assert (order["client_order_id"], order["account"], order["symbol"]) == ("a-1", 7001, "SHFE.au2612")
    assert (order["side"], order["position_effect"], order["type"]) == ("buy", "open", "limit")
    assert (order["qty"], order["filled_qty"], order["leaves_qty"]) == (2, 0, 2)
    assert (order["limit_price"], order["filled_avg_price"], order["status"]) == ("800.00", None, "new")
    assert order["trading_day"] == "2026-11-23"
    assert order["received_ns"] > 0
    assert order["acked_ns"] > order["received_ns"]


@told
async def test_understands_every_spelling_of_a_symbol(door: Door) -> None:
    client = await ready(door)
    for number, symbol in enumerate(("SHFE.au2612", "au2612.SHFE", "AU2612", "shfe.AU2612")):
        (answer,) = await client.say(**order_request(symbol=symbol, client_order_id=f"s{number}"))
        assert answer["order"]["symbol"] == "SHFE.au2612"


@told
async def test_a_refused_order_is_told_with_figures_in_money(door: Door) -> None:
    client = await ready(door)
    (answer,) = await client.say(**order_request(qty=500, limit_price="800.00"))
    assert answer["ok"] is True
    (answer,) = await client.say(**order_request(qty=500, client_order_id="a-2"))
    assert answer["ok"] is False
    assert answer["error"]["code"] == "insufficient_margin"
    assert answer["error"]["figures"]["needed"] == "64005000.00"
    assert answer["error"]["figures"]["available"] == "35995000.00"
    assert answer["error"]["detail"].startswith("Needs 64005000.00, available 35995000.00")
    assert answer["order"]["status"] == "rejected"
    assert answer["order"]["reject_code"] == "insufficient_margin"


def without_receipt(order: dict[str, Any]) -> dict[str, Any]:
    """An order but for when this request of it was received and answered."""
    return {name: value for name, value in order.items() if name not in ("received_ns", "acked_ns")}


@told
async def test_a_repeat_gets_the_first_answer(door: Door) -> None:
    client = await ready(door)
    (first,) = await client.say(**order_request(id=1))
    seq = door.core.machine.seq
    (again,) = await client.say(**order_request(id=2))
    assert (again["ok"], again["replayed"], again["seq"]) == (True, True, first["seq"])
    assert without_receipt(again["order"]) == without_receipt(first["order"])
    assert door.core.machine.seq == seq


@told
async def test_other_fields_under_a_used_id_are_refused(door: Door) -> None:
    client = await ready(door)
    await client.say(**order_request())
    (answer,) = await client.say(**order_request(qty=3))
    assert answer["error"]["code"] == "duplicate_client_order_id"
    assert answer["error"]["figures"] == {"order_id": "1"}


@told
async def test_another_trading_day_is_refused(door: Door) -> None:
    client = await ready(door)
    (answer,) = await client.say(**order_request(trading_day="2026-11-20"))
    assert answer["error"]["code"] == "trading_day"
    assert answer["error"]["figures"] == {"trading_day": "2026-11-23"}


@told
async def test_refuses_prices_off_the_tick_and_outside_the_band(door: Door) -> None:
    client = await ready(door)
    (unfit,) = await client.say(**order_request(post_only=True, time_in_force="ioc"))
    assert (unfit["error"]["code"], unfit["error"]["pointer"]) == ("order_terms", "/post_only")
    (off,) = await client.say(**order_request(limit_price="800.01"))
    assert (off["error"]["code"], off["error"]["pointer"]) == ("price_tick", "/limit_price")
    (outside,) = await client.say(**order_request(limit_price="1000.00"))
    assert outside["error"]["code"] == "price_band"
    assert outside["error"]["figures"] == {"price": "1000.00", "lower": "688.00", "upper": "912.00"}


@told
async def test_a_limit_order_needs_a_price_and_a_market_order_has_none(door: Door) -> None:
    client = await ready(door)
    (missing,) = await client.say(**order_request(limit_price=None))
    assert missing["error"]["pointer"] == "/limit_price"
    (extra,) = await client.say(**order_request(type="market"))
    assert extra["error"]["pointer"] == "/limit_price"


@told
async def test_cancels_by_our_number_and_by_the_clients(door: Door) -> None:
    client = await ready(door)
    await client.say(**order_request(client_order_id="x"))
    await client.say(**order_request(client_order_id="y"))
    (first,) = await client.say(op="order.cancel", id=3, account=7001, order_id="1")
    (second,) = await client.say(op="order.cancel", id=4, account=7001, client_order_id="y")
    assert (first["order"]["status"], first["order"]["cancel_reason"]) == ("canceled", "client")
    assert second["order"]["client_order_id"] == "y"
    (late,) = await client.say(op="order.cancel", id=5, account=7001, order_id=1)
    assert late["error"]["code"] == "too_late_to_cancel"


@told
async def test_a_cancel_names_exactly_one_order(door: Door) -> None:
    client = await ready(door)
    (none,) = await client.say(op="order.cancel", id=1, account=7001)
    (both,) = await client.say(op="order.cancel", id=1, account=7001, order_id="1", client_order_id="x")
    assert none["error"]["pointer"] == both["error"]["pointer"] == "/order_id"


@told
async def test_replaces_with_and_without_a_picture_of_the_account(door: Door) -> None:
    client = await ready(door)
    await client.say(**order_request())
    request = {"op": "order.replace", "id": 2, "account": 7001, "order_id": "1"}
    (asked,) = await client.say(**request, qty=3, limit_price="799.00")
    assert (asked["order"]["qty"], asked["order"]["limit_price"]) == (3, "799.00")
    await client.say(op="subscribe", channels=["account.7001"])
    found = await client.say(**request, qty=4, limit_price="798.00")
    assert found[0]["order"]["limit_price"] == "798.00"
    assert found[1]["data"]["event"] == "order_replaced"
    (unknown,) = await client.say(op="order.replace", id=9, account=7001, order_id="99", qty=1, limit_price="1.00")
    assert unknown["error"]["code"] == "order_not_found"


@told
async def test_cancel_all_with_nothing_working_is_done(door: Door) -> None:
    client = await ready(door)
    (answer,) = await client.say(op="orders.cancel_all", id=1, account=7001)
    assert answer["ok"] is True


@told
async def test_cancel_all_of_one_contract_leaves_the_other(door: Door) -> None:
    client = await ready(door)
    await client.say(**order_request(client_order_id="g"))
    await client.say(**order_request(client_order_id="s", symbol="m2701", limit_price="3000"))
    (answer,) = await client.say(op="orders.cancel_all", id=1, account=7001, symbol="AU2612")
    assert answer["ok"] is True
    assert [order.instrument_id for order in door.core.machine.account_view(7001).orders] == [2]


@told
async def test_a_foreign_account_is_answered_like_one_that_does_not_exist(door: Door) -> None:
    client = await ready(door)
    door.core.open(7002, tenant_id=2)
    seq = door.core.machine.seq
    (foreign,) = await client.say(**order_request(account=7002))
    (random,) = await client.say(**order_request(account=987654))
    assert foreign == random
    assert foreign["error"]["code"] == "account_not_found"
    (channel,) = await client.say(op="subscribe", id=5, channels=["account.7002"])
    (nowhere,) = await client.say(op="subscribe", id=5, channels=["account.987654"])
    assert channel == nowhere
    assert channel["error"] == {
        "code": "channel_not_found",
        "detail": "There is no such channel.",
        "pointer": "/channels/0",
    }
    assert door.core.machine.seq == seq


@told
async def test_an_officer_sees_and_does_not_trade(door: Door) -> None:
    door.core.open(7001)
    officer = investor(account_ids=None, own_account_ids=frozenset(), rights={Right.TRADE_VIEW}, key=None)
    client = door.enter(officer)
    (hello,) = await client.hear()
    assert hello["all_accounts"] is True
    ok, snapshot = await client.say(op="subscribe", id=1, channels=["account.7001"])
    assert (ok["ok"], snapshot["type"]) == (True, "snapshot")
    (answer,) = await client.say(**order_request())
    assert answer["error"]["code"] == "account_not_found"


@told
async def test_an_account_the_core_does_not_know_is_told_on_its_channel(door: Door) -> None:
    client = door.enter(investor(account_ids=None))
    await client.hear()
    ok, error = await client.say(op="subscribe", id=1, channels=["account.555"])
    assert ok["ok"] is True
    assert (error["ch"], error["type"], error["error"]["code"]) == ("account.555", "error", "account_not_found")


@told
async def test_another_brokers_officer_does_not_share_a_picture_that_is_open(door: Door) -> None:
    client = await ready(door)
    await client.say(op="subscribe", channels=["account.7001"])
    theirs = investor(tenant_id=2, account_ids=None, own_account_ids=frozenset(), rights={Right.TRADE_VIEW}, key=None)
    other = door.enter(theirs)
    await other.hear()
    ok, error = await other.say(op="subscribe", id=1, channels=["account.7001"])
    nowhere = await other.say(op="subscribe", id=1, channels=["account.555"])
    assert [ok, error | {"ch": ""}] == [nowhere[0], nowhere[1] | {"ch": ""}]
    assert error["error"]["code"] == "account_not_found"
    door.core.do(door.core.place(7001, t.BUY, 1, 39_000))
    assert await other.hear() == []


@told
async def test_a_read_only_key_places_nothing(door: Door) -> None:
    client = await ready(door, rights={Right.TRADE_VIEW})
    (answer,) = await client.say(**order_request())
    assert answer["error"]["code"] == "right_missing"
    (cancel,) = await client.say(op="order.cancel", id=1, account=7001, order_id="1")
    assert cancel["error"]["code"] == "right_missing"


@told
async def test_subscribes_all_or_nothing(door: Door) -> None:
    client = await ready(door)
    (answer,) = await client.say(op="subscribe", id=1, channels=["status", "book.SHFE.au9999"])
    assert answer["error"]["pointer"] == "/channels/1"
    assert client.session.channels == {}


@told
async def test_market_channels_begin_with_a_snapshot_and_go_on_with_deltas(door: Door) -> None:
    client = await ready(door)
    door.core.do(door.core.place(7001, t.BUY, 3, 39_990))
    ok, book = await client.say(op="subscribe", id=1, channels=["book.au2612"])
    assert ok == {"id": 1, "ok": True}
    assert (book["ch"], book["type"]) == ("book.SHFE.au2612", "snapshot")
    assert book["data"] == {"bids": [["799.80", 3]], "asks": []}
    door.core.do(door.core.place(7001, t.BUY, 1, 39_991))
    (delta,) = await client.hear()
    assert (delta["type"], delta["prev"]) == ("delta", book["seq"])
    assert delta["data"] == {"bids": [["799.82", 1]], "asks": []}


@told
async def test_trades_and_ticker_follow_a_trade(door: Door) -> None:
    client = await ready(door)
    door.core.open(7002)
    await client.say(op="subscribe", id=1, channels=["trades.SHFE.au2612", "ticker.SHFE.au2612", "bars.SHFE.au2612.1m"])
    door.core.do(door.core.place(7001, t.BUY, 2, 40_010))
    door.core.do(door.core.place(7002, t.SELL, 1, 40_000))
    door.clock.forward(1)
    door.hub._tick()
    frames = {frame["ch"].partition(".")[0]: frame for frame in await client.hear()}
    trade = frames["trades"]["data"]
    assert (trade["price"], trade["qty"], trade["side"]) == ("800.20", 1, "sell")
    assert (trade["taker_effect"], trade["maker_effect"], trade["open_interest"]) == ("open", "open", 1)
    ticker = frames["ticker"]["data"]
    assert (ticker["last"], ticker["change"], ticker["volume"]) == ("800.20", "0.20", 1)
    assert (ticker["bid"], ticker["bid_qty"], ticker["ask"]) == ("800.20", 1, None)
    assert ticker["turnover"] == "800200.00"
    assert frames["bars"]["data"]["close"] == "800.20"
    assert frames["bars"]["data"]["final"] is False


@told
async def test_ticker_comes_at_most_twenty_times_a_second(door: Door) -> None:
    client = await ready(door)
    await client.say(op="subscribe", id=1, channels=["ticker.SHFE.au2612"])
    door.hub._tick()
    await client.hear()
    for n in range(40):
        door.core.do(door.core.place(7001, t.BUY, 1, 39_000 + n))
        door.clock.forward(0.005)
        door.hub._tick()
    assert len([frame for frame in await client.hear() if frame["ch"].startswith("ticker")]) == 4


@told
async def test_resync_sends_the_whole_channel(door: Door) -> None:
    client = await ready(door)
    door.core.do(door.core.place(7001, t.BUY, 3, 39_990))
    await client.say(op="subscribe", channels=["book.SHFE.au2612"])
    ok, snapshot = await client.say(op="resync", id=2, ch="book.SHFE.au2612")
    assert (ok["ok"], snapshot["type"]) == (True, "snapshot")
    (answer,) = await client.say(op="resync", id=3, ch="trades.SHFE.au2612")
    assert answer["error"]["code"] == "channel_not_found"


@told
async def test_unsubscribing_ends_the_news(door: Door) -> None:
    client = await ready(door)
    await client.say(op="subscribe", channels=["book.SHFE.au2612", "account.7001"])
    (ok,) = await client.say(op="unsubscribe", id=2, channels=["book.SHFE.au2612", "account.7001"])
    assert ok["ok"] is True
    door.core.do(door.core.place(7001, t.BUY, 3, 39_990))
    assert await client.hear() == []


@told
async def test_answers_leave_before_the_news_of_the_same_commit(door: Door) -> None:
    client = await ready(door)
    await client.say(op="subscribe", channels=["account.7001"])
    answer, event = await client.say(**order_request(id=8))
    assert answer["id"] == 8
    assert event["data"]["event"] == "order_accepted"
    assert event["data"]["journal_seq"] == answer["seq"]
    assert event["data"]["order"] == answer["order"]


@told
async def test_batch_option_joins_what_leaves_together(door: Door) -> None:
    client = await ready(door)
    await client.say(op="options", id=1, batch=True)
    await client.say(op="subscribe", channels=["account.7001"])
    client.wire.texts.clear()
    found = await client.say(**order_request(id=8))
    assert len(found) == 2
    assert len(client.wire.texts) == 1
    assert client.wire.texts[0].startswith(b"[{")


@told
async def test_an_array_of_orders_is_answered_one_by_one(door: Door) -> None:
    client = await ready(door)
    import json

    requests = [order_request(id=n, client_order_id=f"n{n}") for n in range(3)]
    found = await client.raw(json.dumps(requests).encode())
    assert [item["id"] for item in found] == [0, 1, 2]


@told
async def test_status_tells_the_core_and_the_kill_switches(door: Door) -> None:
    client = await ready(door)
    _ok, status = await client.say(op="subscribe", id=1, channels=["status"])
    assert status["data"]["trading"] is True
    door.core.do(cmd.SetKill(0, t.KILL_TENANT, 2, True, "theirs", "u1"))
    (other,) = await client.hear()
    assert (other["data"]["trading"], other["data"]["kill"]["tenant"]) == (True, False)
    door.core.do(cmd.SetKill(0, t.KILL_TENANT, 1, True, "ours", "u1"))
    (ours,) = await client.hear()
    assert (ours["data"]["trading"], ours["data"]["reason"]) == (False, "kill_switch")
    door.core.do(cmd.SetKill(0, t.KILL_TENANT, 1, False, "ours", "u1"))
    await client.hear()
    door.core.lose()
    (gone,) = await client.hear()
    assert (gone["data"]["trading"], gone["data"]["reason"]) == (False, "core_unavailable")


@told
async def test_says_at_once_that_trading_is_unavailable(door: Door) -> None:
    client = await ready(door)
    door.core.lose()
    (answer,) = await client.say(**order_request())
    assert answer["error"]["code"] == "trading_unavailable"
    assert answer["error"]["figures"] == {"maybe_executed": False}
    door.core.come_back()
    (again,) = await client.say(**order_request())
    assert again["ok"] is True


@told
async def test_nonsense_is_answered_and_the_socket_lives_on(door: Door) -> None:
    client = await ready(door)
    for data in (b"{", b"[]", b"[1]", b"null", b'{"op":"fly","id":1}', b"\x00\x01"):
        found = await client.raw(data)
        assert all(item["ok"] is False for item in found)
    assert (await client.say(op="ping", id=9))[0]["ok"] is True


@told
async def test_an_oversized_frame_ends_the_socket(door: Door) -> None:
    client = await ready(door)
    await client.raw(b" " * (64 * 1024 + 1))
    assert client.wire.closed == 1009


@told
async def test_probing_many_channels_ends_the_socket(door: Door) -> None:
    client = await ready(door)
    for number in range(101):
        await client.say(op="subscribe", channels=[f"account.{8000 + number}"])
        door.clock.forward(1)
    assert client.wire.closed == 4404


def test_orders_over_the_rate_are_refused_and_cancels_still_go() -> None:
    async def story() -> None:
        rates = Rates(orders=Rate(per_s=10, burst=2), cancels=Rate(per_s=10, burst=5))
        door = await Door(rates=rates).start()
        client = await ready(door)
        answers = [(await client.say(**order_request(client_order_id=f"r{n}")))[0] for n in range(4)]
        assert [answer["ok"] for answer in answers] == [True, True, False, False]
        assert answers[2]["error"]["code"] == "rate_limited"
        assert answers[2]["error"]["figures"] == {"retry_after_ms": 101}
        (cancel,) = await client.say(op="order.cancel", id=1, account=7001, client_order_id="r0")
        assert cancel["ok"] is True
        (cancel,) = await client.say(op="orders.cancel_all", id=1, account=7001)
        assert cancel["ok"] is True
        for n in range(10):
            await client.say(**order_request(client_order_id=f"q{n}"))
        assert client.wire.closed == 4429

    asyncio.run(story())


def test_a_second_socket_of_a_key_shares_its_rate() -> None:
    async def story() -> None:
        door = await Door(rates=Rates(orders=Rate(per_s=1, burst=1))).start()
        first, second = await ready(door), await ready(door)
        await first.say(**order_request())
        (answer,) = await second.say(**order_request(client_order_id="b"))
        assert answer["error"]["code"] == "rate_limited"

    asyncio.run(story())


def test_a_key_opens_no_more_sockets_than_allowed() -> None:
    async def story() -> None:
        door = await Door(rates=Rates(sockets_open_max=1)).start()
        assert not door.enter().refused
        assert door.enter().refused

    asyncio.run(story())


@told
async def test_a_fault_of_a_field_is_told_in_the_readers_language(door: Door) -> None:
    client = await ready(door, language="zh-hans")
    trail = {"type": "trailing_stop", "limit_price": None}
    for changes, pointer in (
        ({"limit_price": "0"}, "/limit_price"),
        ({"limit_price": "999999999999.00"}, "/limit_price"),
        ({"limit_price": None}, "/limit_price"),
        ({"type": "market"}, "/limit_price"),
        ({"time_in_force": "gtd"}, "/good_till"),
        ({"type": "market", "limit_price": None, "time_in_force": "auction"}, "/time_in_force"),
        (trail, "/trail_price"),
        (trail | {"trail_price": "999999999999.00"}, "/trail_price"),
        (trail | {"trail_price": "1.00", "time_in_force": "ioc"}, "/time_in_force"),
    ):
        (answer,) = await client.say(**order_request(**changes))
        error = answer["error"]
        assert (error["code"], error["pointer"]) == ("invalid_field", pointer)
        assert re.search(r"[\u4e00-\u9fff]", error["detail"]), error
    (unfit,) = await client.say(**order_request(post_only=True, time_in_force="ioc"))
    assert (unfit["error"]["code"], unfit["error"]["pointer"]) == ("order_terms", "/post_only")
    (off,) = await client.say(**order_request(limit_price="800.01"))
    assert off["error"]["detail"] == "价格不是最小变动价位 0.02 的整数倍。"
