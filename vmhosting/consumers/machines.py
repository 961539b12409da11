"""The socket of the machine pages: numbered news, filtered by the accounts the person may see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from asgiref.sync import sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.db import close_old_connections

from accounts.auth import revocations
from accounts.auth.actor import Actor
from accounts.auth.sockets import authenticate_scope
from accounts.permissions import Right
from accounts.tenancy.context import tenant_scope
from accounts.tenancy.routes import RouteScope
from vmhosting.live import machines_group, watch
from vmhosting.selectors.machines import News, news_after, news_for

CLOSE_LOGIN: Final = 4401
CLOSE_FORBIDDEN: Final = 4403
_AFTER_MAX: Final = 2**62


class MachinesConsumer(AsyncJsonWebsocketConsumer):
    """`/ws/machines/`. Frames out: `hello`, `news`, `error`. Frames in: `{"op": "after", "after": n}`."""

    aurum_route = RouteScope.TENANT
    right = Right.MACHINE_VIEW_OWN
    actor: Actor | None = None
    unwatch: Callable[[], None] | None = None
    joined = False

    async def connect(self) -> None:
        """Admit owners and administrators; everybody sees the machines of the accounts he may see."""
        self.actor = await authenticate_scope(self.scope)
        await self.accept()
        if self.actor is None or self.actor.tenant_id is None:
            await self.close(code=CLOSE_LOGIN)
            return
        if not (self.actor.has(Right.MACHINE_VIEW_OWN) or self.actor.has(Right.HOST_VIEW)):
            await self.close(code=CLOSE_FORBIDDEN)
            return
        await watch.join(self.actor.tenant_id)
        self.joined = True
        await self.channel_layer.group_add(machines_group(self.actor.tenant_id), self.channel_name)
        self._watch_revocation(self.actor)
        await self.send_json({"type": "hello"})

    async def disconnect(self, code: int) -> None:
        """Leave the group and the watch."""
        if self.unwatch is not None:
            self.unwatch()
        if self.joined and self.actor is not None and self.actor.tenant_id is not None:
            await self.channel_layer.group_discard(machines_group(self.actor.tenant_id), self.channel_name)
            watch.leave(self.actor.tenant_id)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Answer a request for what was missed; anything else is refused with a code."""
        after = content.get("after") if isinstance(content, dict) else None
        if not isinstance(content, dict) or content.get("op") != "after":
            await self.send_json({"type": "error", "code": "invalid_field", "pointer": "/op"})
        elif not isinstance(after, int) or isinstance(after, bool) or not 0 <= after < _AFTER_MAX:
            await self.send_json({"type": "error", "code": "invalid_field", "pointer": "/after"})
        elif self.actor is not None and self.joined:
            read = sync_to_async(_missed, thread_sensitive=False)
            await self.send_json(await read(self.actor, after))

    @classmethod
    async def decode_json(cls, text_data: str) -> Any:
        """Decode a frame; what is not JSON becomes None and is refused like any unknown operation."""
        try:
            return await super().decode_json(text_data)
        except ValueError:
            return None

    async def machines_news(self, message: dict[str, Any]) -> None:
        """Hand on what the person may see."""
        if self.actor is not None:
            await self.send_json(news_for(actor=self.actor, news=News(**message["news"])))

    def _watch_revocation(self, actor: Actor) -> None:
        loop = asyncio.get_running_loop()

        def revoked() -> None:
            # Called on another thread: the session ended, or the membership.
            loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self.close(code=CLOSE_LOGIN)))

        self.unwatch = revocations.watch(actor=actor, on_revoked=revoked)


def _missed(actor: Actor, after: int) -> dict[str, Any]:
    close_old_connections()
    # Joined sockets have a tenant; 0 is nobody's.
    with tenant_scope(tenant_id=actor.tenant_id or 0, user_id=actor.user_id, account_ids=actor.account_ids):
        return news_for(actor=actor, news=news_after(after=after))
