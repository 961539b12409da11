"""Bringing a follower up to date: from the ring, from the account event table, or by a fresh snapshot.

The table lags the core by a projection's flush, so a replay waits for it to reach the number at which live frames
began to be held back, and then the held frames follow: no gap, nothing twice.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db import DatabaseError, close_old_connections

from accounts.tenancy.context import tenant_scope
from trading.engine.views import AccountView
from trading.models import Bar, FollowerPosition
from trading.selectors import account_stream
from trading.shapes.orders import OrderState
from trading.sockets.feed import PENDING_FRAMES_MAX, REPLAY_FRAMES_MAX, AccountFeed, Follow
from trading.sockets.market import MarketFeed, MinuteBar

if TYPE_CHECKING:
    from trading.sockets.hub import Hub

log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

THREADS: Final = 4
PAGE: Final = 500
LAG_WAIT_S: Final = 5.0
UNSEEN_MAX: Final = 600
BAR_TRIES: Final = 20

_pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="socket-db")


async def in_thread(work: Callable[[], _Result]) -> _Result:
    """Run a piece of database work on a thread of the sockets' own and give its connection back."""
    return await asyncio.get_running_loop().run_in_executor(_pool, partial(_with_connection, work))


def _with_connection(work: Callable[[], _Result]) -> _Result:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()


class Recovery:
    """See the module."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def begin(self, feed: AccountFeed, follow: Follow) -> None:
        """Bring one follower of a ready feed up to date."""
        since, head = follow.since, feed.stream.account_seq
        if since is None or since > head or head - since > REPLAY_FRAMES_MAX:
            self._snapshot(feed, follow)
            return
        frames = feed.ring_after(since)
        if frames is not None:
            follow.pending = None
            for frame in frames:
                follow.session.push(frame)
            return
        follow.pending = []
        follow.through = head
        self._hub.job(self._replay(feed, follow, generation=feed.generation))

    async def order_times(self, feed: AccountFeed, view: AccountView) -> dict[int, int]:
        """Return when the account's working orders were entered, as far as the database knows."""
        ids = [order.order_id for order in view.orders if order.order_id not in feed.stream.orders]
        if not ids:
            return {}
        ask = partial(account_stream.order_times, account_id=feed.account_id, order_ids=ids)
        try:
            return await in_thread(partial(_scoped, feed.tenant_id, ask))
        except DatabaseError:
            log.warning("order times are not available: the database does not answer")
            return {}

    async def stored_order(self, *, tenant_id: int, account_id: int, order_id: int) -> OrderState | None:
        """Return an order out of the query tables; None when they do not have it (yet)."""
        ask = partial(
            account_stream.stored_order, account_id=account_id, order_id=order_id, contracts=self._hub.contracts
        )
        for _ in range(5):
            try:
                order: OrderState | None = await in_thread(partial(_scoped, tenant_id, ask))
            except DatabaseError:
                return None
            if order is not None:
                return order
            await asyncio.sleep(0.1)
        return None

    async def load_bar(self, market: MarketFeed) -> None:
        """Give a market its running minute as of a number that the trades heard so far reach."""
        bar, through_seq = None, 0
        for _ in range(BAR_TRIES):
            try:
                reached, bar, through_seq = await in_thread(partial(_stored_bar, market))
            except DatabaseError:
                break
            if reached >= self._hub.standing.seq:
                break
            await asyncio.sleep(0.25)
        market.load_bar(bar, through_seq=through_seq)

    def _snapshot(self, feed: AccountFeed, follow: Follow) -> None:
        follow.pending = None
        follow.session.push(feed.snapshot(at_ns=time.time_ns(), last_price=self._hub.last_price))

    async def _replay(self, feed: AccountFeed, follow: Follow, *, generation: int) -> None:
        position, deadline_s = follow.since or 0, time.monotonic() + LAG_WAIT_S
        while position < follow.through:
            limit = min(PAGE, follow.through - position)
            frames = await self._page(feed, after_seq=position, limit=limit)
            if not self._still_waiting(feed, follow, generation):
                return
            overdue = not frames and time.monotonic() > deadline_s
            if frames is None or overdue or len(follow.pending or ()) > PENDING_FRAMES_MAX:
                self._snapshot(feed, follow)
                return
            for position, frame in frames:  # noqa: B007  (the last number is where the next page begins)
                follow.session.push(frame)
            if frames:
                deadline_s = time.monotonic() + LAG_WAIT_S
                await self._let_read(follow)
            else:
                await asyncio.sleep(0.03)
        if self._still_waiting(feed, follow, generation):
            pending, follow.pending = follow.pending or [], None
            for frame in pending:
                follow.session.push(frame)

    async def _page(self, feed: AccountFeed, *, after_seq: int, limit: int) -> list[tuple[int, bytes]] | None:
        ask = partial(
            account_stream.frames_after,
            tenant_id=feed.tenant_id,
            account_id=feed.account_id,
            after_seq=after_seq,
            limit=limit,
            contracts=self._hub.contracts,
        )
        try:
            return await in_thread(partial(_scoped, feed.tenant_id, ask))
        except (DatabaseError, LookupError):
            log.exception("a replay of account events failed; the client gets a snapshot")
            return None

    async def _let_read(self, follow: Follow) -> None:
        """Wait a little for the client to read what it was sent, so that a replay does not make it a slow reader."""
        reader = follow.session.reader
        for _ in range(100):
            if follow.session.closed or reader.frames - reader.seen_frames <= UNSEEN_MAX:
                return
            await asyncio.sleep(0.02)

    def _still_waiting(self, feed: AccountFeed, follow: Follow, generation: int) -> bool:
        session = follow.session
        return (
            not session.closed
            and feed.generation == generation
            and follow.pending is not None
            and feed.follows.get(session) is follow
        )


def _scoped(tenant_id: int, ask: Callable[[], Any]) -> Any:
    with tenant_scope(tenant_id=tenant_id):
        return ask()


def _stored_bar(market: MarketFeed) -> tuple[int, MinuteBar | None, int]:
    instrument_id = market.contract.instrument.instrument_id
    row = Bar.objects.filter(instrument_id=instrument_id, period_s=60).order_by("-start_s").first()
    position = FollowerPosition.objects.filter(name="marketdata").values_list("seq", flat=True).first() or 0
    if row is None:
        return position, None, 0
    bar = MinuteBar(start_ns=row.start_s * 1_000_000_000, price=row.open_ticks)
    bar.high, bar.low, bar.close = row.high_ticks, row.low_ticks, row.close_ticks
    bar.volume, bar.open_interest, bar.seq = row.volume, row.open_interest, row.through_seq
    return position, bar, row.through_seq
