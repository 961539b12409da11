"""Hints that alerts or machines have news: to whom, how often, and what a lost connection means."""

from __future__ import annotations

import json

from accounts.permissions import Right
from riskdesk.alert_book import NOTIFY_CHANNEL as ALERTS
from tests.sockets.memory import Door, investor
from tests.sockets.test_session import told
from trading.sockets.notices import SOURCES
from vmhosting.services.news import NEWS_CHANNEL as MACHINES

OFFICER = investor(account_ids=None, own_account_ids=frozenset(), rights={Right.TRADE_VIEW, Right.RISK_VIEW}, key=None)


def say(door: Door, channel: str, **payload: int) -> None:
    """Let PostgreSQL say something."""
    door.listener.callbacks[channel](json.dumps(payload))


def test_listens_where_the_other_rooms_speak() -> None:
    assert SOURCES["alerts"].listen == ALERTS
    assert SOURCES["machines"].listen == MACHINES


@told
async def test_an_officer_hears_of_his_brokers_alerts_only(door: Door) -> None:
    client = door.enter(OFFICER)
    await client.hear()
    ok, first = await client.say(op="subscribe", id=1, channels=["alerts"])
    assert (ok["ok"], first["type"], first["data"]) == (True, "snapshot", {"through": None})
    say(door, ALERTS, tenant=2, n=90)
    say(door, ALERTS, tenant=1, n=5)
    await door.settle()
    door.hub._tick()
    (event,) = await client.hear()
    assert (event["ch"], event["seq"], event["prev"], event["data"]) == ("alerts", 5, None, {"through": 5})
    say(door, ALERTS, tenant=1, n=7)
    await door.settle()
    door.hub._tick()
    (event,) = await client.hear()
    assert (event["seq"], event["prev"]) == (7, 5)


@told
async def test_a_burst_is_one_hint(door: Door) -> None:
    client = door.enter(OFFICER)
    await client.say(op="subscribe", channels=["alerts"])
    for number in range(1, 50):
        say(door, ALERTS, tenant=1, n=number)
    await door.settle()
    door.hub._tick()
    (event,) = await client.hear()
    assert event["data"] == {"through": 49}
    say(door, ALERTS, tenant=1, n=20)
    await door.settle()
    door.hub._tick()
    assert await client.hear() == []
    # Something can come to be without a new number: the deadline of a margin call passes in a market that is still.
    say(door, ALERTS, tenant=1, n=49)
    await door.settle()
    door.hub._tick()
    (again,) = await client.hear()
    assert (again["data"], again["prev"]) == ({"through": 49}, 49)


@told
async def test_after_a_lost_connection_everybody_looks_again(door: Door) -> None:
    client = door.enter(OFFICER)
    await client.say(op="subscribe", channels=["alerts"])
    door.listener.callbacks[ALERTS](None)
    (again,) = await client.hear()
    assert (again["type"], again["data"]) == ("snapshot", {"through": None})


@told
async def test_nonsense_is_passed_over(door: Door) -> None:
    client = door.enter(OFFICER)
    await client.say(op="subscribe", channels=["alerts"])
    for payload in ("", "{", "[]", '{"tenant":1}', '{"tenant":"x","n":1}'):
        door.listener.callbacks[ALERTS](payload)
    await door.settle()
    door.hub._tick()
    assert await client.hear() == []


@told
async def test_an_investor_hears_nothing_of_alerts(door: Door) -> None:
    client = door.enter(investor())
    await client.hear()
    (answer,) = await client.say(op="subscribe", id=1, channels=["alerts"])
    assert answer["error"]["code"] == "channel_not_found"


@told
async def test_leaving_ends_the_hints(door: Door) -> None:
    client = door.enter(OFFICER)
    await client.say(op="subscribe", channels=["alerts"])
    await client.say(op="unsubscribe", channels=["alerts"])
    say(door, ALERTS, tenant=1, n=5)
    await door.settle()
    door.hub._tick()
    assert await client.hear() == []
