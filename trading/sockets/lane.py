"""A short way through daphne for the trading socket.

Daphne hands each message through a queue to a task, and each answer through a coroutine, autobahn's message layer and
twice through the reactor: 80 to 100 microseconds an order, most of an order's whole cost. Once the handshake is done
nothing of that is needed. This lane reads complete text frames straight off the connection and writes encoded frames
straight to the socket. Everything unusual (fragments, control frames, binary, anything while autobahn is inside a
frame) goes to autobahn unchanged, so closing, pings and every rule of RFC 6455 stay its business.

It leans on the inside of daphne and autobahn at their pinned versions: `daphne_protocol` finds out whether all of it is
there and the plain ASGI way is taken when not. `tests/sockets/test_lane.py` holds both to the same behaviour.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

log = logging.getLogger(__name__)

_TEXT_FINAL: Final = 0x81
_MASKED: Final = 0x80
_MESSAGE_BYTES_MAX: Final = 64 * 1024
_READ_BYTES: Final = 64 * 1024

OnMessage = Callable[[bytes], None]


def daphne_protocol(send: Any) -> Any | None:
    """Return daphne's connection behind an ASGI `send`, or None when it is not one we know inside out."""
    if not isinstance(send, partial) or len(send.args) != 1:
        return None
    protocol = send.args[0]
    try:
        from daphne.ws_protocol import WebSocketProtocol
    except ImportError:
        return None
    if not isinstance(protocol, WebSocketProtocol):
        return None
    wanted = ("data", "current_frame", "inside_message", "dataReceived", "connectionLost", "transport", "sendClose")
    if any(not hasattr(protocol, name) for name in wanted):
        log.warning("daphne's connection has changed; sockets go the plain way")
        return None
    return protocol


def before_shutdown(act: Callable[[], None], *, seconds: float = 0.3) -> bool:
    """Have something done when daphne is told to stop, with a moment for it to reach the clients."""
    reactor = sys.modules.get("twisted.internet.reactor")
    if reactor is None or not getattr(reactor, "running", False):
        return False
    from twisted.internet.task import deferLater

    def begin() -> Any:
        act()
        return deferLater(reactor, seconds, lambda: None)  # type: ignore[arg-type]

    reactor.addSystemEventTrigger("before", "shutdown", begin)
    return True


def encode_frame(payload: bytes) -> bytes:
    """Return one unmasked text frame of RFC 6455."""
    length = len(payload)
    if length < 126:
        return b"\x81" + bytes((length,)) + payload
    if length < 65536:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload


def unmask(payload: bytes, mask: bytes) -> bytes:
    """Return the payload of a client's frame; one big-integer XOR is far faster than a loop over bytes."""
    length = len(payload)
    key = (mask * (length // 4 + 1))[:length]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")).to_bytes(length, "little")


class DaphneWire:
    """A session's wire on a daphne connection."""

    __slots__ = ("_closed", "_loop", "_on_message", "_original", "_protocol", "_reading_fd", "_socket", "_transport")

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._transport = protocol.transport
        self._closed = False
        self._original = protocol.dataReceived
        self._on_message: OnMessage = _nobody
        self._loop: asyncio.AbstractEventLoop | None = None
        self._reading_fd = -1
        handle = getattr(self._transport, "socket", None)
        # Under TLS the transport encrypts: there writing goes through it as usual.
        plain = hasattr(self._transport, "dataBuffer") and not getattr(self._transport, "TLS", False)
        self._socket = handle if plain else None
        protocol.maxMessagePayloadSize = _MESSAGE_BYTES_MAX
        protocol.maxFramePayloadSize = _MESSAGE_BYTES_MAX
        # A client that breaks the rules is told the standard's code instead of being dropped without a word.
        protocol.failByDrop = False

    def take_over(self, on_message: OnMessage) -> None:
        """From now on complete text frames go to `on_message` without a queue."""
        self._on_message = on_message
        protocol = self._protocol
        protocol.dataReceived = self._data_received
        protocol.onMessage = self._message
        if self._socket is not None and hasattr(self._transport, "stopReading"):
            self._read_ourselves()

    def write(self, frames: list[bytes]) -> None:
        """Write frames: at once to the socket when nothing waits before them, else behind what waits."""
        if self._closed:
            return
        data = b"".join([encode_frame(frame) for frame in frames])
        transport = self._transport
        socket = self._socket
        if socket is not None and not transport._tempDataBuffer and transport.offset == len(transport.dataBuffer):
            try:
                sent = socket.send(data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError:
                return  # the reactor sees the same on its next read and tells the session
            if sent == len(data):
                return
            data = data[sent:]
        transport.write(data)

    def close(self, code: int) -> None:
        """Close with a code; autobahn does the closing handshake."""
        if not self._closed:
            self._closed = True
            self._give_reading_back()
            self._protocol.sendClose(code=code)

    def abort(self) -> None:
        """Cut the connection; what is buffered for a reader who is gone is dropped."""
        self._closed = True
        self._give_reading_back()
        self._transport.abortConnection()

    def stop(self) -> None:
        """The session is over."""
        self._closed = True
        self._on_message = _nobody

    def _read_ourselves(self) -> None:
        """Take the socket's readability from Twisted's reactor: it wraps every read in two layers of logging."""
        transport, protocol = self._transport, self._protocol
        lost = protocol.connectionLost

        def connection_lost(reason: Any) -> None:
            # The socket is closed by now; whatever gets its number next must not find our reader.
            self._stop_reading()
            lost(reason)

        self._loop = asyncio.get_running_loop()
        transport.stopReading()
        self._reading_fd = transport.fileno()
        protocol.connectionLost = connection_lost
        self._loop.add_reader(self._reading_fd, self._readable)

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_READ_BYTES)  # type: ignore[union-attr]
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            # The end, or an error: the reactor will meet the same and does what is to be done.
            self._give_reading_back()
            return
        self._data_received(data)
        if self._protocol.state != self._protocol.STATE_OPEN:
            self._give_reading_back()

    def _stop_reading(self) -> bool:
        if self._loop is None or self._reading_fd < 0:
            return False
        self._loop.remove_reader(self._reading_fd)
        self._reading_fd = -1
        return True

    def _give_reading_back(self) -> None:
        transport = self._transport
        if self._stop_reading() and transport.connected and not transport.disconnecting:
            transport.startReading()

    def _message(self, payload: bytes, _is_binary: bool) -> None:
        # A message that went the long way (fragmented or binary): the same ears.
        self._protocol.last_ping = time.time()
        self._on_message(payload)

    def _data_received(self, data: bytes) -> None:
        protocol = self._protocol
        if self._closed or protocol.data or protocol.inside_message or protocol.current_frame is not None:
            self._original(data)
            return
        position, end = 0, len(data)
        while end - position >= 6:
            second = data[position + 1]
            if data[position] != _TEXT_FINAL or not second & _MASKED:
                break
            length, start = second & 0x7F, position + 6
            if length == 126:
                length, start = int.from_bytes(data[position + 2 : position + 4], "big"), position + 8
            elif length == 127:
                break
            stop = start + length
            if stop > end:
                break
            payload = unmask(data[start:stop], data[start - 4 : start])
            position = stop
            self._on_message(payload)
            if self._closed:
                return
        if position:
            protocol.last_ping = time.time()
        if position < end:
            self._original(data[position:] if position else data)


def _nobody(_payload: bytes) -> None:
    return None
