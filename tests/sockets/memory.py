"""A core, a database and a client for the socket's unit tests, all in memory: the real engine behind fakes we wrote."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.lib.errors import Refused
from tests.engine.support import DAY_1, gold, soy
from trading.core.absences import Absences
from trading.core.client import Answer, CoreUnavailable, Delivery, DepthFrame, MarketTrade
from trading.core.order_steps import Step, steps_of
from trading.core.protocol import Presence
from trading.engine import commands as cmd
from trading.engine import events as ev
from trading.engine import types as t
from trading.engine import venue_events
from trading.engine.all_events import AnyEvent
from trading.engine.machine import Machine
from trading.models.event_body import fill_of
from trading.shapes.contracts import Contracts
from trading.shapes.orders import OrderState
from trading.shapes.refusals import detail, in_language
from trading.shapes.stream import AccountStream
from trading.sockets.hub import Hub
from trading.sockets.limits import Rates
from trading.sockets.market import MinuteBar
from trading.sockets.session import Session

START_NS = 1_795_424_400_000_000_000
PUBLIC = (
    ev.DayRolled,
    ev.InstrumentPut,
    ev.KillChanged,
    ev.PhaseChanged,
    ev.AuctionMatched,
    ev.SettlementBegun,
    venue_events.ContractsMoved,
)


class MemoryCore:
    """The core as a link sees it; a command is carried out when the loop's turn ends, one commit for all of them."""

    def __init__(self) -> None:
        self.machine = Machine()
        self.at_ns = START_NS
        self.journal: list[tuple[int, int, list[AnyEvent]]] = []
        self.connected = True
        self.watched: set[int] = set()
        self.on_delivery: Callable[[Delivery], None] = lambda _delivery: None
        self.on_state: Callable[[bool], None] = lambda _state: None
        self.on_steps: Callable[[list[Step]], None] = lambda _steps: None
        self.books: set[int] = set()
        self.books_asked = 0
        self.absent_ns = 0
        self.absences = Absences(clock_ns=lambda: self.absent_ns)
        self.presences: dict[str, Presence] = {}
        self._waiting: list[tuple[Any, asyncio.Future[Answer]]] = []
        self.do(cmd.PutInstrument(0, gold(), "u1"))
        self.do(cmd.PutInstrument(0, soy(), "u1"))
        self.do(cmd.RollDay(0, DAY_1, [], "system"))

    # -- what a test does

    def do(self, *commands: Any) -> list[AnyEvent]:
        """Carry commands out as one commit of somebody else; returns all events."""
        found = self._commit([(command, None) for command in commands])
        return [event for events in found for event in events]

    def open(self, account_id: int, *, cash_fen: int = 100_000_000_00, tenant_id: int = 1) -> int:
        """Open an account with money in it."""
        self.do(cmd.OpenAccount(tenant_id, account_id, 0, "u1"))
        self.do(cmd.MoveCash(tenant_id, account_id, t.DEPOSIT, cash_fen, f"r{account_id}", "u2", "u3"))
        return account_id

    def place(self, account_id: int, side: int, qty: int, price_ticks: int, **changes: Any) -> cmd.PlaceOrder:
        """Return an order command for gold."""
        fields = {
            "tenant_id": self.machine.state.accounts[account_id].tenant_id,
            "account_id": account_id,
            "client_order_id": f"m{self.machine.seq}-{account_id}-{price_ticks}",
            "trading_day": self.machine.trading_day,
            "instrument_id": 1,
            "side": side,
            "offset": t.OPEN,
            "order_type": t.LIMIT,
            "time_in_force": t.DAY,
            "qty": qty,
            "price_ticks": price_ticks,
            "actor": "u9",
        }
        return cmd.PlaceOrder(**(fields | changes))

    def lose(self) -> None:
        """The core goes away."""
        self.connected = False
        self.on_state(False)

    def come_back(self) -> None:
        """The core is there again."""
        self.connected = True
        self.on_state(True)

    # -- what the hub calls

    def link(self, _name: str, on_delivery: Callable[[Delivery], None], on_state: Callable[[bool], None]) -> MemoryCore:
        """Stand in for CoreLink's constructor."""
        self.on_delivery, self.on_state = on_delivery, on_state
        return self

    async def start(self) -> None:
        """Be connected at once."""
        self.on_state(True)

    def submit(self, command: Any) -> asyncio.Future[Answer]:
        """Take a command; it is carried out at the end of the turn."""
        if not self.connected:
            raise CoreUnavailable("trading is unavailable")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._run)
        self._waiting.append((command, future))
        return future

    async def query(self, name: str, **args: Any) -> Any:
        """Answer a question."""
        return (await self.query_at(name, **args))[1]

    async def query_at(self, name: str, **args: Any) -> tuple[int, Any]:
        """Answer a question with the number it includes."""
        await asyncio.sleep(0)
        if not self.connected:
            raise CoreUnavailable("trading is unavailable")
        return self.machine.seq, getattr(self, f"_query_{name}")(**args)

    def watch(self, accounts: Iterable[int]) -> asyncio.Future[int]:
        """Watch accounts."""
        self.watched.update(accounts)
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        future.set_result(self.machine.seq)
        return future

    def presence(self, presence: Presence) -> None:
        """Take a key's coming or going."""
        self.presences[presence.actor] = presence
        self.absences.told("door", presence)

    def forget_presence(self, actor: str) -> None:
        """Hear no more of a key."""
        self.presences.pop(actor, None)

    def pass_seconds(self, seconds: int) -> None:
        """Let time pass and cancel for those who stayed away."""
        self.absent_ns += seconds * 1_000_000_000
        self.do(*self.absences.due())

    def unwatch(self, accounts: Iterable[int]) -> None:
        """Watch no longer."""
        self.watched.difference_update(accounts)

    def watch_book(self, instrument_id: int) -> None:
        """Tell a book's steps."""
        self.books.add(instrument_id)

    def unwatch_book(self, instrument_id: int) -> None:
        """Tell them no longer."""
        self.books.discard(instrument_id)

    # -- inside

    def _run(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._commit(waiting)

    def _commit(self, waiting: list[tuple[Any, asyncio.Future[Answer] | None]]) -> list[list[AnyEvent]]:
        machine, first_seq = self.machine, self.machine.seq + 1
        records = []
        for command, future in waiting:
            self.at_ns += 1_000_000
            events = machine.apply(command, self.at_ns, self.at_ns)
            records.append((machine.seq, self.at_ns, events))
            if future is not None:
                future.set_result(self._answer(command, events))
        self.journal += records
        self.on_delivery(self._delivery(first_seq, records))
        # One for a repeated order has no number and no steps.
        numbered = [
            (None, at_ns, at_ns, found) for _seq, at_ns, found in records if type(found[0]) is not ev.OrderRepeated
        ]
        steps = steps_of(numbered, first_seq=first_seq, wanted=self.books)
        if steps and self.connected:
            self.on_steps(steps)
        return [events for _seq, _at, events in records]

    def _answer(self, command: Any, events: list[AnyEvent]) -> Answer:
        event: Any = events[0]
        order_id = getattr(event, "order_id", 0)
        order = self.machine.order_view(command.account_id, order_id) if order_id else None
        repeated = isinstance(event, ev.OrderRepeated)
        seq, at_ns = (event.seq, 0) if repeated else (self.machine.seq, self.at_ns)
        acked_ns = self.at_ns + 500_000
        return Answer(0, seq, event, order, self.at_ns - 1000, self.machine.trading_day, at_ns, acked_ns)

    def _delivery(self, first_seq: int, records: list[tuple[int, int, list[AnyEvent]]]) -> Delivery:
        private, trades, public = [], [], []
        touched: set[int] = set()
        for seq, at_ns, events in records:
            for event in events:
                if isinstance(event, ev.Trade):
                    touched.add(event.instrument_id)
                    trades.append(_market_trade(seq, at_ns, event))
                    if {event.maker.account_id, event.taker.account_id} & self.watched:
                        private.append((seq, at_ns, at_ns, event))
                elif isinstance(event, PUBLIC):
                    public.append(event)
                elif getattr(event, "account_seq", 0):
                    touched.add(getattr(event, "instrument_id", 0))
                    if event.account_id in self.watched:
                        private.append((seq, at_ns, at_ns, event))
        depth = [
            DepthFrame(number, self.machine.seq, *self.machine.depth(number, 20), self.at_ns)
            for number in touched
            if number in self.machine.state.contracts
        ]
        return Delivery(first_seq, self.machine.seq, self.at_ns, self.at_ns, private, trades, depth, public)

    def _query_status(self) -> dict[str, Any]:
        return {
            "trading_day": self.machine.trading_day,
            "trading": self.connected,
            "phase": "continuous",
            "reason": "",
            "seq": self.machine.seq,
        }

    def _query_instruments(self) -> Any:
        return self.machine.instruments()

    def _query_stats(self, instrument_id: int) -> Any:
        return [self.machine.instrument_stats(row[0].instrument_id) for row in self.machine.instruments()]

    def _query_depth(self, instrument_id: int, levels: int) -> DepthFrame:
        return DepthFrame(instrument_id, self.machine.seq, *self.machine.depth(instrument_id, levels), self.at_ns)

    def _query_order_book(self, instrument_id: int) -> Any:
        self.books_asked += 1
        return self.machine.order_book(instrument_id)

    def _query_account(self, tenant_id: int, account_id: int) -> Any:
        view = self.machine.account_view(account_id)
        if view is None or view.tenant_id != tenant_id:
            raise Refused("account_not_found", status=404)
        return view

    def _query_order(self, tenant_id: int, account_id: int, order_id: int) -> Any:
        view = self.machine.order_view(account_id, order_id)
        if view is None or view.tenant_id != tenant_id:
            raise Refused("order_not_found", status=404)
        return view


class MemoryStore:
    """The account event table, folded from the core's journal; `through` holds the projection back."""

    def __init__(self, core: MemoryCore) -> None:
        self.core = core
        self.through: int | None = None
        self.asked: list[int] = []
        self.thrown: list[tuple[int, int]] = []
        self.days: dict[tuple[int, int], tuple[int, int | None]] = {}

    async def frames_after(
        self, *, tenant_id: int, account_id: int, after_seq: int, limit: int, contracts: Contracts
    ) -> list[tuple[int, bytes]]:
        """Fold everything from the beginning and return the wanted part."""
        await asyncio.sleep(0)
        self.asked.append(after_seq)
        stream = AccountStream(
            tenant_id=tenant_id, account_id=account_id, contracts=contracts, trading_day=self.core.machine.trading_day
        )
        frames = []
        for seq, at_ns, events in self.core.journal:
            for event in events:
                own = own_side(event, account_id)
                frame = stream.apply(own, seq=seq, at_ns=at_ns) if own is not None else None
                if frame is not None:
                    frames.append((stream.account_seq, frame))
        last = self.through if self.through is not None else len(frames)
        return [item for item in frames if after_seq < item[0] <= last][:limit]

    async def order(self, *, tenant_id: int, account_id: int, order_id: int, contracts: Contracts) -> OrderState | None:
        """Nothing is kept of ended orders."""
        return None

    async def minute(self, *, instrument_id: int) -> tuple[int, MinuteBar | None, int]:
        """No bar is stored."""
        return self.core.machine.seq, None, 0

    async def contract_day(self, *, instrument_id: int, trading_day: int) -> tuple[int, int | None] | None:
        """Return what a test has stored."""
        return self.days.get((instrument_id, trading_day))

    async def kills(self, *, tenant_id: int) -> list[tuple[int, int]]:
        """Return the switches a test has set."""
        return self.thrown


class MemoryListener:
    """A LISTEN connection that a test speaks through."""

    def __init__(self) -> None:
        self.callbacks: dict[str, Callable[[str | None], None]] = {}

    def subscribe(self, channel: str, callback: Callable[[str | None], None]) -> None:
        """Take a callback."""
        self.callbacks[channel] = callback


class MemoryWire:
    """Keeps what a session writes."""

    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.texts: list[bytes] = []
        self.closed: int | None = None
        self.aborted = False

    def write(self, frames: list[bytes]) -> None:
        """Take frames."""
        self.texts += frames
        for frame in frames:
            found = json.loads(frame)
            self.frames += found if isinstance(found, list) else [found]

    def close(self, code: int) -> None:
        """Note the code."""
        self.closed = code

    def abort(self) -> None:
        """Note the cut."""
        self.aborted = True

    def take(self) -> list[dict[str, Any]]:
        """Return the frames since the last call."""
        found, self.frames = self.frames, []
        return found


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.ns = 1_000_000_000

    def __call__(self) -> int:
        """Return the time."""
        return self.ns

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.ns += int(seconds * 1e9)


class Door:
    """A hub over a memory core, with clients that come and go."""

    def __init__(self, *, rates: Rates | None = None) -> None:
        self.core = MemoryCore()
        self.store = MemoryStore(self.core)
        self.clock = Clock()
        self.listener = MemoryListener()
        self.hub = Hub(
            rates=rates or Rates(), detail=detail, sentence=in_language, store=self.store, listener=self.listener
        )
        self.hub.now_ns = self.clock

    async def start(self) -> Door:
        """Connect the hub."""
        await self.hub.start(link=self.core.link)
        await self.settle()
        return self

    async def settle(self, turns: int = 30) -> None:
        """Let everything that is under way happen."""
        for _ in range(turns):
            await asyncio.sleep(0)

    def enter(self, actor: Actor | None = None, **changes: Any) -> Client:
        """Let a client in."""
        wire = MemoryWire()
        session = self.hub.open(wire=wire, actor=actor or investor(**changes))
        return Client(self, session, wire)


class Client:
    """One client of the door."""

    def __init__(self, door: Door, session: Session | None, wire: MemoryWire) -> None:
        self.door, self.wire = door, wire
        self._session = session

    @property
    def session(self) -> Session:
        """The session; asked for only where one was opened."""
        assert self._session is not None
        return self._session

    @property
    def refused(self) -> bool:
        """Whether the door stayed shut."""
        return self._session is None

    async def say(self, **request: Any) -> list[dict[str, Any]]:
        """Send a request and return everything that came since."""
        return await self.raw(json.dumps(request).encode())

    async def raw(self, data: bytes) -> list[dict[str, Any]]:
        """Send bytes and return everything that came since."""
        self.session.received(data)
        return await self.hear()

    async def hear(self) -> list[dict[str, Any]]:
        """Return everything that came since."""
        await self.door.settle()
        return self.wire.take()


def investor(
    *accounts: int, tenant_id: int = 1, rights: Collection[Right] | None = None, key: int | None = 7, **more: Any
) -> Actor:
    """Return somebody who trades his own accounts by key."""
    own = frozenset(accounts or (7001,))
    return Actor(
        user_id=more.pop("user_id", 12),
        username="investor",
        tenant_id=tenant_id,
        rights=frozenset(rights if rights is not None else {Right.TRADE_VIEW, Right.TRADE_PLACE, Right.TRADE_CANCEL}),
        account_ids=more.pop("account_ids", own),
        own_account_ids=more.pop("own_account_ids", own),
        api_key_id=key,
        language=more.pop("language", "en"),
        **more,
    )


def order_request(**changes: Any) -> dict[str, Any]:
    """Return an order.new request for account 7001."""
    fields = {
        "op": "order.new",
        "id": 1,
        "account": 7001,
        "trading_day": "2026-11-23",
        "client_order_id": "a-1",
        "symbol": "SHFE.au2612",
        "side": "buy",
        "position_effect": "open",
        "type": "limit",
        "time_in_force": "day",
        "qty": 2,
        "limit_price": "800.00",
    }
    return {name: value for name, value in (fields | changes).items() if value is not None}


def own_side(event: Any, account_id: int) -> Any:
    """Return an event as one account's stream has it, or None when it is not in it."""
    if isinstance(event, ev.Trade):
        for leg, is_taker in ((event.maker, False), (event.taker, True)):
            if leg.account_id == account_id:
                return fill_of(event, is_taker=is_taker)
        return None
    mine = getattr(event, "account_id", None) == account_id and hasattr(event, "account_seq")
    return event if mine else None


def _market_trade(seq: int, at_ns: int, trade: ev.Trade) -> MarketTrade:
    return MarketTrade(
        seq,
        trade.trade_id,
        trade.instrument_id,
        trade.price_ticks,
        trade.qty,
        trade.taker_side,
        trade.taker.offset,
        trade.maker.offset,
        trade.open_interest,
        at_ns,
    )
