"""The core's unix socket: who may connect, frames in, frames out.

The socket file is 0600 and each peer's uid is checked as well, because a file descriptor can be inherited or passed
on while a uid cannot.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import socket
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from portal.lib.errors import Refused
from trading.core import protocol
from trading.core.sequencer import Question, Sequencer, Submitted
from trading.engine.types import ENGINE_VERSION

if TYPE_CHECKING:
    from trading.core.absences import Absences
    from trading.core.publisher import Publisher
    from trading.core.queries import Queries

log = logging.getLogger(__name__)

# A door that does not read is cut and fetches what it missed; a follower is not pushed to and reads the table.
DOOR_BACKLOG_BYTES_MAX: Final = 64 * 1024 * 1024
FOLLOWER_BACKLOG_BYTES_MAX: Final = 8 * 1024 * 1024
BACKLOG: Final = 256
_CREDENTIALS: Final = struct.Struct("3i")

_encode = msgspec.msgpack.Encoder().encode
_decode_hello = msgspec.msgpack.Decoder(protocol.Hello).decode
_decode_submit = msgspec.msgpack.Decoder(protocol.Submit).decode
_decode_query = msgspec.msgpack.Decoder(protocol.Query).decode
_decode_watch = msgspec.msgpack.Decoder(protocol.Watch).decode
_decode_watch_books = msgspec.msgpack.Decoder(protocol.WatchBooks).decode
_decode_presence = msgspec.msgpack.Decoder(protocol.Presence).decode
_decode_ping = msgspec.msgpack.Decoder(protocol.Ping).decode


class Link(asyncio.Protocol):
    """One connected client."""

    def __init__(self, server: CoreServer) -> None:
        self._server = server
        self._splitter = protocol.FrameSplitter()
        self._transport: asyncio.Transport
        self._gapped = False
        self.name = "?"
        self.role = 0
        self.market = False
        self.watched: set[int] = set()
        self.books: set[int] = set()  # contracts it wants order by order

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection if its peer runs under our uid."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (narrowing for the type checker)
        self._transport = transport
        credentials = transport.get_extra_info("socket").getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size
        )
        uid = _CREDENTIALS.unpack(credentials)[1]
        if uid != os.geteuid():
            log.error("a process of uid %s was turned away from the core's socket", uid)
            transport.abort()
            return
        transport.set_write_buffer_limits(high=FOLLOWER_BACKLOG_BYTES_MAX)
        self._server.links.add(self)

    def data_received(self, data: bytes) -> None:
        """Cut the bytes into frames and act on each."""
        try:
            for frame in self._splitter.feed(data):
                self._server.received(self, frame)
        except (protocol.FrameError, msgspec.MsgspecError) as problem:
            log.error("link %s sent a frame that cannot be read (%s) and is cut", self.name, problem)
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the link; what it has submitted is executed all the same."""
        self._server.lost(self)

    def resume_writing(self) -> None:
        """The backlog of a follower has drained: tell it how far the journal goes, so that it fetches the gap."""
        if self._gapped:
            self._gapped = False
            self._server.welcome(self)

    def send(self, kind: int, body: bytes, *, stamp_ns: int) -> None:
        """Queue one frame."""
        transport = self._transport
        if transport.is_closing():
            return
        backlog = transport.get_write_buffer_size()
        if backlog:
            if self.role == protocol.FOLLOWER and backlog > FOLLOWER_BACKLOG_BYTES_MAX:
                self._gapped = True
                return
            if backlog > DOOR_BACKLOG_BYTES_MAX:
                log.error("link %s does not read (%s bytes wait) and is cut", self.name, backlog)
                transport.abort()
                return
        transport.write(protocol.down_header(kind, stamp_ns=stamp_ns, body_length=len(body)) + body)

    def send_committed(self, body: bytes, *, stamp_ns: int) -> None:
        """Queue a frame of answers."""
        self.send(protocol.COMMITTED, body, stamp_ns=stamp_ns)

    def refuse(self, request_ids: list[int], *, reason: str, maybe_executed: bool, available: bool) -> None:
        """Say that these requests get no answer, or (with no ids) whether commands are taken."""
        body = _encode(protocol.Unavailable(request_ids, maybe_executed, reason, available))
        self.send(protocol.UNAVAILABLE, body, stamp_ns=time.time_ns())

    def close(self) -> None:
        """Close after what is queued has been sent."""
        self._transport.close()


class CoreServer:
    """The listening socket and its links."""

    def __init__(
        self, *, sequencer: Sequencer, publisher: Publisher, queries: Queries, absences: Absences, path: Path
    ) -> None:
        self.links: set[Link] = set()
        self._absences = absences
        self._sequencer = sequencer
        self._publisher = publisher
        self._queries = queries
        self._path = path
        self._server: asyncio.Server | None = None
        self._inode = 0

    async def start(self) -> None:
        """Listen. An older core's socket file is replaced: whoever leads owns the path."""
        temporary = self._path.with_suffix(f".{os.getpid()}")
        temporary.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        previous_umask = os.umask(0o177)
        try:
            listener.bind(str(temporary))
        finally:
            os.umask(previous_umask)
        listener.setblocking(False)
        self._inode = temporary.stat().st_ino
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: Link(self), sock=listener, backlog=BACKLOG)
        temporary.replace(self._path)

    async def stop(self) -> None:
        """Stop listening, send what is queued, close the links."""
        if self._server is not None:
            self._server.close()
        try:
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()
        except FileNotFoundError:
            pass
        for link in list(self.links):
            link.close()
        deadline = time.monotonic() + 2.0
        while self.links and time.monotonic() < deadline:
            await asyncio.sleep(0.01)

    def received(self, link: Link, frame: bytes) -> None:
        """Act on one frame."""
        kind = frame[0]
        body = memoryview(frame)[protocol.UP_EXTRA :]
        if kind == protocol.SUBMIT and link.role in (protocol.DOOR, protocol.CALLER):
            self._submit(link, body)
        elif kind == protocol.HELLO:
            self._hello(link, _decode_hello(body))
        elif kind == protocol.QUERY and link.role:
            self._ask(link, _decode_query(body))
        elif kind in (protocol.WATCH, protocol.UNWATCH) and link.role == protocol.DOOR:
            self._watch(link, _decode_watch(body), add=kind == protocol.WATCH)
        elif kind in (protocol.WATCH_BOOKS, protocol.UNWATCH_BOOKS) and link.role == protocol.DOOR:
            wanted = _decode_watch_books(body).instrument_ids
            self._publisher.watch_books(link, wanted, add=kind == protocol.WATCH_BOOKS)
        elif kind == protocol.PRESENCE and link.role == protocol.DOOR:
            self._absences.told(link, _decode_presence(body))
        elif kind == protocol.PING:
            pong = protocol.Pong(_decode_ping(body).number, self._sequencer.available)
            link.send(protocol.PONG, _encode(pong), stamp_ns=time.time_ns())
        else:
            raise protocol.FrameError(f"kind {kind} is not for a link of role {link.role}")

    def lost(self, link: Link) -> None:
        """Forget a link."""
        self.links.discard(link)
        self._publisher.drop(link)
        self._absences.door_lost(link)

    def welcome(self, link: Link) -> None:
        """Tell a link where the journal stands."""
        sequencer = self._sequencer
        body = _encode(
            protocol.Welcome(
                version=protocol.PROTOCOL_VERSION,
                epoch=sequencer.epoch,
                seq=sequencer.head.seq,
                engine_version=ENGINE_VERSION,
                available=sequencer.available,
            )
        )
        link.send(protocol.WELCOME, body, stamp_ns=time.time_ns())

    def announce(self, *, available: bool, reason: str) -> None:
        """Tell every link whether commands are taken."""
        for link in list(self.links):
            if link.role in (protocol.DOOR, protocol.CALLER):
                link.refuse([], reason=reason, maybe_executed=False, available=available)

    def refuse_waiting(self, waiting: list[Submitted], *, reason: str) -> None:
        """Answer commands that were never applied."""
        for submitted in waiting:
            if submitted.link is not None:
                ids = list(range(submitted.first_id, submitted.first_id + len(submitted.commands)))
                submitted.link.refuse(ids, reason=reason, maybe_executed=False, available=False)

    def refuse_in_flight(self, *, reason: str) -> None:
        """Tell the senders of what was applied and not yet committed, once, that the outcome is not known."""
        for batch in self._sequencer.unanswered():
            if not batch.told:
                batch.told = True
                for link, rows in batch.answers.items():
                    link.refuse([row[0] for row in rows], reason=reason, maybe_executed=True, available=False)

    def _submit(self, link: Link, body: memoryview) -> None:
        frame = _decode_submit(body)
        submitted = Submitted(link, frame.first_id, frame.commands, time.time_ns())
        refusal = self._sequencer.submit(submitted)
        if refusal:
            ids = list(range(frame.first_id, frame.first_id + len(frame.commands)))
            link.refuse(ids, reason=refusal, maybe_executed=False, available=self._sequencer.available)

    def _hello(self, link: Link, hello: protocol.Hello) -> None:
        if hello.version != protocol.PROTOCOL_VERSION or link.role:
            raise protocol.FrameError(f"protocol version {hello.version} is not {protocol.PROTOCOL_VERSION}")
        link.name, link.role, link.market = hello.name, hello.role, hello.market
        self._publisher.add(link)
        self.welcome(link)

    def _watch(self, link: Link, watch: protocol.Watch, *, add: bool) -> None:
        if not add:
            self._publisher.unwatch(link, watch.account_ids)
            return
        self._publisher.watch(link, watch.account_ids)
        # The batch in flight was prepared without this link: what the link gets whole begins after it.
        batch = self._sequencer.in_flight
        seq = batch.row.last_seq if batch is not None else self._sequencer.head.seq
        link.send(protocol.WATCHED, _encode(protocol.Watched(watch.request_id, seq)), stamp_ns=time.time_ns())

    def _ask(self, link: Link, query: protocol.Query) -> None:
        refusal = functools.partial(
            self._send_answer, link, query.request_id, code=protocol.UNAVAILABLE_CODE, result=None
        )
        self._sequencer.ask(Question(answer=functools.partial(self._answer, link, query), refuse=refusal))

    def _answer(self, link: Link, query: protocol.Query) -> None:
        code = ""
        try:
            result = self._queries.answer(query.name, query.args)
        except Refused as refusal:
            code, result = refusal.code, refusal.figures
        self._send_answer(link, query.request_id, code=code, result=result)

    def _send_answer(self, link: Link, request_id: int, *, code: str, result: Any) -> None:
        answer = protocol.QueryAnswer(request_id, self._sequencer.head.seq, code, msgspec.Raw(_encode(result)))
        link.send(protocol.ANSWER, _encode(answer), stamp_ns=time.time_ns())
