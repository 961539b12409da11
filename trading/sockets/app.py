"""The ASGI application of /ws/v1: handshake, identification, then every message goes to the session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError

from accounts.auth import revocations
from accounts.auth.actor import Actor
from accounts.auth.sockets import authenticate_scope_sync
from accounts.permissions import Right
from trading.shapes.refusals import detail, in_language
from trading.sockets import frames
from trading.sockets.hub import Hub, shared_hub
from trading.sockets.lane import DaphneWire, before_shutdown, daphne_protocol
from trading.sockets.limits import Rates
from trading.sockets.session import Session
from trading.sockets.store import DatabaseStore, in_thread
from trading.sockets.wire import AsgiWire

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_START_WAIT_S: Final = 10.0


def make_hub() -> Hub:
    """Build the process's hub from the settings."""
    per_s = int(getattr(settings, "AURUM_SOCKET_ORDERS_PER_S", 300))
    hub = Hub(rates=Rates.of_orders(per_s), detail=detail, sentence=in_language, store=DatabaseStore())
    before_shutdown(partial(hub.close_all, frames.RESTART))
    return hub


async def trading_socket(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Serve one socket from handshake to close."""
    message = await receive()
    if message["type"] != "websocket.connect":
        return
    hub = await asyncio.wait_for(shared_hub(make_hub), timeout=_START_WAIT_S)
    actor, code = await _identify(scope)
    # A refused client must be able to read the code, so the handshake is completed first.
    await send({"type": "websocket.accept"})
    if actor is None:
        await send({"type": "websocket.close", "code": code})
        return
    await _serve(hub, actor, receive, send)


async def _identify(scope: MutableMapping[str, Any]) -> tuple[Actor | None, int]:
    try:
        actor = await in_thread(partial(authenticate_scope_sync, scope))
    except DatabaseError:
        log.warning("a socket could not be identified: the database does not answer")
        return None, frames.RESTART
    if actor is None or actor.tenant_id is None:
        return None, frames.LOGIN
    if not actor.has(Right.TRADE_VIEW):
        return None, frames.FORBIDDEN
    return actor, 0


async def _serve(hub: Hub, actor: Actor, receive: Receive, send: Send) -> None:
    protocol = daphne_protocol(send)
    wire = DaphneWire(protocol) if protocol is not None else AsgiWire(send)
    session = hub.open(wire=wire, actor=actor)
    if session is None:
        wire.close(frames.RATE)
        await _until_disconnect(receive)
        return
    loop = asyncio.get_running_loop()

    def revoked() -> None:
        loop.call_soon_threadsafe(session.close, frames.LOGIN)

    unwatch = revocations.watch(actor=actor, on_revoked=revoked)
    try:
        if isinstance(wire, DaphneWire):
            wire.take_over(session.received)
        await _read(session, receive)
    finally:
        unwatch()
        session.lost()
        wire.stop()


async def _read(session: Session, receive: Receive) -> None:
    while True:
        message = await receive()
        kind = message["type"]
        if kind == "websocket.receive":
            text = message.get("text")
            session.received(text.encode() if text is not None else message.get("bytes") or b"")
        elif kind == "websocket.disconnect":
            return


async def _until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass
