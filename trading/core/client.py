"""How everybody else talks to the core: `CoreLink` on an event loop, `call` and `query` from threads.

Doors, services and commands use only this module. See `trading.core.link` for the asynchronous side.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from portal.lib.paths import socket_path
from trading.core import protocol
from trading.core.link import CoreLink, query_result
from trading.core.protocol import Answer, CoreUnavailable, Delivery, DepthFrame, MarketTrade
from trading.engine.commands import Command

__all__ = [
    "Answer",
    "CoreLink",
    "CoreUnavailable",
    "Delivery",
    "DepthFrame",
    "MarketTrade",
    "call",
    "query",
]

_CONNECT_TIMEOUT_S: Final = 2.0
_QUERY_TIMEOUT_S: Final = 5.0

_decode_committed = msgspec.msgpack.Decoder(protocol.Committed).decode
_decode_answer = msgspec.msgpack.Decoder(protocol.QueryAnswer).decode
_decode_unavailable = msgspec.msgpack.Decoder(protocol.Unavailable).decode


def call(command: Command, timeout_s: float = 5.0) -> Answer:
    """Send one command and wait for its committed answer."""
    return _caller().call(command, timeout_s=timeout_s)


def query(name: str, **args: Any) -> Any:
    """Ask the core a question and wait for the answer; a refusal raises `Refused` with its code."""
    return _caller().query(name, args)


def disconnect() -> None:
    """Close this thread's connection, for tests and before a fork."""
    caller = getattr(_local, "caller", None)
    if caller is not None:
        caller.close()
        _local.caller = None


class Caller:
    """A blocking connection: one request in flight."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pid = os.getpid()
        self._socket: socket.socket | None = None
        self._splitter = protocol.FrameSplitter()
        self._frames: list[bytes] = []
        self._next_id = 1

    def call(self, command: Command, *, timeout_s: float) -> Answer:
        """Send a command; after it was sent, a lost link leaves its outcome unknown."""
        request_id = self._take_id()
        body = b"".join((b"\x92", protocol.encode(request_id), b"\x91", protocol.encode(command)))
        self._send(protocol.up_frame(protocol.SUBMIT, body))
        deadline = time.monotonic() + timeout_s
        while True:
            frame = self._receive(deadline)
            body_view = memoryview(frame)[protocol.DOWN_EXTRA :]
            if frame[0] == protocol.COMMITTED:
                for answer in _decode_committed(body_view).answers:
                    if answer.request_id == request_id:
                        answer.acked_ns = int.from_bytes(frame[1:9], "little")
                        return answer
            elif frame[0] == protocol.UNAVAILABLE:
                refusal = _decode_unavailable(body_view)
                if request_id in refusal.request_ids:
                    raise CoreUnavailable(refusal.reason, maybe_executed=refusal.maybe_executed)

    def query(self, name: str, args: dict[str, Any]) -> Any:
        """Ask a question."""
        request_id = self._take_id()
        question = protocol.Query(request_id=request_id, name=name, args=args)
        self._send(protocol.up_frame(protocol.QUERY, protocol.encode(question)))
        deadline = time.monotonic() + _QUERY_TIMEOUT_S
        while True:
            frame = self._receive(deadline)
            if frame[0] == protocol.ANSWER:
                answer = _decode_answer(memoryview(frame)[protocol.DOWN_EXTRA :])
                if answer.request_id == request_id:
                    return query_result(answer, protocol.QUERY_RESULTS.get(name, Any))

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._splitter = protocol.FrameSplitter()
        self._frames.clear()

    def _take_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def _send(self, frame: bytes) -> None:
        # A core that restarted since the last request has closed this socket: noticed before sending, so that
        # nothing is ever sent twice.
        if self._socket is not None and self._is_stale(self._socket):
            self.close()
        if self._socket is None:
            self._socket = self._connect()
        try:
            self._socket.sendall(frame)
        except OSError as problem:
            self.close()
            raise CoreUnavailable("trading is unavailable", maybe_executed=True) from problem

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(_CONNECT_TIMEOUT_S)
        hello = protocol.Hello(version=protocol.PROTOCOL_VERSION, name=f"caller-{os.getpid()}", role=protocol.CALLER)
        try:
            connection.connect(str(self.path))
            connection.sendall(protocol.up_frame(protocol.HELLO, protocol.encode(hello)))
        except OSError as problem:
            connection.close()
            raise CoreUnavailable("trading is unavailable") from problem
        return connection

    def _is_stale(self, connection: socket.socket) -> bool:
        connection.setblocking(False)
        try:
            data = connection.recv(65536)
        except BlockingIOError:
            return False
        except OSError:
            return True
        if not data:
            return True
        self._frames.extend(self._splitter.feed(data))
        self._frames.clear()  # news of earlier requests that timed out
        return False

    def _receive(self, deadline: float) -> bytes:
        while not self._frames:
            if self._socket is None:
                raise CoreUnavailable("trading is unavailable", maybe_executed=True)
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self._socket.recv(262144)
            except OSError as problem:
                self.close()
                raise CoreUnavailable("the core did not answer in time", maybe_executed=True) from problem
            if not data:
                self.close()
                raise CoreUnavailable("the core closed the link", maybe_executed=True)
            self._frames.extend(self._splitter.feed(data))
        return self._frames.pop(0)


_local = threading.local()


def _caller() -> Caller:
    path = socket_path("core")
    caller: Caller | None = getattr(_local, "caller", None)
    if caller is None or caller.path != path or caller.pid != os.getpid():
        caller = Caller(path)
        _local.caller = caller
    return caller
