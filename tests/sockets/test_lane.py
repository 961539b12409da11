"""Both ways to the client: daphne's short lane and plain ASGI."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest

from trading.sockets.lane import DaphneWire, daphne_protocol, encode_frame, unmask
from trading.sockets.wire import AsgiWire


class Transport:
    """A transport with a socket that takes so many bytes at once."""

    def __init__(self, *, takes: int = 1 << 30) -> None:
        self.socket = self
        self.takes = takes
        self.sent = b""
        self.buffered = b""
        self.aborted = False
        self.dataBuffer = b""
        self.offset = 0
        self._tempDataBuffer: list[bytes] = []
        self.TLS = False

    def send(self, data: bytes) -> int:
        """Be the socket."""
        if self.takes == 0:
            raise BlockingIOError
        part = data[: self.takes]
        self.sent += part
        return len(part)

    def write(self, data: bytes) -> None:
        """Be the transport: what comes here waits."""
        self._tempDataBuffer.append(data)
        self.buffered += data

    def abortConnection(self) -> None:  # noqa: N802  (Twisted's name)
        """Be cut."""
        self.aborted = True


class Protocol:
    """As much of daphne's connection as the lane touches."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.data = b""
        self.inside_message = False
        self.current_frame: object | None = None
        self.last_ping = 0.0
        self.long_way: list[bytes] = []
        self.close_code: int | None = None

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  (Twisted's name)
        """Note what was not for the lane."""
        self.long_way.append(data)

    def sendClose(self, code: int) -> None:  # noqa: N802  (autobahn's name)
        """Note the code."""
        self.close_code = code


def client_frame(payload: bytes, *, first: int = 0x81, mask: bytes = b"\x01\x02\x03\x04") -> bytes:
    """Return a masked frame of a client."""
    length = len(payload)
    head = bytes((first, 0x80 | length)) if length < 126 else bytes((first, 0xFE)) + length.to_bytes(2, "big")
    return head + mask + unmask(payload, mask)


def lane(**changes: Any) -> tuple[DaphneWire, Any, Transport, list[bytes]]:
    """Return a wire that has taken over, its connection, and what it heard."""
    transport = Transport(**changes)
    protocol: Any = Protocol(transport)
    heard: list[bytes] = []
    wire = DaphneWire(protocol)
    wire.take_over(heard.append)
    return wire, protocol, transport, heard


@pytest.mark.parametrize("length", [0, 1, 125, 126, 300, 65_535, 65_536])
def test_writes_frames_as_rfc_6455_says(length: int) -> None:
    frame = encode_frame(b"x" * length)
    assert frame[0] == 0x81
    head = 2 if length < 126 else 4 if length < 65_536 else 10
    announced = frame[1] if head == 2 else int.from_bytes(frame[2:head], "big")
    assert (announced, len(frame)) == (length, head + length)


@pytest.mark.parametrize("length", [0, 1, 3, 4, 5, 1000])
def test_unmasks_like_a_loop_over_bytes(length: int) -> None:
    payload, mask = os.urandom(length), os.urandom(4)
    assert unmask(payload, mask) == bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))


def test_hears_every_complete_text_frame_of_one_read() -> None:
    _wire, protocol, _transport, heard = lane()
    protocol.dataReceived(client_frame(b"one") + client_frame(b"t" * 200) + client_frame(b""))
    assert heard == [b"one", b"t" * 200, b""]
    assert protocol.long_way == []
    assert protocol.last_ping > 0


@pytest.mark.parametrize(
    "rest",
    [
        client_frame(b"part")[:5],
        client_frame(b"half-sent")[:-1],
        client_frame(b"binary", first=0x82),
        client_frame(b"begin", first=0x01),
        client_frame(b"", first=0x89),
        client_frame(b"\x03\xe8", first=0x88),
        client_frame(b"odd", first=0xC1),
        b"\x81\x05plain",
        b"\x81\xff" + (70_000).to_bytes(8, "big"),
    ],
    ids=["short", "cut", "binary", "fragment", "ping", "close", "reserved-bit", "unmasked", "huge"],
)
def test_everything_unusual_goes_the_long_way_after_what_was_usual(rest: bytes) -> None:
    _wire, protocol, _transport, heard = lane()
    protocol.dataReceived(client_frame(b"one") + rest)
    assert heard == [b"one"]
    assert protocol.long_way == [rest]


def test_stays_out_of_the_way_while_autobahn_is_inside_a_frame() -> None:
    _wire, protocol, _transport, heard = lane()
    for name, value in (("data", b"x"), ("inside_message", True), ("current_frame", object())):
        setattr(protocol, name, value)
        protocol.dataReceived(client_frame(b"one"))
        setattr(protocol, name, Protocol(Transport()).__dict__[name])
    assert heard == []
    assert len(protocol.long_way) == 3


def test_a_message_that_went_the_long_way_reaches_the_same_ears() -> None:
    _wire, protocol, _transport, heard = lane()
    protocol.onMessage(b"joined", False)
    assert heard == [b"joined"]


def test_writes_at_once_and_in_order() -> None:
    wire, _protocol, transport, _heard = lane()
    wire.write([b"a", b"b"])
    assert transport.sent == encode_frame(b"a") + encode_frame(b"b")
    assert transport.buffered == b""


@pytest.mark.parametrize("takes", [0, 1, 3])
def test_what_the_socket_does_not_take_waits_and_the_next_waits_behind_it(takes: int) -> None:
    wire, _protocol, transport, _heard = lane(takes=takes)
    wire.write([b"first"])
    wire.write([b"second"])
    assert transport.sent + transport.buffered == encode_frame(b"first") + encode_frame(b"second")
    assert len(transport.sent) == takes


def test_a_broken_connection_is_left_to_the_reactor() -> None:
    wire, _protocol, transport, _heard = lane()
    transport.send = lambda _data: (_ for _ in ()).throw(ConnectionResetError())  # type: ignore[method-assign]
    wire.write([b"x"])
    assert transport.buffered == b""


def test_says_nothing_after_closing() -> None:
    wire, protocol, transport, heard = lane()
    wire.close(4401)
    wire.write([b"late"])
    protocol.dataReceived(client_frame(b"late"))
    assert protocol.close_code == 4401
    assert transport.sent == b""
    assert heard == []
    wire.abort()
    assert transport.aborted


class ReadTransport(Transport):
    """A transport over a real socket whose reading can be taken away and given back."""

    def __init__(self, ours: socket.socket) -> None:
        super().__init__()
        self.socket = ours  # type: ignore[assignment]
        self.reading = True
        self.connected, self.disconnecting = 1, 0

    def fileno(self) -> int:
        """Return the socket's number."""
        return int(self.socket.fileno())

    def stopReading(self) -> None:  # noqa: N802  (Twisted's name)
        """Read no longer."""
        self.reading = False

    def startReading(self) -> None:  # noqa: N802  (Twisted's name)
        """Read again."""
        self.reading = True


def reading_story(
    tell: Callable[[DaphneWire, Any, ReadTransport, list[bytes], socket.socket], Coroutine[Any, Any, None]],
) -> None:
    """Run a story of a wire that reads a real socket by itself."""

    async def run() -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        transport = ReadTransport(ours)
        protocol: Any = Protocol(transport)
        protocol.state = protocol.STATE_OPEN = 3
        protocol.lost = []
        protocol.connectionLost = protocol.lost.append
        heard: list[bytes] = []
        wire = DaphneWire(protocol)
        wire.take_over(heard.append)
        assert not transport.reading
        await tell(wire, protocol, transport, heard, theirs)
        ours.close()
        theirs.close()

    asyncio.run(run())


def test_reads_the_socket_by_itself() -> None:
    async def tell(_wire: Any, _protocol: Any, _transport: Any, heard: list[bytes], theirs: socket.socket) -> None:
        theirs.send(client_frame(b"one"))
        await asyncio.sleep(0.01)
        assert heard == [b"one"]

    reading_story(tell)


def test_gives_the_reading_back_when_the_client_ends_the_connection() -> None:
    async def tell(
        _wire: Any, _protocol: Any, transport: ReadTransport, _heard: list[bytes], theirs: socket.socket
    ) -> None:
        theirs.shutdown(socket.SHUT_WR)
        await asyncio.sleep(0.01)
        assert transport.reading

    reading_story(tell)


def test_gives_the_reading_back_when_either_side_closes() -> None:
    async def by_us(wire: DaphneWire, _p: Any, transport: ReadTransport, _h: Any, _theirs: Any) -> None:
        wire.close(4401)
        assert transport.reading

    async def by_them(_wire: Any, protocol: Any, transport: ReadTransport, _h: Any, theirs: socket.socket) -> None:
        protocol.state = 2
        theirs.send(client_frame(b"", first=0x88))
        await asyncio.sleep(0.01)
        assert transport.reading

    reading_story(by_us)
    reading_story(by_them)


def test_leaves_no_reader_behind_on_a_lost_connection() -> None:
    async def tell(wire: Any, protocol: Any, transport: ReadTransport, _h: Any, theirs: socket.socket) -> None:
        number = transport.fileno()
        transport.socket.close()
        protocol.connectionLost("reset")
        assert protocol.lost == ["reset"]
        assert not asyncio.get_running_loop().remove_reader(number)
        wire.abort()
        assert not transport.reading

    reading_story(tell)


def test_knows_daphne_and_nobody_else() -> None:
    from daphne.ws_protocol import WebSocketProtocol

    real = WebSocketProtocol()
    for name in ("data", "current_frame", "inside_message", "transport"):
        if not hasattr(real, name):
            setattr(real, name, None)
    assert daphne_protocol(partial(print, real)) is real
    for send in (print, partial(print), partial(print, object()), partial(print, real, 2)):
        assert daphne_protocol(send) is None


def test_the_plain_way_sends_frames_and_then_the_close() -> None:
    async def story() -> None:
        sent: list[dict[str, Any]] = []

        async def send(message: Any) -> None:
            await asyncio.sleep(0)
            sent.append(message)

        wire = AsgiWire(send)
        wire.write([b'{"a":1}', b"[2]"])
        wire.close(4408)
        wire.write([b"late"])
        await asyncio.sleep(0.01)
        assert sent == [
            {"type": "websocket.send", "text": '{"a":1}'},
            {"type": "websocket.send", "text": "[2]"},
            {"type": "websocket.close", "code": 4408},
        ]
        wire.stop()

    asyncio.run(story())


def test_the_plain_way_survives_a_client_that_left() -> None:
    async def story() -> None:
        async def send(_message: Any) -> None:
            raise OSError("gone")

        wire = AsgiWire(send)
        wire.write([b"x"])
        await asyncio.sleep(0.01)
        wire.write([b"y"])
        wire.stop()

    asyncio.run(story())


def test_a_whole_session_over_plain_asgi() -> None:
    """What uvicorn or hypercorn would do: connect, messages, disconnect, through the same session."""
    from tests.sockets.memory import Door, investor, order_request
    from trading.sockets.app import _read

    async def story() -> None:
        import json

        door = await Door().start()
        door.core.open(7001)
        sent: list[dict[str, Any]] = []

        async def send(message: Any) -> None:
            sent.append(message)

        inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        wire = AsgiWire(send)
        session = door.hub.open(wire=wire, actor=investor())
        assert session is not None
        reading = asyncio.create_task(_read(session, inbox.get))
        inbox.put_nowait({"type": "websocket.receive", "text": json.dumps(order_request(id=1))})
        inbox.put_nowait({"type": "websocket.receive", "bytes": b'{"op":"ping","id":2}'})
        await door.settle(60)
        inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(reading, 1)
        answers = [json.loads(message["text"]) for message in sent]
        assert [answer.get("id") for answer in answers if "id" in answer] == [2, 1]
        assert all(answer.get("ok", True) for answer in answers)
        wire.stop()

    asyncio.run(story())
