"""The accounts that somebody in this process follows: one picture each, loaded from the core, fed by its news."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from portal.lib.errors import Refused
from trading.core.client import CoreUnavailable
from trading.engine.events import Trade
from trading.shapes.contracts import Contract
from trading.shapes.orders import OrderState
from trading.sockets import frames
from trading.sockets.channels import ChannelName
from trading.sockets.feed import AccountFeed, Follow, Row
from trading.sockets.session import Session

if TYPE_CHECKING:
    from trading.sockets.hub import Hub

LINGER_NS: Final = 30_000_000_000


class AccountFeeds:
    """The feeds by account number."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._feeds: dict[int, AccountFeed] = {}

    # -- followers

    def join(self, session: Session, channel: ChannelName, *, since: int | None) -> None:
        """Let a socket follow an account."""
        hub = self._hub
        account_id, tenant_id = channel.number, session.actor.tenant_id or 0
        feed = self._feeds.get(account_id)
        if feed is None:
            feed = AccountFeed(
                tenant_id=tenant_id,
                account_id=account_id,
                contracts=hub.contracts,
                trading_day=hub.trading_day,
                reload=self.reload,
            )
            self._feeds[account_id] = feed
            self.reload(feed)
        elif feed.tenant_id != tenant_id:
            self._no_account(session, channel.name)
            return
        follow = feed.follows[session] = Follow(session, since=since)
        if feed.ready:
            hub.recovery.begin(feed, follow)
        else:
            follow.pending = []

    def leave(self, session: Session, account_id: int) -> None:
        """A socket follows no longer; the picture stays a while, for those who come back."""
        feed = self._feeds.get(account_id)
        if feed is not None and feed.follows.pop(session, None) is not None and not feed.follows:
            feed.idle_since_ns = self._hub.now_ns()

    def send_snapshot(self, session: Session, account_id: int) -> None:
        """Send the whole picture to one follower."""
        feed = self._feeds.get(account_id)
        if feed is not None and feed.ready and session in feed.follows:
            # A replay under way is given up: the snapshot includes what it would have told.
            feed.follows[session].pending = None
            session.push(feed.snapshot(at_ns=time.time_ns(), last_price=self._hub.last_price))

    def sweep(self, *, at_ns: int) -> None:
        """Forget feeds that nobody has followed for a while."""
        idle = [feed for feed in self._feeds.values() if not feed.follows and at_ns - feed.idle_since_ns > LINGER_NS]
        for feed in idle:
            self._forget(feed)

    # -- orders

    def known_order(self, account_id: int, order_id: int) -> OrderState | None:
        """Return an order as the account's picture shows it, when there is one."""
        feed = self._feeds.get(account_id)
        return feed.stream.known_order(order_id) if feed is not None else None

    def contract_of_order(
        self, *, tenant_id: int, account_id: int, order_id: int, then: Callable[[Contract | None], None]
    ) -> None:
        """Find an order's contract: at once from the account's picture, else by asking the core."""
        known = self.known_order(account_id, order_id)
        if known is not None:
            then(known.contract)
        else:
            self._hub.job(self._ask_contract(tenant_id=tenant_id, account_id=account_id, order_id=order_id, then=then))

    async def _ask_contract(
        self, *, tenant_id: int, account_id: int, order_id: int, then: Callable[[Contract | None], None]
    ) -> None:
        hub = self._hub
        try:
            order = await hub.link.query("order", tenant_id=tenant_id, account_id=account_id, order_id=order_id)
        except (Refused, CoreUnavailable):
            then(None)
            return
        then(hub.contracts.by_id.get(order.instrument_id))

    # -- news

    def deliver(self, rows: list[Row], *, new_day: int) -> None:
        """Hand private events to the accounts' feeds; a trade goes to both its sides."""
        feeds, acked_ns = self._feeds, time.time_ns()
        for row in rows:
            event = row[3]
            if type(event) is Trade:
                for leg in (event.maker, event.taker):
                    feed = feeds.get(leg.account_id)
                    if feed is not None:
                        feed.deliver(row, leg.account_seq, acked_ns, new_day)
                continue
            feed = feeds.get(event.account_id)  # type: ignore[union-attr]
            if feed is not None:
                feed.deliver(row, event.account_seq, acked_ns, new_day)  # type: ignore[union-attr]

    def day_rolled(self, new_day: int) -> None:
        """A new trading day began."""
        for feed in self._feeds.values():
            feed.stream.trading_day = new_day

    # -- loading

    def reload_all(self) -> None:
        """The core was away: fetch every picture anew."""
        for feed in list(self._feeds.values()):
            self.reload(feed)

    def reload(self, feed: AccountFeed) -> None:
        """Fetch an account's picture from the core."""
        generation = feed.begin_loading()
        for follow in feed.follows.values():
            if follow.pending is None:
                # What it was told last becomes where it goes on from.
                follow.since, follow.pending = feed.stream.account_seq or None, []
        self._hub.job(self._load(feed, generation))

    async def _load(self, feed: AccountFeed, generation: int) -> None:
        hub = self._hub
        try:
            await hub.link.watch([feed.account_id])
            view = await hub.link.query("account", tenant_id=feed.tenant_id, account_id=feed.account_id)
        except CoreUnavailable:
            return  # loaded when the core is back
        except Refused:
            self._forget(feed)
            return
        if feed.generation != generation:
            return
        feed.loaded(view, trading_day=hub.trading_day, acked_ns=time.time_ns())
        if not feed.ready:
            return
        for follow in list(feed.follows.values()):
            hub.recovery.begin(feed, follow)

    def _forget(self, feed: AccountFeed) -> None:
        for follow in list(feed.follows.values()):
            self._no_account(follow.session, feed.stream.channel)
        feed.follows.clear()
        if self._feeds.get(feed.account_id) is feed:
            del self._feeds[feed.account_id]
            self._hub.link.unwatch([feed.account_id])

    def _no_account(self, session: Session, name: str) -> None:
        session.channels.pop(name, None)
        detail = self._hub.detail("account_not_found", {}, session.actor.language)
        session.push(frames.channel_error(name, code="account_not_found", detail=detail))
