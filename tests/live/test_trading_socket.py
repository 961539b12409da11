"""/ws/v1 on daphne with a real core: handshake, orders, streams, reconnects, revocation, restarts."""

from __future__ import annotations

import time
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.live.talker import Talker
from tests.stack import DAY, Stack, order_body

pytestmark = pytest.mark.xdist_group("live-socket")


def enter(stack: Stack, index: int = 0, *, house: str = "a") -> Talker:
    """Open a socket with an investor's key."""
    return Talker(stack.url, headers=getattr(stack.pair, house).bearer(index))


def account_of(stack: Stack, index: int = 0) -> int:
    """Return an investor's account of tenant A."""
    return stack.pair.a.account_ids[index]


def test_a_key_needs_no_origin_and_is_greeted(stack: Stack) -> None:
    with enter(stack) as client:
        assert client.hello["accounts"] == [account_of(stack)]
        assert client.hello["trading_day"] == DAY
        assert abs(client.hello["server_ns"] - time.time_ns()) < 60_000_000_000


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic eDp5"}])
def test_a_stranger_is_told_to_log_in(stack: Stack, headers: dict[str, str]) -> None:
    assert Talker(stack.url, headers=headers).closed_with() == 4401


def test_a_session_needs_an_allowed_origin(stack: Stack) -> None:
    from django.conf import settings

    browser = stack.pair.a.http("investor")
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={browser.session.session_key}"}
    with Talker(stack.url, headers=cookie, origin=stack.url) as client:
        assert client.hello["accounts"] == [account_of(stack)]
    for origin in (None, "http://elsewhere.example", "null"):
        assert Talker(stack.url, headers=cookie, origin=origin).closed_with() == 4401


def test_a_key_beside_a_cookie_ignores_the_cookie(stack: Stack) -> None:
    from django.conf import settings

    browser = stack.pair.a.http("investor")
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={browser.session.session_key}"}
    bad = cookie | {"Authorization": "Bearer nonsense"}
    assert Talker(stack.url, headers=bad, origin=stack.url).closed_with() == 4401


def test_two_investors_meet_and_both_streams_tell_it(stack: Stack) -> None:
    first, second = account_of(stack, 0), account_of(stack, 1)
    with enter(stack, 0) as buyer, enter(stack, 1) as seller:
        for client, account in ((buyer, first), (seller, second)):
            assert client.ask("subscribe", channels=[f"account.{account}", "trades.SHFE.au2612"])["ok"]
            (snapshot,) = client.on(f"account.{account}")
            assert snapshot["type"] == "snapshot"
        bought = buyer.ask("order.new", **order_body(first, qty=2, limit_price="800.00"))
        sold = seller.ask("order.new", **order_body(second, side="sell", qty=1, limit_price="800.00"))
        assert (bought["order"]["status"], sold["order"]["status"]) == ("new", "filled")
        accepted, fill = buyer.on(f"account.{first}", count=2)
        assert (accepted["data"]["event"], fill["data"]["event"]) == ("order_accepted", "fill")
        assert fill["seq"] == accepted["seq"] + 1
        assert fill["data"]["journal_seq"] == sold["seq"]
        assert fill["data"]["fill"]["liquidity"] == "maker"
        assert fill["data"]["position"]["qty"] == 1
        (trade,) = seller.on("trades.SHFE.au2612")
        assert (trade["data"]["price"], trade["data"]["side"]) == ("800.00", "sell")
        assert buyer.ask("orders.cancel_all", account=first)["ok"]


def test_snapshot_and_events_equal_the_rest_view(stack: Stack) -> None:
    from tests.stack import Api

    account = account_of(stack)
    with enter(stack) as client:
        client.ask("subscribe", channels=[f"account.{account}"])
        (snapshot,) = client.on(f"account.{account}")
        placed = [client.ask("order.new", **order_body(account, limit_price=f"79{n}.00")) for n in range(3)]
        client.ask("order.cancel", account=account, order_id=placed[1]["order"]["id"])
        events = client.on(f"account.{account}", count=4)
        stack.caught_up()
        api = Api(stack.pair.a.bearer())
        stored = api("GET", f"events?account={account}&after_seq={snapshot['seq']}").json()["data"]
        assert [without_ack(frame) for frame in stored] == [without_ack(frame) for frame in events]
        client.ask("orders.cancel_all", account=account)


def without_ack(frame: dict[str, Any]) -> dict[str, Any]:
    """Return a frame without the time at which it was acknowledged, which is not stored."""
    order = {name: value for name, value in frame["data"]["order"].items() if name != "acked_ns"}
    return frame | {"data": frame["data"] | {"order": order}}


def test_a_reconnect_with_since_misses_nothing(stack: Stack) -> None:
    account = account_of(stack)
    channel = f"account.{account}"
    with enter(stack) as client:
        client.ask("subscribe", channels=[channel])
        (snapshot,) = client.on(channel)
        for _ in range(5):
            client.ask("order.new", **order_body(account))
        client.ask("orders.cancel_all", account=account)
        events = client.on(channel, count=10)
    with enter(stack) as client:
        client.ask("subscribe", channels=[channel], since={channel: snapshot["seq"]})
        assert [frame["seq"] for frame in client.on(channel, count=10)] == [frame["seq"] for frame in events]


def test_an_old_since_is_replayed_from_the_table_after_a_restart_of_the_web_process(stack: Stack) -> None:
    account = account_of(stack)
    channel = f"account.{account}"
    with enter(stack) as client:
        client.ask("order.new", **order_body(account))
        client.ask("orders.cancel_all", account=account)
    stack.caught_up()
    fresh = stack.processes.web()
    with Talker(fresh, headers=stack.pair.a.bearer()) as client:
        client.ask("subscribe", channels=[channel], since={channel: 0})
        first = client.on(channel, count=4)
        assert [frame["seq"] for frame in first] == [1, 2, 3, 4]
        assert [frame["data"]["event"] for frame in first[:2]] == ["opened", "cash_moved"]
        head = 4
        while True:
            try:
                (frame,) = client.on(channel, seconds=1.0)
            except TimeoutError:
                break
            assert frame["seq"] == head + 1
            head += 1
        live = client.ask("order.new", **order_body(account))
        (event,) = client.on(channel)
        assert (event["seq"], event["data"]["journal_seq"]) == (head + 1, live["seq"])
        client.ask("orders.cancel_all", account=account)


def test_the_book_channel_holds_its_chain(stack: Stack) -> None:
    from tests.stack import Api

    account = account_of(stack)
    with enter(stack) as client:
        client.ask("subscribe", channels=["book.SHFE.au2612"])
        (snapshot,) = client.on("book.SHFE.au2612")
        seq, bids = snapshot["seq"], dict(map(tuple, snapshot["data"]["bids"]))
        for n in range(4):
            client.ask("order.new", **order_body(account, qty=n + 1, limit_price=f"70{n}.00"))
            time.sleep(0.1)
        book = Api(stack.pair.a.bearer())("GET", "instruments/AU2612/book").json()
        deltas = 0
        # How many frames tell it is open: what came before may still be under way, and near changes share a frame.
        while {price: qty for price, qty in bids.items() if qty} != dict(map(tuple, book["bids"])):
            (delta,) = client.on("book.SHFE.au2612")
            assert (delta["type"], delta["prev"]) == ("delta", seq)
            seq, deltas = delta["seq"], deltas + 1
            bids.update(map(tuple, delta["data"]["bids"]))
        assert deltas > 1
        assert [book["bids"][n][1] for n in range(4)] == [4, 3, 2, 1]
        assert client.ask("resync", ch="book.SHFE.au2612")["ok"]
        (again,) = client.on("book.SHFE.au2612")
        assert (again["type"], again["data"]["bids"]) == ("snapshot", book["bids"])
        client.ask("orders.cancel_all", account=account)


def test_a_book_built_order_by_order_outlives_a_killed_core(stack: Stack) -> None:
    from tests.sockets.order_book_client import OrderBookClient
    from tests.stack import Api

    first, second = account_of(stack, 0), account_of(stack, 1)
    channel, book = "orders.SHFE.au2612", OrderBookClient("SHFE.au2612")

    def levels_agree(client: Talker) -> None:
        want = Api(stack.pair.a.bearer())("GET", "instruments/AU2612/book").json()
        while book.seq is None or book.seq < want["seq"]:
            try:
                book.take(client.on(channel, seconds=1.0)[0])
            except TimeoutError:
                break  # the last commands did not touch this book
        for side, name in (("buy", "bids"), ("sell", "asks")):
            sums = [[price, sum(qty for _order, qty in line)] for price, line in book.book()[side]]
            assert sums == want[name]

    with enter(stack) as client, enter(stack, 1) as other:
        assert client.ask("subscribe", channels=[channel, "status"])["ok"]
        client.on("status")
        book.take(client.on(channel)[0])
        for n in range(3):
            client.ask("order.new", **order_body(first, qty=n + 1, limit_price="798.00"))
        own = client.ask("order.new", **order_body(first, qty=9, limit_price="798.02", display_qty=2))
        other.ask("order.new", **order_body(second, side="sell", qty=3, limit_price="798.02"))
        levels_agree(client)
        assert book.book()["buy"][0] == ("798.02", [(own["order"]["id"], 1)])
        assert [each["qty"] for each in book.prints] == [2, 1]
        stack.core.kill()
        stack.core.wait()
        client.wait(lambda frame: frame.get("ch") == "status" and not frame["data"]["trading"], seconds=5)
        stack.core = stack.processes.core()
        client.wait(lambda frame: frame.get("ch") == "status" and frame["data"]["trading"], seconds=15)
        (again,) = client.on(channel)
        assert again["type"] == "snapshot"
        book.take(again)
        client.ask("orders.cancel_all", account=first)
        levels_agree(client)
        assert (book.book()["buy"], book.snapshots, book.resyncs) == ([], 2, 0)


def test_nonsense_never_ends_the_server(stack: Stack) -> None:
    import os

    with enter(stack) as client:
        for data in ("{", "[]", "[1,2]", "nul\0l", "[" * 5000, b"\x00\xff", os.urandom(300), '{"op":"order.new"}'):
            client.send(data)
        assert client.ask("ping")["ok"]
        client.send("x" * 70_000)
        assert client.closed_with() == 1009
    with enter(stack) as client:
        assert client.ask("ping")["ok"]


def test_fragmented_messages_and_pings_go_the_long_way(stack: Stack) -> None:
    with enter(stack) as client:
        client.socket.send(iter(['{"op":"ping",', '"id":', "77}"]))
        assert client.wait(lambda frame: frame.get("id") == 77)["ok"]
        assert client.socket.ping().wait(5)
        assert client.ask("ping")["ok"]


def test_a_reader_who_never_answers_is_cut_off(stack: Stack) -> None:
    began = time.monotonic()
    client = enter(stack)
    client.answers_pings = False
    with client:
        client.ask("subscribe", channels=["status"])
        assert client.closed_with(seconds=30) == 4408
    assert 9 < time.monotonic() - began < 20


def test_a_revoked_key_closes_its_socket_within_five_seconds(stack: Stack) -> None:
    from accounts.services.api_keys import apikey_create, apikey_revoke
    from accounts.tenancy.context import tenant_scope
    from tests.world import MAKER

    house = stack.pair.a
    with tenant_scope(tenant_id=house.tenant.pk):
        key = apikey_create(actor=MAKER, user_id=house.investor.pk, label="short", scopes=["read", "trade"])
    with Talker(stack.url, headers={"Authorization": f"Bearer {key.bearer}"}) as client:
        assert client.ask("ping")["ok"]
        with tenant_scope(tenant_id=house.tenant.pk):
            apikey_revoke(actor=MAKER, key_id=key.key.pk)
        began = time.monotonic()
        assert client.closed_with(seconds=8) == 4401
        assert time.monotonic() - began < 5
    assert Talker(stack.url, headers={"Authorization": f"Bearer {key.bearer}"}).closed_with() == 4401


def test_an_ended_session_closes_its_socket_within_five_seconds(stack: Stack) -> None:
    from django.conf import settings

    browser = stack.pair.b.http("investor")
    cookie = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={browser.session.session_key}"}
    with Talker(stack.url, headers=cookie, origin=stack.url) as client:
        assert client.ask("ping")["ok"]
        browser.logout()
        began = time.monotonic()
        assert client.closed_with(seconds=8) == 4401
        assert time.monotonic() - began < 5


def test_cancel_on_disconnect_cancels_what_the_key_left_working(stack: Stack) -> None:
    from accounts.services.api_keys import apikey_create
    from accounts.tenancy.context import tenant_scope
    from tests.stack import Api
    from tests.world import MAKER

    house, account = stack.pair.a, account_of(stack)
    with tenant_scope(tenant_id=house.tenant.pk):
        key = apikey_create(
            actor=MAKER, user_id=house.investor.pk, label="careful", scopes=["read", "trade"], cancel_on_disconnect_s=3
        )
    with Talker(stack.url, headers={"Authorization": f"Bearer {key.bearer}"}) as client:
        assert client.hello["cancel_on_disconnect_s"] == 3
        order = client.ask("order.new", **order_body(account))["order"]
    api = Api(house.bearer())
    assert api("GET", f"orders/{order['id']}?seq={order['seq']}").json()["status"] == "new"
    time.sleep(4.5)
    stack.caught_up()
    found = api("GET", f"orders/{order['id']}").json()
    assert (found["status"], found["cancel_reason"]) == ("canceled", "disconnect")


def test_cancel_on_disconnect_outlives_a_killed_web_process(stack: Stack) -> None:
    from accounts.services.api_keys import apikey_create
    from accounts.tenancy.context import tenant_scope
    from tests.stack import Api
    from tests.world import MAKER

    house, account = stack.pair.a, account_of(stack)
    with tenant_scope(tenant_id=house.tenant.pk):
        key = apikey_create(
            actor=MAKER, user_id=house.investor.pk, label="wary", scopes=["read", "trade"], cancel_on_disconnect_s=3
        )
    address = stack.processes.web()
    _name, daphne = stack.processes.running[-1]
    client = Talker(address, headers={"Authorization": f"Bearer {key.bearer}"})
    with client:
        order = client.ask("order.new", **order_body(account))["order"]
        daphne.kill()
        daphne.wait()
    time.sleep(4.5)
    stack.caught_up()
    found = Api(house.bearer())("GET", f"orders/{order['id']}").json()
    assert (found["status"], found["cancel_reason"]) == ("canceled", "disconnect")


def test_foreign_accounts_stay_dark(stack: Stack) -> None:
    theirs = stack.pair.b.account_ids[0]
    with enter(stack) as client, enter(stack, house="b") as other:
        refused = client.ask("subscribe", channels=[f"account.{theirs}"])
        random = client.ask("subscribe", channels=["account.987654"])
        assert refused["error"] == random["error"]
        order = other.ask("order.new", **order_body(theirs))
        assert order["ok"]
        attempts = [
            client.ask("order.cancel", account=theirs, order_id=order["order"]["id"]),
            client.ask("order.cancel", account=account_of(stack), order_id=order["order"]["id"]),
            client.ask("orders.cancel_all", account=theirs),
        ]
        codes = [answer["error"]["code"] for answer in attempts]
        assert codes == ["account_not_found", "order_not_found", "account_not_found"]
        with pytest.raises(TimeoutError):
            client.on(f"account.{theirs}", seconds=1.0)
        other.ask("orders.cancel_all", account=theirs)


def test_a_killed_core_is_told_at_once_and_an_order_is_settled_by_its_id(stack: Stack) -> None:
    account = account_of(stack)
    body = order_body(account)
    with enter(stack) as client:
        client.ask("subscribe", channels=["status", f"account.{account}"])
        client.on("status")
        first = client.ask("order.new", **body)
        assert first["ok"]
        stack.core.kill()
        stack.core.wait()
        gone = client.wait(lambda frame: frame.get("ch") == "status" and not frame["data"]["trading"], seconds=5)
        assert gone["data"]["reason"]
        began = time.monotonic()
        refused = client.ask("order.new", **order_body(account))
        assert refused["error"]["code"] == "trading_unavailable"
        assert time.monotonic() - began < 1
        stack.core = stack.processes.core()
        client.wait(lambda frame: frame.get("ch") == "status" and frame["data"]["trading"], seconds=15)
        again = client.ask("order.new", **body)
        assert (again["ok"], again["replayed"], again["seq"]) == (True, True, first["seq"])
        assert again["order"]["id"] == first["order"]["id"]
        assert client.ask("orders.cancel_all", account=account)["ok"]


def test_a_restart_of_the_web_process_is_told(stack: Stack) -> None:
    address = stack.processes.web()
    _name, daphne = stack.processes.running[-1]
    with Talker(address, headers=stack.pair.a.bearer()) as client:
        client.ask("subscribe", channels=["status"])
        daphne.terminate()
        assert client.closed_with() == 4503
    assert daphne.wait(20) == 0


def test_a_plain_http_request_to_the_socket_is_no_crash(stack: Stack) -> None:
    import urllib.error
    import urllib.request

    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(f"{stack.url}/ws/v1", timeout=10)  # noqa: S310  (loopback, our own)
    assert raised.value.code in (404, 426)


def test_an_unknown_socket_path_is_refused(stack: Stack) -> None:
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    with pytest.raises((InvalidStatus, ConnectionClosed)):
        connect(stack.url.replace("http", "ws") + "/ws/v9", open_timeout=10).recv(timeout=5)
