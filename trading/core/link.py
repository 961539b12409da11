"""The asynchronous client of the core: one link a process, commands batched per turn of the event loop.

The link reconnects by itself. Nothing is queued while the core is down: a command either goes out at once or is
refused at once, so that no order is executed later than its sender believes.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from portal.lib.errors import Refused
from portal.lib.paths import socket_path
from trading.core import protocol
from trading.core.order_steps import Step
from trading.core.protocol import Answer, CoreUnavailable, Delivery, Presence
from trading.engine.commands import Command

log = logging.getLogger(__name__)

_PING_EVERY_S: Final = 1.0
_SILENCE_MAX_S: Final = 3.0
_RETRY_FIRST_S: Final = 0.05
# Looking whether a unix socket is there costs nothing, and whoever waits for the core waits for this too.
_RETRY_MAX_S: Final = 0.2

_decode_committed = msgspec.msgpack.Decoder(protocol.Committed).decode
_decode_answer = msgspec.msgpack.Decoder(protocol.QueryAnswer).decode
_decode_watched = msgspec.msgpack.Decoder(protocol.Watched).decode
_decode_steps = msgspec.msgpack.Decoder(protocol.StepsFrame).decode
_decode_unavailable = msgspec.msgpack.Decoder(protocol.Unavailable).decode
_decode_pong = msgspec.msgpack.Decoder(protocol.Pong).decode
_decode_welcome = msgspec.msgpack.Decoder(protocol.Welcome).decode


class CoreLink:
    """A door's link to the core.

    `on_delivery` is called once per commit that holds news for this link, after the answers of that commit were
    handed out; `on_state` is called with True or False when the core becomes available or ceases to be.
    """

    def __init__(
        self,
        name: str,
        on_delivery: Callable[[Delivery], None],
        on_state: Callable[[bool], None],
        *,
        market: bool = True,
        path: Path | None = None,
    ) -> None:
        self.name = name
        self._on_delivery = on_delivery
        self._on_state = on_state
        self._market = market
        self._path = path
        self._wire: _Wire | None = None
        self._available = False
        self._task: asyncio.Task[None] | None = None
        self._next_id = 1
        self._next_query_id = 1
        self._out: list[bytes] = []
        self._out_first_id = 0
        self._flush_planned = False
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._queries: dict[int, tuple[asyncio.Future[Any], Any]] = {}
        self._watched: dict[int, None] = {}
        self._watches: dict[int, asyncio.Future[int]] = {}
        self._presences: dict[str, Presence] = {}
        self._books: dict[int, None] = {}
        self.on_steps: Callable[[list[Step]], None] = _nobody
        self._last_heard_s = 0.0
        self._pings = 0

    @property
    def connected(self) -> bool:
        """True while the core takes commands from this link."""
        return self._available

    async def start(self) -> None:
        """Try once to connect, then keep the link up in the background; returns connected or not."""
        self._loop = asyncio.get_running_loop()
        await self._connect()
        self._task = self._loop.create_task(self._keep(), name=f"core-link-{self.name}")

    async def close(self) -> None:
        """End the link for good."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._wire is not None:
            self._wire.transport.abort()
            self._lost(self._wire, reason="the link was closed")

    def submit(self, command: Command) -> asyncio.Future[Answer]:
        """Send one command; raises `CoreUnavailable` at once when the core takes none."""
        if not self._available:
            raise CoreUnavailable("trading is unavailable")
        encoded = protocol.encode(command)
        request_id = self._next_id
        self._next_id = request_id + 1
        if not self._out:
            self._out_first_id = request_id
        self._out.append(encoded)
        future: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting[request_id] = future
        if not self._flush_planned:
            self._flush_planned = True
            self._loop.call_soon(self._flush)
        return future

    async def query(self, name: str, **args: Any) -> Any:
        """Ask a question; the answer is of committed state only. A refusal raises `Refused` with its code."""
        return (await self.query_at(name, **args))[1]

    async def query_at(self, name: str, **args: Any) -> tuple[int, Any]:
        """Like `query`, with the journal number that the answer includes."""
        wire = self._wire
        if wire is None:
            raise CoreUnavailable("trading is unavailable")
        request_id = self._next_query_id
        self._next_query_id = request_id + 1
        future: asyncio.Future[Any] = self._loop.create_future()
        self._queries[request_id] = (future, protocol.QUERY_RESULTS.get(name, Any))
        body = protocol.encode(protocol.Query(request_id=request_id, name=name, args=args))
        wire.transport.write(protocol.up_frame(protocol.QUERY, body))
        answered: tuple[int, Any] = await future
        return answered

    def watch(self, accounts: Iterable[int]) -> asyncio.Future[int]:
        """Want the private events of these accounts; also after a reconnect.

        The future gives the number above which deliveries are complete. It never fails: while the core is down it
        waits for the next connection.
        """
        fresh = list(accounts)
        self._watched.update(dict.fromkeys(fresh))
        future: asyncio.Future[int] = self._loop.create_future()
        request_id = self._next_query_id
        self._next_query_id = request_id + 1
        self._watches[request_id] = future
        self._send_watch(protocol.WATCH, request_id=request_id, accounts=fresh)
        return future

    def unwatch(self, accounts: Iterable[int]) -> None:
        """No longer want the private events of these accounts."""
        gone = list(accounts)
        for account_id in gone:
            self._watched.pop(account_id, None)
        self._send_watch(protocol.UNWATCH, request_id=0, accounts=gone)

    def watch_book(self, instrument_id: int) -> None:
        """Want a contract's book order by order (`on_steps`), also after a reconnect.

        An `order_book` asked for after this includes every step that is not told: steps up to its number are old.
        """
        self._books[instrument_id] = None
        self._send_books(protocol.WATCH_BOOKS, [instrument_id])

    def unwatch_book(self, instrument_id: int) -> None:
        """No longer want it."""
        self._books.pop(instrument_id, None)
        self._send_books(protocol.UNWATCH_BOOKS, [instrument_id])

    def presence(self, presence: Presence) -> None:
        """Say that a watched key stands behind this door, or has left it; said again after every reconnect.

        One that has left is kept as well: a core that restarts while its time runs must hear of it.
        """
        self._presences[presence.actor] = presence
        self._send_presence(presence)

    def forget_presence(self, actor: str) -> None:
        """Say no more of a key."""
        self._presences.pop(actor, None)

    # -- sending

    def _flush(self) -> None:
        self._flush_planned = False
        out, self._out = self._out, []
        if not out or self._wire is None:
            return
        first_id = protocol.encode(self._out_first_id)
        body = b"".join((b"\x92", first_id, protocol.array_header(len(out)), *out))
        self._wire.transport.write(protocol.up_frame(protocol.SUBMIT, body))

    def _send_watch(self, kind: int, *, request_id: int, accounts: list[int]) -> None:
        if self._wire is not None:
            body = protocol.encode(protocol.Watch(request_id=request_id, account_ids=accounts))
            self._wire.transport.write(protocol.up_frame(kind, body))

    def _send_books(self, kind: int, instrument_ids: list[int]) -> None:
        if self._wire is not None and instrument_ids:
            body = protocol.encode(protocol.WatchBooks(instrument_ids=instrument_ids))
            self._wire.transport.write(protocol.up_frame(kind, body))

    def _send_presence(self, presence: Presence) -> None:
        if self._wire is not None:
            self._wire.transport.write(protocol.up_frame(protocol.PRESENCE, protocol.encode(presence)))

    # -- connection

    async def _keep(self) -> None:
        wait_s = _RETRY_FIRST_S
        while True:
            if self._wire is None and not await self._connect():
                await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))  # noqa: S311  (jitter, not a secret)
                wait_s = min(wait_s * 2, _RETRY_MAX_S)
                continue
            wait_s = _RETRY_FIRST_S
            await self._watch_over()

    async def _watch_over(self) -> None:
        """Ping the core until the link is lost; a silent core is as good as a lost one."""
        wire = self._wire
        while wire is not None and self._wire is wire:
            self._pings += 1
            wire.transport.write(protocol.up_frame(protocol.PING, protocol.encode(protocol.Ping(number=self._pings))))
            await asyncio.wait([wire.lost], timeout=_PING_EVERY_S)
            if self._loop.time() - self._last_heard_s > _SILENCE_MAX_S and self._wire is wire:
                wire.transport.abort()
                self._lost(wire, reason="the core is silent")

    async def _connect(self) -> bool:
        path = self._path or socket_path("core")
        try:
            _, wire = await self._loop.create_unix_connection(lambda: _Wire(self), str(path))
        except OSError:
            return False
        self._wire = wire
        self._last_heard_s = self._loop.time()
        hello = protocol.Hello(
            version=protocol.PROTOCOL_VERSION, name=self.name, role=protocol.DOOR, market=self._market
        )
        wire.transport.write(protocol.up_frame(protocol.HELLO, protocol.encode(hello)))
        self._watch_again()
        self._send_books(protocol.WATCH_BOOKS, list(self._books))
        for presence in self._presences.values():
            self._send_presence(presence)
        await asyncio.wait([wire.welcomed, wire.lost], timeout=_SILENCE_MAX_S, return_when=asyncio.FIRST_COMPLETED)
        return self._wire is wire

    def _watch_again(self) -> None:
        """After a connect: all accounts in one frame, and every unanswered watch is answered by it."""
        request_ids = list(self._watches) or [0]
        for request_id in request_ids:
            self._send_watch(protocol.WATCH, request_id=request_id, accounts=list(self._watched))

    def _lost(self, wire: _Wire, *, reason: str) -> None:
        if self._wire is not wire:
            return
        self._wire = None
        unsent = self._out_first_id if self._out else self._next_id
        self._out.clear()
        waiting, self._waiting = self._waiting, {}
        queries, self._queries = self._queries, {}
        for request_id, future in waiting.items():
            if not future.done():
                future.set_exception(CoreUnavailable(reason, maybe_executed=request_id < unsent))
        for query, _ in queries.values():
            if not query.done():
                query.set_exception(CoreUnavailable(reason))
        self._set_available(False)

    def _set_available(self, available: bool) -> None:
        if available != self._available:
            self._available = available
            self._guarded(self._on_state, available)

    # -- receiving

    def received(self, wire: _Wire, frame: bytes) -> None:
        """Take one frame of the core (kind, stamp, body)."""
        self._last_heard_s = self._loop.time()
        kind = frame[0]
        body = memoryview(frame)[protocol.DOWN_EXTRA :]
        if kind == protocol.COMMITTED:
            self._committed(body, stamp_ns=int.from_bytes(frame[1:9], "little"))
        elif kind == protocol.STEPS:
            self._guarded(self.on_steps, _decode_steps(body).steps)
        elif kind == protocol.ANSWER:
            self._query_answered(body)
        elif kind == protocol.WATCHED:
            watched = _decode_watched(body)
            future = self._watches.pop(watched.request_id, None)
            if future is not None and not future.done():
                future.set_result(watched.seq)
        elif kind == protocol.UNAVAILABLE:
            self._refused(_decode_unavailable(body))
        elif kind == protocol.PONG:
            self._set_available(_decode_pong(body).available)
        elif kind == protocol.WELCOME:
            self._set_available(_decode_welcome(body).available)
            if not wire.welcomed.done():
                wire.welcomed.set_result(None)

    def _committed(self, body: memoryview, *, stamp_ns: int) -> None:
        committed = _decode_committed(body)
        waiting = self._waiting
        for answer in committed.answers:
            future = waiting.pop(answer.request_id, None)
            if future is not None and not future.done():
                answer.acked_ns = stamp_ns
                future.set_result(answer)
        if committed.delivery is not None:
            self._guarded(self._on_delivery, committed.delivery)

    def _query_answered(self, body: memoryview) -> None:
        answer = _decode_answer(body)
        entry = self._queries.pop(answer.request_id, None)
        if entry is None or entry[0].done():
            return
        try:
            entry[0].set_result((answer.seq, query_result(answer, entry[1])))
        except (Refused, CoreUnavailable, msgspec.MsgspecError) as problem:
            entry[0].set_exception(problem)

    def _refused(self, refusal: protocol.Unavailable) -> None:
        for request_id in refusal.request_ids:
            future = self._waiting.pop(request_id, None)
            if future is not None and not future.done():
                future.set_exception(CoreUnavailable(refusal.reason, maybe_executed=refusal.maybe_executed))
        self._set_available(refusal.available)

    def _guarded(self, callback: Callable[[Any], None], argument: object) -> None:
        # A listener's mistake must not end the link of everybody else in this process.
        try:
            callback(argument)
        except Exception:
            log.exception("a listener of the core link %s failed", self.name)


def _nobody(_steps: list[Step]) -> None:
    """Nobody listens to books order by order."""


def query_result(answer: protocol.QueryAnswer, result_type: Any) -> Any:
    """Return a query's typed result, or raise what the core said instead."""
    if not answer.code:
        return msgspec.msgpack.decode(answer.body, type=result_type)
    if answer.code == protocol.UNAVAILABLE_CODE:
        raise CoreUnavailable("trading is unavailable")
    raise Refused(answer.code, msgspec.msgpack.decode(answer.body), status=404)


class _Wire(asyncio.Protocol):
    """One connection of a link."""

    def __init__(self, link: CoreLink) -> None:
        self._link = link
        self._splitter = protocol.FrameSplitter()
        loop = asyncio.get_running_loop()
        self.lost: asyncio.Future[None] = loop.create_future()
        self.welcomed: asyncio.Future[None] = loop.create_future()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (narrowing for the type checker)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            for frame in self._splitter.feed(data):
                self._link.received(self, frame)
        except (protocol.FrameError, msgspec.MsgspecError):
            log.exception("the core sent a frame that cannot be read; the link is dropped")
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)
        self._link._lost(self, reason="the core closed the link")
