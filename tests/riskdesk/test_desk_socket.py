"""The desk's socket: who is let in, the snapshot, news by number, the gap, and what an officer may not see."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from allauth.usersessions.models import UserSession
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from portal.routing import websocket_urlpatterns
from riskdesk.alert_book import write_findings
from riskdesk.monitors.base import Finding
from tests.world import House, pair_make

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def houses(committed: None) -> tuple[House, House]:
    pair = pair_make()
    return pair.a, pair.b


def finding(house: House, *, account: int = 0, seq: int = 5) -> Finding:
    return Finding(
        rule="risk_degree_100", severity=4, tenant_id=house.tenant.pk, account_id=house.account_ids[account], seq=seq,
        at_ns=seq, level=True, figures={"degree_ppm": 1_040_000},
    )  # fmt: skip


def write(connection: psycopg.Connection[Any], *findings: Finding) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        write_findings(cursor, findings)


def desk(house: House, role: str) -> WebsocketCommunicator:
    browser = house.http(role)
    # Signing in through the page lists the session; a forced login does not.
    key = str(browser.session.session_key)
    UserSession.objects.create(user=house.people[role], session_key=key, ip="127.0.0.1", user_agent="test")
    cookie = browser.cookies["aurum_session"].OutputString().split(";")[0]
    headers = [(b"cookie", cookie.encode()), (b"origin", b"http://testserver"), (b"host", b"testserver")]
    return WebsocketCommunicator(URLRouter(websocket_urlpatterns()), "/ws/risk/", headers=headers)


async def opened(communicator: WebsocketCommunicator) -> dict[str, Any]:
    await communicator.connect()
    frame: dict[str, Any] = await communicator.receive_json_from(timeout=5)
    assert frame["type"] == "snapshot"
    return frame


async def closed_with(communicator: WebsocketCommunicator) -> int:
    await communicator.connect()
    message = await communicator.receive_output(timeout=5)
    assert message["type"] == "websocket.close"
    return int(message["code"])


async def test_an_officer_gets_a_snapshot_then_news_by_number(
    houses: tuple[House, House], db_core: psycopg.Connection[Any]
) -> None:
    house, _ = houses
    write(db_core, finding(house))
    communicator = desk(house, "risk_officer")
    frame = await opened(communicator)
    assert [row["number"] for row in frame["alerts"]] == [1]
    assert frame["through"] == 1
    await asyncio.sleep(1.5)  # the LISTEN connection is made by the first desk
    write(db_core, finding(house, account=1, seq=9))
    news = await communicator.receive_json_from(timeout=5)
    assert (news["type"], news["after"], news["through"]) == ("alerts", 1, 2)
    assert [row["account"] for row in news["items"]] == [house.account_ids[1]]
    await communicator.disconnect()


async def test_a_gap_is_answered_with_everything_above_a_number(
    houses: tuple[House, House], db_core: psycopg.Connection[Any]
) -> None:
    house, _ = houses
    write(db_core, finding(house), finding(house, account=1))
    communicator = desk(house, "risk_officer")
    await opened(communicator)
    await communicator.send_json_to({"op": "alerts_after", "after": 1})
    frame = await communicator.receive_json_from(timeout=5)
    assert [row["change_no"] for row in frame["items"]] == [2]
    assert frame["through"] == 2
    await communicator.disconnect()


MALFORMED = ["no json", "[]", '{"op":"alerts_after","after":-1}', '{"op":"alerts_after","after":true}', "{}"]


@pytest.mark.parametrize("text", MALFORMED)
async def test_a_malformed_frame_gets_a_code_and_the_socket_stays(houses: tuple[House, House], text: str) -> None:
    communicator = desk(houses[0], "risk_officer")
    await opened(communicator)
    await communicator.send_to(text_data=text)
    frame = await communicator.receive_json_from(timeout=5)
    assert (frame["type"], frame["code"]) == ("error", "invalid_field")
    await communicator.send_json_to({"op": "alerts_after", "after": 0})
    assert (await communicator.receive_json_from(timeout=5))["type"] == "alerts"
    await communicator.disconnect()


async def test_another_brokers_officer_sees_none_of_it(
    houses: tuple[House, House], db_core: psycopg.Connection[Any]
) -> None:
    house, other = houses
    write(db_core, finding(house))
    communicator = desk(other, "risk_officer")
    frame = await opened(communicator)
    assert (frame["alerts"], frame["through"]) == ([], 0)
    await asyncio.sleep(1.5)
    write(db_core, finding(house, account=1, seq=9))
    assert await communicator.receive_nothing(timeout=2)
    await communicator.disconnect()


async def test_an_investor_is_turned_away(houses: tuple[House, House]) -> None:
    assert await closed_with(desk(houses[0], "investor")) == 4403


async def test_a_stranger_is_turned_away(committed: None) -> None:
    communicator = WebsocketCommunicator(URLRouter(websocket_urlpatterns()), "/ws/risk/")
    assert await closed_with(communicator) == 4401
