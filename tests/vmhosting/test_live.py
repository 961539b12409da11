"""The socket of the machine pages: numbered, gapless, filtered, closed to strangers."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings

from tests.vmhosting.hosting import Hosting
from tests.world import Pair
from vmhosting.consumers.machines import MachinesConsumer
from vmhosting.selectors.machines import news_after, news_head
from vmhosting.services.agents import Line, log_record


def socket(hosting: Hosting, role: str) -> WebsocketCommunicator:
    browser = hosting.house.http(role)
    # What signing in by the form leaves behind; without it the session counts as ended.
    UserSession.objects.create(
        user=hosting.house.people[role],
        session_key=browser.session.session_key,
        ip="127.0.0.1",
        user_agent="test",
    )
    cookie = f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost"), (b"cookie", cookie.encode())]
    return WebsocketCommunicator(MachinesConsumer.as_asgi(), "/ws/machines/", headers=headers)


def write_lines(hosting: Hosting, machine: Any, *texts: str) -> None:
    from accounts.auth.actor import Actor

    with hosting.scope():
        row = hosting.machine(machine.uuid)
        actor = Actor(user_id=row.owner_id, username="m", tenant_id=hosting.tenant_id, api_key_id=row.api_key_id)
        first = hosting.pulse(machine).log_number
        lines = [Line(number=first + 1 + index, at_ns=0, level="info", text=text) for index, text in enumerate(texts)]
        log_record(actor=actor, boot="live", lines=lines)


def test_numbers_are_gapless_and_in_the_order_of_commits(hosting: Hosting) -> None:
    machine = hosting.running()
    for _ in range(3):
        write_lines(hosting, machine, "a", "b")
    hosting.beat(machine, boot="live")
    with hosting.scope():
        head = news_head()
        news = news_after(after=0)
    numbers = {row["number"] for row in news.events} | {row["number"] for row in news.pulses}
    # A heartbeat overwrites the one before it: only such numbers may be missing.
    assert max(numbers) == head == news.through
    assert [row["number"] for row in news.events] == sorted(row["number"] for row in news.events)


def test_pages_of_news_join_without_gap_or_repeat(hosting: Hosting) -> None:
    machine = hosting.running()
    write_lines(hosting, machine, *[str(number) for number in range(25)])
    with hosting.scope():
        whole = [row["number"] for row in news_after(after=0).events]
        pieces: list[int] = []
        after = 0
        while after < news_head():
            page = news_after(after=after, limit=7)
            pieces += [row["number"] for row in page.events]
            after = page.through
    assert pieces == whole


async def test_sends_what_was_missed_and_then_what_happens(hosting: Hosting) -> None:
    machine = await sync_to_async(hosting.running)()
    page = await sync_to_async(socket)(hosting, "investor")
    assert (await page.connect())[0]
    assert await page.receive_json_from(5) == {"type": "hello"}
    await page.send_json_to({"op": "after", "after": 0})
    missed = await page.receive_json_from(5)
    assert (missed["type"], missed["after"]) == ("news", 0)
    assert {row["machine"] for row in missed["events"]} == {machine.uuid}
    await sync_to_async(write_lines)(hosting, machine, "live now")
    frame = await page.receive_json_from(8)
    assert [row["text"] for row in frame["events"]] == ["live now"]
    assert frame["after"] <= missed["through"] < frame["through"]
    await page.disconnect()


async def test_shows_another_investor_the_numbers_but_not_the_news(hosting: Hosting) -> None:
    machine = await sync_to_async(hosting.running)()
    page = await sync_to_async(socket)(hosting, "investor_2")
    await page.connect()
    await page.receive_json_from(5)
    await sync_to_async(write_lines)(hosting, machine, "CNRY secret")
    frame = await page.receive_json_from(8)
    assert (frame["events"], frame["pulses"]) == ([], [])
    await page.send_json_to({"op": "after", "after": 0})
    assert (await page.receive_json_from(5))["events"] == []
    await page.disconnect()


async def test_hands_the_other_broker_nothing(hosting: Hosting, tenant_pair: Pair) -> None:
    machine = await sync_to_async(hosting.running)()
    other = Hosting(house=tenant_pair.b)
    page = await sync_to_async(socket)(other, "server_admin")
    await page.connect()
    await page.receive_json_from(5)
    await sync_to_async(write_lines)(hosting, machine, "CNRY-A")
    assert await page.receive_nothing(1.5)
    await page.disconnect()


@pytest.mark.parametrize("role", ["risk_officer", "back_office_maker"])
async def test_is_closed_to_people_without_the_right(hosting: Hosting, role: str) -> None:
    page = await sync_to_async(socket)(hosting, role)
    await page.connect()
    assert await page.receive_output(5) == {"type": "websocket.close", "code": 4403}


async def test_is_closed_to_strangers_and_other_origins(hosting: Hosting) -> None:
    stranger = WebsocketCommunicator(MachinesConsumer.as_asgi(), "/ws/machines/")
    await stranger.connect()
    assert await stranger.receive_output(5) == {"type": "websocket.close", "code": 4401}
    page = await sync_to_async(socket)(hosting, "investor")
    page.scope["headers"][1] = (b"origin", b"http://evil.example")
    await page.connect()
    assert await page.receive_output(5) == {"type": "websocket.close", "code": 4401}


@pytest.mark.parametrize(
    ("frame", "pointer"),
    [({"op": "x"}, "/op"), ({"op": "after"}, "/after"), ({"op": "after", "after": -1}, "/after"), ([1], "/op")],
)
async def test_refuses_nonsense_with_a_code(hosting: Hosting, frame: Any, pointer: str) -> None:
    page = await sync_to_async(socket)(hosting, "investor")
    await page.connect()
    await page.receive_json_from(5)
    await page.send_json_to(frame)
    assert await page.receive_json_from(5) == {"type": "error", "code": "invalid_field", "pointer": pointer}
    await page.send_to(text_data="{not json")
    assert (await page.receive_json_from(5))["pointer"] == "/op"
    await page.disconnect()
