"""The heart of the socket door: one a web process. One link to the core, one picture an account and contract, and the
sockets that follow them.

All of it lives on the event loop's thread and holds no lock. A commit of the core arrives as one delivery; its news
are encoded once, put into the queues of the sockets concerned, and each socket is written once at the end of the turn.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Callable
from typing import Any, Final

from accounts.auth.actor import Actor
from portal.lib.errors import Refused
from trading.core.client import Answer, CoreLink, CoreUnavailable, Delivery
from trading.engine.commands import Command
from trading.engine.events import DayRolled, InstrumentPut, KillChanged, Trade
from trading.shapes.contracts import Contract, Contracts
from trading.sockets import frames
from trading.sockets.channels import ChannelName
from trading.sockets.disconnects import Disconnects
from trading.sockets.feed import AccountFeed, Follow
from trading.sockets.limits import Principals, Rates
from trading.sockets.market import MarketFeed
from trading.sockets.recovery import Recovery
from trading.sockets.session import Session
from trading.sockets.standing import Standing
from trading.sockets.wire import Wire

log = logging.getLogger(__name__)

IN_FLIGHT_MAX: Final = 1024
TICK_S: Final = 0.05
WATCH_EVERY_TICKS: Final = 5
SLOW_EVERY_TICKS: Final = 20
SWEEP_EVERY_TICKS: Final = 200
FEED_LINGER_NS: Final = 30_000_000_000
# After start nearly nothing is garbage: collections of the young objects stay rare and the old ones are never walked.
GC_THRESHOLDS: Final = (50_000, 50, 100)


class Hub:
    """See the module."""

    def __init__(
        self, *, rates: Rates, detail: Callable[[str, Any, str], str], in_flight_max: int = IN_FLIGHT_MAX
    ) -> None:
        self.contracts = Contracts()
        self.trading_day = 0
        self.in_flight_max = in_flight_max
        self.markets: dict[int, MarketFeed] = {}
        self.feeds_of_accounts: dict[int, AccountFeed] = {}
        self.sessions: set[Session] = set()
        self.principals = Principals(rates)
        self.detail = detail
        self.standing = Standing()
        self.recovery = Recovery(self)
        self.disconnects = Disconnects(self)
        self.now_ns: Callable[[], int] = time.monotonic_ns
        self._status_watchers: set[Session] = set()
        self._dirty: list[Session] = []
        self._flush_planned = False
        self._ticks = 0
        self._jobs: set[asyncio.Task[None]] = set()
        self.link: CoreLink

    # -- life

    async def start(self, *, link: Callable[..., CoreLink] = CoreLink) -> None:
        """Connect to the core and begin to tick."""
        self._loop = asyncio.get_running_loop()
        self.link = link("web", self.delivered, self._state_changed)
        self._loop.call_later(TICK_S, self._tick)
        await self.link.start()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    def close_all(self, code: int) -> None:
        """Close every socket, for a restart."""
        for session in list(self.sessions):
            session.close(code)

    @property
    def trading(self) -> bool:
        """Whether the core takes commands now."""
        return self.link.connected

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something once after some seconds."""
        self._loop.call_later(seconds, act)

    def job(self, work: Any) -> None:
        """Run a coroutine beside the sockets and keep it alive; used off the order path only."""
        task = self._loop.create_task(work)
        self._jobs.add(task)
        task.add_done_callback(self._job_done)

    def _job_done(self, task: asyncio.Task[None]) -> None:
        self._jobs.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("a job of the socket hub failed", exc_info=task.exception())

    # -- sockets

    def open(self, *, wire: Wire, actor: Actor) -> Session | None:
        """Let an identified client in and greet it; None when it has too many sockets."""
        at_ns = self.now_ns()
        key = ("key", actor.api_key_id) if actor.api_key_id is not None else ("user", actor.user_id)
        principal = self.principals.enter(key, at_ns=at_ns)
        if principal is None:
            return None
        session = Session(hub=self, wire=wire, actor=actor, principal=principal, at_ns=at_ns)
        self.sessions.add(session)
        self.disconnects.connected(actor)
        session.hello()
        return session

    def left(self, session: Session) -> None:
        """Forget a socket."""
        self.sessions.discard(session)
        self._status_watchers.discard(session)
        for channel in session.channels.values():
            self.leave(session, channel)
        session.channels.clear()
        self.principals.leave(session.principal, at_ns=self.now_ns())
        if session.actor.cancel_on_disconnect_s and session.principal.sockets_open == 0:
            self.disconnects.lost(session.actor)

    def mark(self, session: Session) -> None:
        """Plan to write this socket at the end of the turn."""
        session.dirty = True
        self._dirty.append(session)
        if not self._flush_planned:
            self._flush_planned = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write every socket that has something queued."""
        self._flush_planned = False
        dirty, self._dirty = self._dirty, []
        for session in dirty:
            session.flush()

    # -- commands

    def submit(self, command: Command) -> asyncio.Future[Answer]:
        """Send a command to the core."""
        return self.link.submit(command)

    def contract_of_order(
        self, *, tenant_id: int, account_id: int, order_id: int, then: Callable[[Contract | None], None]
    ) -> None:
        """Find an order's contract: at once from the account's picture, else by asking the core."""
        feed = self.feeds_of_accounts.get(account_id)
        known = feed.stream.known_order(order_id) if feed is not None else None
        if known is not None:
            then(known.contract)
        else:
            self.job(self._ask_contract(tenant_id=tenant_id, account_id=account_id, order_id=order_id, then=then))

    async def _ask_contract(
        self, *, tenant_id: int, account_id: int, order_id: int, then: Callable[[Contract | None], None]
    ) -> None:
        try:
            order = await self.link.query("order", tenant_id=tenant_id, account_id=account_id, order_id=order_id)
        except (Refused, CoreUnavailable):
            then(None)
            return
        then(self.contracts.by_id.get(order.instrument_id))

    # -- channels

    def join(self, session: Session, channel: ChannelName, *, since: int | None) -> None:
        """Add a socket to a channel and bring it up to date."""
        if channel.kind == "status":
            self._status_watchers.add(session)
            session.push(self.standing.frame(self, session.actor))
        elif channel.kind == "account":
            self._join_account(session, channel, since=since)
        else:
            market = self.markets[channel.number]
            market.channels[channel.kind].watchers.add(session)
            self.send_snapshot(session, channel)

    def leave(self, session: Session, channel: ChannelName) -> None:
        """Take a socket from a channel."""
        if channel.kind == "status":
            self._status_watchers.discard(session)
        elif channel.kind == "account":
            feed = self.feeds_of_accounts.get(channel.number)
            if feed is not None and feed.follows.pop(session, None) is not None and not feed.follows:
                feed.idle_since_ns = self.now_ns()
        else:
            market = self.markets.get(channel.number)
            if market is not None:
                market.channels[channel.kind].watchers.discard(session)

    def send_snapshot(self, session: Session, channel: ChannelName) -> None:
        """Send a channel's whole present state to one socket."""
        if channel.kind == "status":
            session.push(self.standing.frame(self, session.actor))
        elif channel.kind == "account":
            feed = self.feeds_of_accounts.get(channel.number)
            if feed is not None and feed.ready and session in feed.follows:
                # A replay under way is given up: the snapshot includes what it would have told.
                feed.follows[session].pending = None
                session.push(feed.snapshot(at_ns=time.time_ns(), last_price=self.last_price))
        else:
            market = self.markets.get(channel.number)
            frame = market.snapshot(channel.kind) if market is not None else None
            if frame is not None:
                session.push(frame)

    def last_price(self, instrument_id: int) -> int:
        """Return the last price of a contract in ticks."""
        return self.markets[instrument_id].last_ticks

    def _join_account(self, session: Session, channel: ChannelName, *, since: int | None) -> None:
        account_id, tenant_id = channel.number, session.actor.tenant_id or 0
        feed = self.feeds_of_accounts.get(account_id)
        if feed is None:
            feed = AccountFeed(
                tenant_id=tenant_id,
                account_id=account_id,
                contracts=self.contracts,
                trading_day=self.trading_day,
                reload=self.reload,
            )
            self.feeds_of_accounts[account_id] = feed
            self.reload(feed)
        elif feed.tenant_id != tenant_id:
            self._no_account(session, channel.name)
            return
        follow = feed.follows[session] = Follow(session, since=since)
        if feed.ready:
            self.recovery.begin(feed, follow)
        else:
            follow.pending = []

    def _no_account(self, session: Session, name: str) -> None:
        session.channels.pop(name, None)
        detail = self.detail("account_not_found", {}, session.actor.language)
        session.push(frames.channel_error(name, code="account_not_found", detail=detail))

    # -- pictures of accounts

    def reload(self, feed: AccountFeed) -> None:
        """Fetch an account's picture from the core anew."""
        generation = feed.begin_loading()
        for follow in feed.follows.values():
            if follow.pending is None:
                # What it was told last becomes where it goes on from.
                follow.since, follow.pending = feed.stream.account_seq or None, []
        self.job(self._load(feed, generation))

    async def _load(self, feed: AccountFeed, generation: int) -> None:
        try:
            await self.link.watch([feed.account_id])
            view = await self.link.query("account", tenant_id=feed.tenant_id, account_id=feed.account_id)
        except CoreUnavailable:
            return  # loaded when the core is back
        except Refused:
            self._forget(feed)
            return
        times = await self.recovery.order_times(feed, view)
        if feed.generation != generation:
            return
        feed.loaded(view, trading_day=self.trading_day, acked_ns=time.time_ns())
        if not feed.ready:
            return
        for order_id, created_ns in times.items():
            order = feed.stream.orders.get(order_id)
            if order is not None and not order.created_ns:
                order.created_ns = created_ns
        for follow in list(feed.follows.values()):
            self.recovery.begin(feed, follow)

    def _forget(self, feed: AccountFeed) -> None:
        for follow in list(feed.follows.values()):
            self._no_account(follow.session, feed.stream.channel)
        feed.follows.clear()
        if self.feeds_of_accounts.get(feed.account_id) is feed:
            del self.feeds_of_accounts[feed.account_id]
            self.link.unwatch([feed.account_id])

    # -- news of the core

    def delivered(self, delivery: Delivery) -> None:
        """Take one commit's news."""
        new_day = self._public(delivery) if delivery.public else 0
        if delivery.private:
            self._private(delivery, new_day=new_day or self.trading_day)
        if new_day:
            self._day_rolled(new_day)
        for trade in delivery.trades:
            market = self.markets.get(trade.instrument_id)
            if market is not None:
                market.put_trade(trade)
        for depth in delivery.depth:
            market = self.markets.get(depth.instrument_id)
            if market is not None:
                market.put_depth(depth)

    def _private(self, delivery: Delivery, *, new_day: int) -> None:
        feeds, acked_ns = self.feeds_of_accounts, time.time_ns()
        for row in delivery.private:
            event = row[3]
            if type(event) is Trade:
                for leg in (event.maker, event.taker):
                    feed = feeds.get(leg.account_id)
                    if feed is not None:
                        feed.deliver(row, acked_ns=acked_ns, new_day=new_day)
                continue
            feed = feeds.get(event.account_id)  # type: ignore[union-attr]
            if feed is not None:
                feed.deliver(row, acked_ns=acked_ns, new_day=new_day)

    def _public(self, delivery: Delivery) -> int:
        new_day = 0
        for event in delivery.public:
            if isinstance(event, DayRolled):
                new_day = event.trading_day
            elif isinstance(event, InstrumentPut):
                self._put_contract(event)
            elif isinstance(event, KillChanged):
                self.standing.kill_changed(event)
                self._tell_standing()
        return new_day

    def _put_contract(self, event: InstrumentPut) -> None:
        contract = self.contracts.put(event.instrument, lower_ticks=event.lower_ticks, upper_ticks=event.upper_ticks)
        market = self.markets.get(contract.instrument.instrument_id)
        if market is None:
            self._new_market(contract)
        else:
            market.contract = contract

    def _new_market(self, contract: Contract) -> MarketFeed:
        market = self.markets[contract.instrument.instrument_id] = MarketFeed(contract)
        self.job(self.recovery.load_bar(market))
        return market

    def _day_rolled(self, new_day: int) -> None:
        self.trading_day = new_day
        for feed in self.feeds_of_accounts.values():
            feed.stream.trading_day = new_day
        # Bands, settlements and the day's figures have all changed: the core has them.
        self.job(self._load_market())

    def _state_changed(self, available: bool) -> None:
        self.standing.available = available
        if available:
            self.job(self._core_is_back())
        else:
            self._tell_standing()

    async def _core_is_back(self) -> None:
        try:
            await self._load_market()
        except (CoreUnavailable, Refused):
            return  # the link says so again when it is back
        for feed in list(self.feeds_of_accounts.values()):
            self.reload(feed)

    async def _load_market(self) -> None:
        status = await self.link.query("status")
        self.trading_day = status["trading_day"]
        self.standing.load(status)
        rows = await self.link.query("instruments")
        for instrument, lower_ticks, upper_ticks in rows:
            contract = self.contracts.put(instrument, lower_ticks=lower_ticks, upper_ticks=upper_ticks)
            market = self.markets.get(instrument.instrument_id)
            if market is None:
                market = self._new_market(contract)
            else:
                market.contract = contract
        seq, stats = await self.link.query_at("stats", instrument_id=0)
        for item in stats:
            self.markets[item.instrument_id].load_stats(item, seq=seq)
        for instrument_id, market in self.markets.items():
            depth = await self.link.query("depth", instrument_id=instrument_id, levels=20)
            if depth.seq >= market.depth.seq:
                market.put_depth(depth)
        self._tell_standing()

    def _tell_standing(self) -> None:
        for session in self._status_watchers:
            session.push(self.standing.frame(self, session.actor))

    # -- the clock

    def _tick(self) -> None:
        self._loop.call_later(TICK_S, self._tick)
        self._ticks += 1
        at_ns = self.now_ns()
        try:
            for market in self.markets.values():
                market.flush(at_ns=at_ns)
            if self._ticks % WATCH_EVERY_TICKS == 0:
                self._watch_over(at_ns=at_ns, slow=self._ticks % SLOW_EVERY_TICKS == 0)
            if self._ticks % SWEEP_EVERY_TICKS == 0:
                self._sweep(at_ns=at_ns)
        except Exception:
            log.exception("a tick of the socket hub failed")

    def _watch_over(self, *, at_ns: int, slow: bool) -> None:
        for session in list(self.sessions):
            session.watch_over(at_ns=at_ns)
            if slow and session.lagging and session.skipped and not session.closed:
                session.catch_up()

    def _sweep(self, *, at_ns: int) -> None:
        self.principals.sweep(at_ns=at_ns)
        idle = [
            feed
            for feed in self.feeds_of_accounts.values()
            if not feed.follows and at_ns - feed.idle_since_ns > FEED_LINGER_NS
        ]
        for feed in idle:
            self._forget(feed)


_hub: Hub | None = None
_starting: asyncio.Task[Hub] | None = None


async def shared_hub(make: Callable[[], Hub]) -> Hub:
    """Return this process's hub, started on first use."""
    global _starting
    if _hub is not None:
        return _hub
    if _starting is None:
        _starting = asyncio.get_running_loop().create_task(_start(make))
    return await asyncio.shield(_starting)


async def _start(make: Callable[[], Hub]) -> Hub:
    global _hub
    hub = make()
    await hub.start()
    _hub = hub
    return hub


def reset_shared_hub() -> None:
    """Forget the process's hub; for tests with an event loop each."""
    global _hub, _starting
    _hub = _starting = None



