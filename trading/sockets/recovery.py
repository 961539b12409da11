"""Bringing a follower up to date: from the ring, from the account event table, or by a fresh snapshot.

The table lags the core by a projection's flush, so a replay waits for it to reach the number at which live frames
began to be held back, and then the held frames follow: no gap, nothing twice.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from trading.shapes.orders import OrderState
from trading.sockets.feed import PENDING_FRAMES_MAX, REPLAY_FRAMES_MAX, AccountFeed, Follow
from trading.sockets.market import MarketFeed
from trading.sockets.store import Store, StoredFrames, StoreUnavailable

if TYPE_CHECKING:
    from trading.sockets.hub import Hub

log = logging.getLogger(__name__)

PAGE: Final = 500
LAG_WAIT_S: Final = 5.0
LAG_LOOK_S: Final = 0.03
UNSEEN_MAX: Final = 600
BAR_TRIES: Final = 20
BAR_LOOK_S: Final = 0.25
ORDER_TRIES: Final = 5
ORDER_LOOK_S: Final = 0.1


class Recovery:
    """See the module."""

    def __init__(self, hub: Hub, *, store: Store) -> None:
        self._hub = hub
        self.store = store

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

    async def stored_order(self, *, tenant_id: int, account_id: int, order_id: int) -> OrderState | None:
        """Return an order that has ended out of the query tables; None when they do not have its end (yet)."""
        for _ in range(ORDER_TRIES):
            try:
                order = await self.store.order(
                    tenant_id=tenant_id, account_id=account_id, order_id=order_id, contracts=self._hub.contracts
                )
            except StoreUnavailable:
                return None
            if order is not None and order.ended:
                return order
            await asyncio.sleep(ORDER_LOOK_S)
        return None

    async def load_bar(self, market: MarketFeed) -> None:
        """Give a market its running minute as of a number that the trades heard so far reach."""
        bar, through_seq = None, 0
        for _ in range(BAR_TRIES):
            try:
                instrument_id = market.contract.instrument.instrument_id
                reached, bar, through_seq = await self.store.minute(instrument_id=instrument_id)
            except StoreUnavailable:
                break
            if reached >= self._hub.standing.seq:
                break
            await asyncio.sleep(BAR_LOOK_S)
        market.load_bar(bar, through_seq=through_seq)

    async def load_day(self, market: MarketFeed, trading_day: int) -> None:
        """Give a market what the tables hold of the running day; a follower that lags is waited for."""
        for _ in range(BAR_TRIES):
            try:
                found = await self.store.contract_day(
                    instrument_id=market.contract.instrument.instrument_id, trading_day=trading_day
                )
            except StoreUnavailable:
                return
            if found is not None:
                market.load_day(trading_day, previous_open_interest=found[0], settlement=found[1])
                return
            await asyncio.sleep(BAR_LOOK_S)

    async def load_kills(self, tenant_id: int) -> None:
        """Learn which kill switches are thrown that a tenant may know of."""
        try:
            kills = await self.store.kills(tenant_id=tenant_id)
        except StoreUnavailable:
            return
        self._hub.standing.load_kills(tenant_id, kills)

    def _snapshot(self, feed: AccountFeed, follow: Follow) -> None:
        follow.pending = None
        follow.session.push(feed.snapshot(at_ns=time.time_ns(), last_price=self._hub.last_price))

    async def _replay(self, feed: AccountFeed, follow: Follow, *, generation: int) -> None:
        position, deadline_s = follow.since or 0, time.monotonic() + LAG_WAIT_S
        while position < follow.through:
            frames = await self._page(feed, after_seq=position, limit=min(PAGE, follow.through - position))
            if not self._still_waiting(feed, follow, generation):
                return
            overdue = not frames and time.monotonic() > deadline_s
            if frames is None or overdue or len(follow.pending or ()) > PENDING_FRAMES_MAX:
                self._snapshot(feed, follow)
                return
            for number, frame in frames:
                follow.session.push(frame)
                position = number
            if frames:
                deadline_s = time.monotonic() + LAG_WAIT_S
                await self._let_read(follow)
            else:
                await asyncio.sleep(LAG_LOOK_S)
        if self._still_waiting(feed, follow, generation):
            pending, follow.pending = follow.pending or [], None
            for frame in pending:
                follow.session.push(frame)

    async def _page(self, feed: AccountFeed, *, after_seq: int, limit: int) -> StoredFrames | None:
        try:
            return await self.store.frames_after(
                tenant_id=feed.tenant_id,
                account_id=feed.account_id,
                after_seq=after_seq,
                limit=limit,
                contracts=self._hub.contracts,
            )
        except (StoreUnavailable, LookupError):
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
