"""The heart of the socket door: one a web process. One link to the core, one picture an account and contract, and the
sockets that follow them.

All of it lives on the event loop's thread and holds no lock. A commit of the core arrives as one delivery; its news
are encoded once, put into the queues of the sockets concerned, and each socket is written once at the end of the turn.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Final

from accounts.auth.actor import Actor
from portal.lib.errors import Refused
from portal.lib.listen import listener as process_listener
from portal.lib.memory import settle_memory
from trading.core.client import Answer, CoreLink, CoreUnavailable, Delivery
from trading.engine.commands import Command
from trading.engine.events import DayRolled, InstrumentPut, KillChanged, PhaseChanged, SettlementBegun
from trading.engine.types import SETTLEMENT
from trading.engine.venue_events import ContractsMoved
from trading.shapes.contracts import Contract, Contracts
from trading.sockets.account_feeds import AccountFeeds
from trading.sockets.channels import ChannelName
from trading.sockets.disconnects import Disconnects
from trading.sockets.limits import Principals, Rates
from trading.sockets.market import MarketFeed
from trading.sockets.notices import Listening, Notices
from trading.sockets.order_feeds import OrderFeeds
from trading.sockets.recovery import Recovery
from trading.sockets.session import Session
from trading.sockets.standing import Standing
from trading.sockets.store import Store
from trading.sockets.wire import Wire

log = logging.getLogger(__name__)

IN_FLIGHT_MAX: Final = 1024
TICK_S: Final = 0.05
WATCH_EVERY_TICKS: Final = 5
SLOW_EVERY_TICKS: Final = 20
SWEEP_EVERY_TICKS: Final = 200


class Hub:
    """See the module."""

    def __init__(
        self,
        *,
        rates: Rates,
        detail: Callable[[str, Any, str], str],
        sentence: Callable[[str, str], str],
        store: Store,
        listener: Listening = process_listener,
        in_flight_max: int = IN_FLIGHT_MAX,
    ) -> None:
        self.contracts = Contracts()
        self.trading_day = 0
        self.in_flight_max = in_flight_max
        self.markets: dict[int, MarketFeed] = {}
        self.sessions: set[Session] = set()
        self.principals = Principals(rates)
        self.detail = detail
        self.sentence = sentence
        self.standing = Standing()
        self.accounts = AccountFeeds(self)
        self.order_feeds = OrderFeeds(self)
        self.recovery = Recovery(self, store=store)
        self.disconnects = Disconnects(self)
        self.notices = Notices(listener=listener, call_soon=self._from_thread)
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
        self.link.on_steps = self.order_feeds.told
        self._loop.call_later(TICK_S, self._tick)
        await self.link.start()

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

    def _from_thread(self, act: Callable[..., None], *arguments: Any) -> None:
        self._loop.call_soon_threadsafe(act, *arguments)

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
        if not self.standing.knows(actor.tenant_id or 0):
            self.job(self._learn_kills(actor.tenant_id or 0))
        session.hello()
        return session

    async def _learn_kills(self, tenant_id: int) -> None:
        await self.recovery.load_kills(tenant_id)
        self._tell_standing()

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

    # -- channels

    def join(self, session: Session, channel: ChannelName, *, since: int | None) -> None:
        """Add a socket to a channel and bring it up to date."""
        if channel.kind == "status":
            self._status_watchers.add(session)
            session.push(self.standing.frame(self, session.actor))
        elif channel.kind == "account":
            self.accounts.join(session, channel, since=since)
        elif channel.kind == "notice":
            self.notices.join(session, channel.name)
        elif channel.kind == "orders":
            self.order_feeds.join(session, channel, since=since)
        else:
            market = self.markets[channel.number]
            market.channels[channel.kind].watchers.add(session)
            self.send_snapshot(session, channel)

    def leave(self, session: Session, channel: ChannelName) -> None:
        """Take a socket from a channel."""
        if channel.kind == "status":
            self._status_watchers.discard(session)
        elif channel.kind == "account":
            self.accounts.leave(session, channel.number)
        elif channel.kind == "notice":
            self.notices.leave(session, channel.name)
        elif channel.kind == "orders":
            self.order_feeds.leave(session, channel)
        else:
            market = self.markets.get(channel.number)
            if market is not None:
                market.channels[channel.kind].watchers.discard(session)

    def send_snapshot(self, session: Session, channel: ChannelName) -> None:
        """Send a channel's whole present state to one socket."""
        if channel.kind == "status":
            session.push(self.standing.frame(self, session.actor))
        elif channel.kind == "account":
            self.accounts.send_snapshot(session, channel.number)
        elif channel.kind == "notice":
            self.notices.send_snapshot(session, channel.name)
        elif channel.kind == "orders":
            self.order_feeds.send_snapshot(session, channel)
        else:
            market = self.markets.get(channel.number)
            frame = market.snapshot(channel.kind) if market is not None else None
            if frame is not None:
                session.push(frame)

    def last_price(self, instrument_id: int) -> int:
        """Return the last price of a contract in ticks."""
        return self.markets[instrument_id].last_ticks

    # -- news of the core

    def delivered(self, delivery: Delivery) -> None:
        """Take one commit's news."""
        new_day = self._public(delivery) if delivery.public else 0
        if delivery.private:
            self.accounts.deliver(delivery.private, new_day=new_day or self.trading_day)
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
            elif isinstance(event, PhaseChanged):
                self._moved([row[0] for row in event.moved], event.phase, seq=delivery.last_seq)
            elif isinstance(event, SettlementBegun):
                self._moved([row[0] for row in event.rows], SETTLEMENT, seq=delivery.last_seq)
                for number, settlement, _previous in event.rows:
                    if number in self.markets:
                        self.markets[number].put_settlement(settlement)
            elif isinstance(event, ContractsMoved):
                for row in event.rows:
                    if row.instrument_id in self.markets:
                        self.markets[row.instrument_id].put_terms(row, seq=delivery.last_seq)
                self._tell_standing()
            # AuctionMatched says nothing that the auction's trades do not: they are in ticker, trades and bars.
        return new_day

    def _moved(self, instrument_ids: list[int], phase: int, *, seq: int) -> None:
        for instrument_id in instrument_ids:
            market = self.markets.get(instrument_id)
            if market is not None:
                market.put_phase(phase, seq=seq)
        self._tell_standing()

    def _put_contract(self, event: InstrumentPut) -> None:
        contract = self.contracts.put(event.instrument, lower_ticks=event.lower_ticks, upper_ticks=event.upper_ticks)
        self.order_feeds.put_contract(contract)
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
        self.accounts.day_rolled(new_day)
        # Bands, settlements and the day's figures have all changed: the core has them.
        self.job(self._load_market())

    def _state_changed(self, available: bool) -> None:
        self.standing.available = available
        if available:
            self.job(self._core_is_back())
        else:
            self.order_feeds.core_lost()
            self._tell_standing()

    async def _core_is_back(self) -> None:
        try:
            await self._load_market()
        except (CoreUnavailable, Refused):
            return  # the link says so again when it is back
        self.accounts.reload_all()
        self.order_feeds.core_back()

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
        for market in self.markets.values():
            if market.expect_day(self.trading_day):
                self.job(self.recovery.load_day(market, self.trading_day))
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
            self.notices.flush()
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
        self.accounts.sweep(at_ns=at_ns)


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
    settle_memory()
    _hub = hub
    return hub


def reset_shared_hub() -> None:
    """Forget the process's hub; for tests with an event loop each."""
    global _hub, _starting
    _hub = _starting = None
