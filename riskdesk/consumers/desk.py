"""The desk's socket: a snapshot, then numbered alerts and risk figures, filtered by what the officer may see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from accounts.auth import revocations
from accounts.auth.actor import Actor
from accounts.auth.sockets import authenticate_scope
from accounts.permissions import Right
from accounts.tenancy.context import tenant_scope
from accounts.tenancy.routes import RouteScope
from riskdesk.live import desk_group, watch
from riskdesk.selectors.alerts import alerts_after, alerts_standing, changes_head
from riskdesk.selectors.ranking import ranking

CLOSE_LOGIN: Final = 4401
CLOSE_FORBIDDEN: Final = 4403


class DeskConsumer(AsyncJsonWebsocketConsumer):
    """`/ws/risk/`. Frames out: snapshot, alerts, risks, error. Frames in: `{"op": "alerts_after", "after": n}`."""

    aurum_route = RouteScope.STAFF
    right = Right.RISK_VIEW
    actor: Actor | None = None
    unwatch: Callable[[], None] | None = None
    joined = False

    async def connect(self) -> None:
        """Admit officers only, then send what stands."""
        self.actor = await authenticate_scope(self.scope)
        await self.accept()
        if self.actor is None or self.actor.tenant_id is None:
            await self.close(code=CLOSE_LOGIN)
            return
        if not self.actor.has(Right.RISK_VIEW):
            await self.close(code=CLOSE_FORBIDDEN)
            return
        await watch.join(self.actor.tenant_id)
        self.joined = True
        await self.channel_layer.group_add(desk_group(self.actor.tenant_id), self.channel_name)
        self._watch_revocation(self.actor)
        await self.send_json(await self._read(_snapshot))

    async def disconnect(self, code: int) -> None:
        """Leave the group and the watch."""
        if self.unwatch is not None:
            self.unwatch()
        if self.joined and self.actor is not None and self.actor.tenant_id is not None:
            await self.channel_layer.group_discard(desk_group(self.actor.tenant_id), self.channel_name)
            watch.leave(self.actor.tenant_id)

    def _watch_revocation(self, actor: Actor) -> None:
        loop = asyncio.get_running_loop()

        def revoked() -> None:
            # Called on another thread: the session ended, or the membership.
            loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self.close(code=CLOSE_LOGIN)))

        self.unwatch = revocations.watch(actor=actor, on_revoked=revoked)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Answer a request for a gap; anything else is refused with a code."""
        after = content.get("after") if isinstance(content, dict) else None
        if not isinstance(content, dict) or content.get("op") != "alerts_after":
            await self.send_json({"type": "error", "code": "invalid_field", "pointer": "/op"})
        elif not isinstance(after, int) or isinstance(after, bool) or not 0 <= after < 2**62:
            await self.send_json({"type": "error", "code": "invalid_field", "pointer": "/after"})
        else:
            await self.send_json(await self._read(_gap, after))

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        """Decode a frame; what is not JSON becomes None and is refused like any unknown operation."""
        try:
            return await super().decode_json(text_data)
        except ValueError:
            return None

    async def desk_alerts(self, message: dict[str, Any]) -> None:
        """Hand on changed alerts of accounts the officer may see; the numbers always move on."""
        if self.actor is not None:
            items = [row for row in message["items"] if self.actor.can_see(row["account"])]
            frame = {"type": "alerts", "after": message["after"], "items": items, "through": message["through"]}
            await self.send_json(frame)

    async def desk_risks(self, message: dict[str, Any]) -> None:
        """Hand on risk figures of accounts the officer may see."""
        if self.actor is not None:
            rows = [row for row in message["rows"] if self.actor.can_see(row["account"])]
            if rows:
                await self.send_json({"type": "risks", "rows": rows})

    async def _read(self, read: Any, *args: Any) -> dict[str, Any]:
        actor = self.actor
        if actor is None or actor.tenant_id is None:
            return {"type": "error", "code": "not_authenticated"}
        return await database_sync_to_async(_in_scope, thread_sensitive=False)(actor, read, *args)  # type: ignore[no-any-return]


def _in_scope(actor: Actor, read: Any, *args: Any) -> dict[str, Any]:
    if actor.tenant_id is None:
        return {"type": "error", "code": "not_authenticated"}
    with tenant_scope(tenant_id=actor.tenant_id, user_id=actor.user_id, account_ids=actor.account_ids):
        result: dict[str, Any] = read(actor, *args)
        return result


def _snapshot(actor: Actor) -> dict[str, Any]:
    # The head is read before the rows: what changes in between comes again as an alert above it.
    through = changes_head()
    return {
        "type": "snapshot",
        "alerts": alerts_standing(actor=actor),
        "through": through,
        "ranking": ranking(actor=actor),
    }


def _gap(actor: Actor, after: int) -> dict[str, Any]:
    page = alerts_after(actor=actor, after=after)
    return {"type": "alerts", "after": after, "items": page.items, "through": page.through}
