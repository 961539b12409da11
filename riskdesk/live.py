"""Brings news to the desks of this process.

The follower commits alert and risk rows and wakes every web process with a tenant and a number. Here the rows above
the last number are read once per tenant, inside that tenant's scope, and handed to the desks by one local group
message; each desk then drops what its officer may not see. A message names the number it continues from, so a desk
that missed one asks for the gap.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

from accounts.tenancy.context import tenant_scope
from accounts.tenancy.names import group_name
from portal.lib.listen import listener
from riskdesk.alert_book import NOTIFY_CHANNEL as ALERTS_CHANNEL
from riskdesk.models import Alert
from riskdesk.risk_board import NOTIFY_CHANNEL as RISK_CHANNEL
from riskdesk.selectors.alerts import alert_row, changes_head
from riskdesk.selectors.ranking import risk_row, risks_changed_after

_BATCH: Final = 500
log = structlog.get_logger(__name__)


def desk_group(tenant_id: int) -> str:
    """Return the name of the group in which a tenant's desks sit."""
    return group_name("risk", tenant_id)


@dataclass(slots=True)
class _Watched:
    """What this process has already handed on for one tenant."""

    desks: int = 0
    alerts_through: int = 0
    risk_through: int = 0
    busy: bool = False
    again: bool = False


@dataclass(slots=True)
class _News:
    """Rows read in one go."""

    after: int
    alerts: list[dict[str, Any]] = field(default_factory=list)
    through: int = 0
    risks: list[dict[str, Any]] = field(default_factory=list)
    risk_through: int = 0


class DeskWatch:
    """One per process; all its state lives on the event loop."""

    def __init__(self) -> None:
        self._watched: dict[int, _Watched] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def join(self, tenant_id: int) -> None:
        """A desk of this tenant has opened; the first one fixes the numbers to continue from."""
        self._start()
        if tenant_id not in self._watched:
            # Read first, enter afterwards: a wake in between would otherwise hand on everything from number 0.
            news = await database_sync_to_async(_heads, thread_sensitive=False)(tenant_id)
            watched = _Watched(alerts_through=news.through, risk_through=news.risk_through)
            self._watched.setdefault(tenant_id, watched)
        self._watched[tenant_id].desks += 1

    def leave(self, tenant_id: int) -> None:
        """A desk has closed; with the last one the tenant is forgotten."""
        watched = self._watched.get(tenant_id)
        if watched is not None:
            watched.desks -= 1
            if watched.desks <= 0:
                del self._watched[tenant_id]

    def _start(self) -> None:
        if self._loop is None:
            listener.subscribe(ALERTS_CHANNEL, self._woken)
            listener.subscribe(RISK_CHANNEL, self._woken)
        self._loop = asyncio.get_running_loop()

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
                news = await database_sync_to_async(_read, thread_sensitive=False)(
                    tenant_id, watched.alerts_through, watched.risk_through
                )
                watched.alerts_through, watched.risk_through = news.through, news.risk_through
                await self._hand_on(tenant_id, news)
                if not watched.again and len(news.alerts) < _BATCH:
                    return
        except Exception:
            # The next wake tries again from the same numbers; desks meanwhile show their age.
            log.exception("desk_refresh_failed", tenant=tenant_id)
        finally:
            watched.busy = False

    async def _hand_on(self, tenant_id: int, news: _News) -> None:
        layer = get_channel_layer()
        group = desk_group(tenant_id)
        if news.alerts or news.through > news.after:
            message = {"type": "desk.alerts", "after": news.after, "items": news.alerts, "through": news.through}
            await layer.group_send(group, message)
        if news.risks:
            await layer.group_send(group, {"type": "desk.risks", "rows": news.risks})


def _heads(tenant_id: int) -> _News:
    with tenant_scope(tenant_id=tenant_id):
        head = changes_head()
        newest = risks_changed_after(seq=-1, limit=1_000_000)
        return _News(after=head, through=head, risk_through=max((risk.seq for risk in newest), default=0))


def _read(tenant_id: int, alerts_after: int, risk_after: int) -> _News:
    """Read everything of a tenant above the given numbers; runs in a thread."""
    with tenant_scope(tenant_id=tenant_id):
        head = changes_head()
        rows = list(
            Alert.objects.select_related("acknowledged_by")
            .filter(change_no__gt=alerts_after, change_no__lte=head)
            .order_by("change_no")[:_BATCH]
        )
        risks = risks_changed_after(seq=risk_after)
        return _News(
            after=alerts_after,
            alerts=[alert_row(alert) for alert in rows],
            through=rows[-1].change_no if len(rows) == _BATCH else head,
            risks=[risk_row(risk) for risk in risks],
            risk_through=max((risk.seq for risk in risks), default=risk_after),
        )


watch = DeskWatch()
