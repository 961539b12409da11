"""Brings news of machines to the pages of this process.

Whoever writes news wakes every web process with a tenant and a number. Here the rows above the last number are read
once per tenant, inside its scope, and handed on by one local group message; each page then drops what its person
may not see. A message names the number it continues from, so that a page which missed one asks for the gap.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass

import structlog
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import close_old_connections

from accounts.tenancy.context import tenant_scope
from accounts.tenancy.names import group_name
from portal.lib.listen import listener
from vmhosting.selectors.machines import EVENTS_PAGE, News, news_after, news_head
from vmhosting.services.news import NEWS_CHANNEL

log = structlog.get_logger(__name__)


def machines_group(tenant_id: int) -> str:
    """Return the group in which the sockets of a tenant's machine pages sit."""
    return group_name("machines", tenant_id)


@dataclass(slots=True)
class _Watched:
    """What this process has already handed on for one tenant."""

    pages: int = 0
    through: int = 0
    busy: bool = False
    again: bool = False


class MachineWatch:
    """One per process; all its state lives on the event loop."""

    def __init__(self) -> None:
        self._watched: dict[int, _Watched] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def join(self, tenant_id: int) -> None:
        """A page of this tenant has opened; the first one fixes the number to continue from."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            if self._loop is None:
                listener.subscribe(NEWS_CHANNEL, self._woken)
            self._loop = loop
        watched = self._watched.get(tenant_id)
        if watched is None:
            # Busy until the number is known: a wake in between waits instead of reading everything there ever was.
            watched = self._watched[tenant_id] = _Watched(busy=True)
            watched.pages += 1
            try:
                watched.through = await sync_to_async(_head, thread_sensitive=False)(tenant_id)
            except Exception:
                del self._watched[tenant_id]
                raise
            watched.busy = False
            if watched.again:
                self._refresh(tenant_id)
        else:
            watched.pages += 1

    def leave(self, tenant_id: int) -> None:
        """A page has closed; with the last one the tenant is forgotten."""
        watched = self._watched.get(tenant_id)
        if watched is not None:
            watched.pages -= 1
            if watched.pages <= 0:
                del self._watched[tenant_id]

    def _woken(self, payload: str | None) -> None:
        """Runs on the listener's thread."""
        tenant_id = json.loads(payload)["tenant"] if payload else None
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._refresh, tenant_id)

    def _refresh(self, tenant_id: int | None) -> None:
        for number in list(self._watched) if tenant_id is None else [tenant_id]:
            watched = self._watched.get(number)
            if watched is None:
                continue
            if watched.busy:
                watched.again = True
                continue
            watched.busy = True
            task = asyncio.ensure_future(self._bring(number, watched))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _bring(self, tenant_id: int, watched: _Watched) -> None:
        try:
            while True:
                watched.again = False
                news = await sync_to_async(_read, thread_sensitive=False)(tenant_id, watched.through)
                watched.through = news.through
                if news.through > news.after:
                    message = {"type": "machines.news", "news": asdict(news)}
                    await get_channel_layer().group_send(machines_group(tenant_id), message)
                if not watched.again and len(news.events) < EVENTS_PAGE:
                    return
        except Exception:
            # The next wake tries again from the same number; pages meanwhile show their age.
            log.exception("machine_news_failed", tenant=tenant_id)
        finally:
            watched.busy = False


def _head(tenant_id: int) -> int:
    close_old_connections()
    with tenant_scope(tenant_id=tenant_id):
        return news_head()


def _read(tenant_id: int, after: int) -> News:
    close_old_connections()
    with tenant_scope(tenant_id=tenant_id):
        return news_after(after=after)


watch = MachineWatch()
