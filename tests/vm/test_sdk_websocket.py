"""The guest's own websocket client against a server that is not ours, whole and in crumbs."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from websockets.http11 import Request
from websockets.server import ServerProtocol

from vmhosting.guest.sdk import ConnectionLost, DoorClosed
from vmhosting.guest.sdk.websocket import WebSocket, _masked

Play = Callable[[socket.socket, ServerProtocol], None]


class Server:
    """A unix socket that shakes hands properly and then plays a script."""

    def __init__(self, path: Path) -> None:
        self.path = str(path / "ws.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.play: Play = lambda _connection, _protocol: None
        self.answer: bytes | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(10)
            if self.answer is not None:
                connection.recv(4096)
                connection.sendall(self.answer)
                connection.close()
                continue
            protocol = ServerProtocol()
            protocol.receive_data(connection.recv(4096))
            request = protocol.events_received()[0]
            assert isinstance(request, Request)
            protocol.send_response(protocol.accept(request))
            flush(connection, protocol)
            self.play(connection, protocol)


def flush(connection: socket.socket, protocol: ServerProtocol, *, crumbs: bool = False) -> None:
    for chunk in protocol.data_to_send():
        for piece in [chunk[at : at + 1] for at in range(len(chunk))] if crumbs else [chunk]:
            connection.sendall(piece)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    found = Server(tmp_path)
    yield found
    found.listener.close()


def connect(server: Server) -> WebSocket:
    return WebSocket.connect(
        socket_path=server.path, host="localhost", path="/ws/v1", authorization="Bearer a.b", timeout_s=5
    )


def test_reads_short_long_and_fragmented_messages_in_crumbs(server: Server) -> None:
    texts = ["", "short", "é€金" * 40, "x" * 70_000]

    def play(connection: socket.socket, protocol: ServerProtocol) -> None:
        for text in texts:
            protocol.send_text(text.encode())
            flush(connection, protocol, crumbs=len(text) < 1000)
        protocol.send_text(b"one ", fin=False)
        protocol.send_ping(b"between")
        protocol.send_continuation(b"message", fin=True)
        flush(connection, protocol, crumbs=True)

    server.play = play
    client = connect(server)
    assert [client.receive(timeout_s=5) for _ in range(5)] == [*texts, "one message"]
    assert client.receive(timeout_s=0.05) is None


def test_sends_masked_text_of_every_length_and_answers_pings(server: Server) -> None:
    heard: list[object] = []
    done = threading.Event()

    def play(connection: socket.socket, protocol: ServerProtocol) -> None:
        protocol.send_ping(b"are you there")
        flush(connection, protocol)
        while len(heard) < 4:
            protocol.receive_data(connection.recv(65536))
            heard.extend(bytes(event.data) for event in protocol.events_received())
        done.set()

    server.play = play
    client = connect(server)
    for length in (5, 300, 70_000):
        client.send("y" * length)
    client.receive(timeout_s=0.3)
    assert done.wait(10)
    assert sorted(len(data) for data in heard) == [5, 13, 300, 70_000]  # type: ignore[arg-type]
    assert b"are you there" in heard


@pytest.mark.parametrize(("code", "error"), [(4401, DoorClosed), (4403, DoorClosed), (4503, ConnectionLost)])
def test_tells_a_revoked_key_from_a_restart(server: Server, code: int, error: type[Exception]) -> None:
    def play(connection: socket.socket, protocol: ServerProtocol) -> None:
        protocol.send_close(code)
        flush(connection, protocol)

    server.play = play
    client = connect(server)
    with pytest.raises(error):
        client.receive(timeout_s=5)
    assert client.close_code == code


def test_notices_a_connection_that_just_ends(server: Server) -> None:
    server.play = lambda connection, _protocol: connection.close()
    with pytest.raises(ConnectionLost):
        connect(server).receive(timeout_s=5)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\n\r\n", DoorClosed),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", DoorClosed),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", ConnectionLost),
        (b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: wrong\r\n\r\n", ConnectionLost),
        (b"", ConnectionLost),
    ],
)
def test_understands_a_handshake_that_is_refused(server: Server, answer: bytes, error: type[Exception]) -> None:
    server.answer = answer
    with pytest.raises(error):
        connect(server)


@pytest.mark.parametrize(
    "frame", [b"\xc1\x00", b"\x81\x80abcd", b"\x81\x7f" + struct.pack("!Q", 2**40)], ids=["bit", "mask", "size"]
)
def test_gives_up_on_a_server_that_breaks_the_protocol(server: Server, frame: bytes) -> None:
    server.play = lambda connection, _protocol: connection.sendall(frame)
    with pytest.raises(ConnectionLost):
        connect(server).receive(timeout_s=5)


def test_masks_like_the_standard_says() -> None:
    mask, payload = b"\x37\xfa\x21\x3d", b"Hello"
    assert _masked(payload, mask) == b"\x7f\x9f\x4d\x51\x58"
    assert _masked(b"", mask) == b""
