"""The machine's only way out: bytes between a unix socket inside the sandbox and the web server's address.

Whatever the program inside writes reaches the web door and nothing else: the target is a file outside the sandbox
that the host alone writes. Bounded in connections and in memory; a slow side stops the other from being read.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
from collections.abc import Callable
from typing import Final

_PAIRS_MAX: Final = 32
_BUFFER_BYTES_MAX: Final = 256 * 1024
_CHUNK_BYTES: Final = 64 * 1024
_HALF_CLOSED_S_MAX: Final = 20.0
_SORRY: Final = b"the web door does not answer"
_UNAVAILABLE: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_SORRY), _SORRY)
)

Address = tuple[str, int]


class _Leg:
    """One socket of a pair and what still has to be written to it."""

    __slots__ = ("ended", "pending", "shut", "sock")

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.pending = bytearray()
        self.ended = False
        self.shut = False


class _Pair:
    """A connection from inside and its twin to the web server."""

    __slots__ = ("half_closed_at", "inside", "outside")

    def __init__(self, *, inside: _Leg, outside: _Leg) -> None:
        self.half_closed_at: float | None = None
        self.inside = inside
        self.outside = outside

    def other(self, leg: _Leg) -> _Leg:
        return self.outside if leg is self.inside else self.inside


class Forwarder:
    """Accepts on a listening unix socket and pumps; lives on the caller's selector."""

    def __init__(
        self, *, listener: socket.socket, target: Callable[[], Address | None], selector: selectors.BaseSelector
    ) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._target = target
        self._selector = selector
        self._pairs: set[_Pair] = set()
        self.accepted = 0
        self.refused = 0
        selector.register(listener, selectors.EVENT_READ, self._accept)

    @property
    def open_pairs(self) -> int:
        """How many connections are open now."""
        return len(self._pairs)

    def close(self) -> None:
        """Drop every connection and stop accepting."""
        for pair in list(self._pairs):
            self._drop(pair)
        self._selector.unregister(self._listener)
        self._listener.close()

    def sweep(self, *, now_s: float) -> None:
        """Drop connections of which one side ended and the other stays silent; a plain close looks like that too."""
        for pair in list(self._pairs):
            if pair.half_closed_at is None:
                if pair.inside.ended or pair.outside.ended:
                    pair.half_closed_at = now_s
            elif now_s - pair.half_closed_at > _HALF_CLOSED_S_MAX:
                self._drop(pair)

    def _accept(self, _mask: int) -> None:
        try:
            inside, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        address = self._target()
        if address is None or len(self._pairs) >= _PAIRS_MAX:
            self._turn_away(inside)
            return
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        outside = socket.socket(family, socket.SOCK_STREAM)
        outside.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        outside.setblocking(False)
        outside.connect_ex(address)
        pair = _Pair(inside=_Leg(inside), outside=_Leg(outside))
        self._pairs.add(pair)
        self.accepted += 1
        # The outside leg waits for writability first: that is when its connect has come to an end.
        self._set_events(pair.inside, pair, selectors.EVENT_READ)
        self._set_events(pair.outside, pair, selectors.EVENT_WRITE)

    def _turn_away(self, inside: socket.socket) -> None:
        self.refused += 1
        inside.setblocking(False)
        with contextlib.suppress(OSError):
            inside.send(_UNAVAILABLE)
        inside.close()

    def _turn(self, pair: _Pair, leg: _Leg, mask: int) -> None:
        if pair not in self._pairs:
            return
        try:
            if mask & selectors.EVENT_WRITE:
                self._write(leg)
            if mask & selectors.EVENT_READ:
                self._read(pair, leg)
            self._pass_on_end(pair)
        except OSError:
            if leg is pair.outside and not pair.inside.shut:
                self._tell_unavailable(pair)
            self._drop(pair)
            return
        if pair.inside.shut and pair.outside.shut:
            self._drop(pair)
            return
        self._watch(pair)

    def _read(self, pair: _Pair, leg: _Leg) -> None:
        data = leg.sock.recv(_CHUNK_BYTES)
        if data:
            pair.other(leg).pending += data
        else:
            leg.ended = True

    def _write(self, leg: _Leg) -> None:
        problem = leg.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if problem:
            raise OSError(problem, "the connection failed")
        if leg.pending:
            sent = leg.sock.send(leg.pending)
            del leg.pending[:sent]

    def _pass_on_end(self, pair: _Pair) -> None:
        for leg in (pair.inside, pair.outside):
            other = pair.other(leg)
            if leg.ended and not other.pending and not other.shut:
                other.sock.shutdown(socket.SHUT_WR)
                other.shut = True

    def _tell_unavailable(self, pair: _Pair) -> None:
        """The web server does not answer: say so in HTTP if nothing was said yet."""
        self.refused += 1
        with contextlib.suppress(OSError):
            pair.inside.sock.send(_UNAVAILABLE)

    def _watch(self, pair: _Pair) -> None:
        for leg in (pair.inside, pair.outside):
            events = 0
            if not leg.ended and len(pair.other(leg).pending) < _BUFFER_BYTES_MAX:
                events |= selectors.EVENT_READ
            if leg.pending:
                events |= selectors.EVENT_WRITE
            self._set_events(leg, pair, events)

    def _set_events(self, leg: _Leg, pair: _Pair, events: int) -> None:
        known = self._selector.get_map().get(leg.sock)
        if not events:
            if known is not None:
                self._selector.unregister(leg.sock)
        elif known is None:
            self._selector.register(leg.sock, events, lambda mask: self._turn(pair, leg, mask))
        elif known.events != events:
            self._selector.modify(leg.sock, events, known.data)

    def _drop(self, pair: _Pair) -> None:
        self._pairs.discard(pair)
        for leg in (pair.inside, pair.outside):
            if leg.sock in self._selector.get_map():
                self._selector.unregister(leg.sock)
            leg.sock.close()
