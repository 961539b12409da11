"""Every websocket route of a real web server, as a stranger, from a foreign page, and as people of A."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from portal.routing import websocket_urlpatterns
from tests.crossing import http, oracles
from tests.crossing.factories import CHANNELS_OF_NEWS, NOBODY, SOCKETS
from tests.crossing.world import World

_PEOPLE = ("investor", "risk_officer", "server_admin", "broker_admin")
_QUIET_S = 0.4


def paths() -> list[str]:
    """Return the path of every websocket route, found in the router."""
    return [str(pattern.pattern) for pattern in websocket_urlpatterns()]


def socket_breaches(world: World, path: str, *, portal_url: str) -> list[str]:
    """Try one socket in every way."""
    if path not in SOCKETS:
        return [f"/{path}: no frames for this socket; add it to SOCKETS in tests/crossing/factories.py"]
    before = world.fingerprint()
    url = f"{portal_url.replace('http', 'ws', 1)}/{path}"
    found = [*_strangers(world, url, portal_url), *_people(world, url, path, portal_url)]
    after = world.fingerprint()
    return found + [f"/{path} changed B's rows of {table}" for table in before if before[table] != after[table]]


def _cookie(world: World, role: str) -> dict[str, str]:
    morsel = world.browser(role).cookies["aurum_session"]
    return {"Cookie": f"aurum_session={morsel.value}"}


def _strangers(world: World, url: str, portal_url: str) -> Iterator[str]:
    session = _cookie(world, "investor")
    tries: dict[str, dict[str, Any]] = {
        "a stranger": {"origin": portal_url},
        "a page of another site": {"origin": "http://evil.example", "additional_headers": session},
        "a session without an origin": {"additional_headers": session},
        "a false key beside a good session": {
            "origin": portal_url,
            "additional_headers": {**session, "Authorization": f"Bearer {world.pair.a.key().public_id}.wrong"},
        },
    }
    for who, options in tries.items():
        code, frames = _closing(url, options)
        if code != 4401 or frames:
            yield f"{url}: {who} was answered {code} and {len(frames)} frames instead of 4401"


def _closing(url: str, options: dict[str, Any]) -> tuple[int | None, list[str]]:
    frames: list[str] = []
    try:
        with connect(url, open_timeout=10, **options) as socket:
            while True:
                frames.append(str(socket.recv(timeout=3)))
    except ConnectionClosed as closed:
        return (closed.rcvd.code if closed.rcvd else None), frames
    except (TimeoutError, WebSocketException, OSError) as other:
        return None, [*frames, repr(other)]


def _people(world: World, url: str, path: str, portal_url: str) -> Iterator[str]:
    tries: dict[str, dict[str, Any]] = {
        role: {"origin": portal_url, "additional_headers": _cookie(world, role)} for role in _PEOPLE
    }
    tries["key"] = {"additional_headers": world.pair.a.bearer()}
    opened = 0
    for role, options in tries.items():
        with connect(url, open_timeout=10, **options) as socket:
            try:
                frames = _heard(socket)
                opened += role != "key"
                yield from _marks(world, frames, f"{role} {path}: on opening")
                yield from _asked(world, socket, path, role=role)
                yield from _news_of_b(world, socket, path, role=role)
            except ConnectionClosed as closed:
                if closed.rcvd is None or closed.rcvd.code not in {4401, 4403}:
                    yield f"{role} {path}: the socket broke: {closed}"
    if not opened:
        yield f"{path}: no session of A could open it: the test would prove nothing"


def _heard(socket: ClientConnection) -> list[str]:
    frames = []
    while True:
        try:
            frames.append(str(socket.recv(timeout=_QUIET_S)))
            # A reader that never says how far it has read is cut off after ten seconds.
            if '"type":"ping"' in frames[-1] and '"frame":' in frames[-1]:
                socket.send(json.dumps({"op": "seen", "seq": json.loads(frames[-1])["frame"]}))
        except TimeoutError:
            return frames


def _asked(world: World, socket: ClientConnection, path: str, *, role: str) -> Iterator[str]:
    """A foreign id must be answered exactly like one that belongs to nobody."""
    foreign, random = http.ids_foreign(world), http.ids_random(world)
    pairs = zip(SOCKETS[path](foreign), SOCKETS[path](random), strict=True)
    for number, pair in enumerate(pairs):
        answers = []
        for frame in pair:
            socket.send(json.dumps({**frame, "id": 500 + number} if path == "ws/v1" else frame))
            heard = [text for text in _heard(socket) if '"ping"' not in text and '"md"' not in text]
            yield from _marks(world, heard, f"{role} {path} {frame['op']}")
            answers.append([oracles.normalised(text, *foreign.values(), NOBODY, "nobody") for text in heard])
        if answers[0] != answers[1]:
            yield f"{role} {path} {pair[0]['op']} tells a foreign id from a random one: {answers}"


def _news_of_b(world: World, socket: ClientConnection, path: str, *, role: str) -> Iterator[str]:
    """Ring every bell for B: A's socket must stay silent."""
    for channel in CHANNELS_OF_NEWS:
        news = json.dumps({"tenant": world.b.tenant_id, "n": 10**15, "number": 10**15})
        world.admin.execute("SELECT pg_notify(%s, %s)", [channel, news])
    yield from _marks(world, _heard(socket), f"{role} {path}: after news of B")


def _marks(world: World, frames: list[str], where: str) -> Iterator[str]:
    for frame in frames:
        for mark in oracles.foreign_marks(world, frame):
            yield f"{where} shows {mark}"
