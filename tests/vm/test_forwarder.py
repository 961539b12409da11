"""The machine's one way out: bytes to one address and back, bounded, with a clear word when nobody answers."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from vmhosting.drivers.sandbox import forwarder as module
from vmhosting.drivers.sandbox.forwarder import Address, Forwarder


class Running:
    """A forwarder on a thread of its own."""

    def __init__(self, path: Path) -> None:
        self.path = str(path / "web.sock")
        self.target: Address | None = None
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        listener.listen(64)
        self.selector = selectors.DefaultSelector()
        self.forwarder = Forwarder(listener=listener, target=lambda: self.target, selector=self.selector)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        while not self.stop.is_set():
            for key, mask in self.selector.select(0.05):
                key.data(mask)
        self.forwarder.close()

    def open(self) -> socket.socket:
        inside = socket.socket(socket.AF_UNIX)
        inside.settimeout(10)
        inside.connect(self.path)
        return inside


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    found = Running(tmp_path)
    yield found
    found.stop.set()
    found.thread.join(5)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(10)
        yield listener


def read_all(sock: socket.socket) -> bytes:
    parts = []
    while part := sock.recv(65536):
        parts.append(part)
    return b"".join(parts)


def test_carries_bytes_both_ways_and_passes_the_end_on(running: Running, server: socket.socket) -> None:
    running.target = server.getsockname()
    inside = running.open()
    inside.sendall(b"ask")
    outside, _ = server.accept()
    assert outside.recv(10) == b"ask"
    inside.shutdown(socket.SHUT_WR)
    assert outside.recv(10) == b""
    outside.sendall(b"answer")
    outside.close()
    assert read_all(inside) == b"answer"


def test_carries_much_without_holding_much(running: Running, server: socket.socket) -> None:
    running.target = server.getsockname()
    inside = running.open()
    payload = bytes(range(256)) * 40_000
    sender = threading.Thread(target=lambda: (inside.sendall(payload), inside.shutdown(socket.SHUT_WR)), daemon=True)
    sender.start()
    outside, _ = server.accept()
    time.sleep(0.3)  # nobody reads: the forwarder must stop taking
    held = max(len(leg.pending) for pair in running.forwarder._pairs for leg in (pair.inside, pair.outside))
    assert held <= module._BUFFER_BYTES_MAX + module._CHUNK_BYTES
    assert read_all(outside) == payload


def test_says_that_nobody_answers(running: Running, server: socket.socket) -> None:
    address = server.getsockname()
    server.close()
    for target in (None, address):
        running.target = target
        inside = running.open()
        answer = read_all(inside)
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable")
        assert answer.endswith(b"the web door does not answer")
    assert running.forwarder.refused == 2


def test_holds_no_more_connections_than_its_bound(running: Running, server: socket.socket) -> None:
    running.target = server.getsockname()
    many = [running.open() for _ in range(module._PAIRS_MAX)]
    deadline = time.monotonic() + 5
    while running.forwarder.open_pairs < module._PAIRS_MAX and time.monotonic() < deadline:
        time.sleep(0.02)
    assert read_all(running.open()).startswith(b"HTTP/1.1 503")
    for sock in many:
        sock.close()
    running.stop.set()
    running.thread.join(5)


def test_lets_go_of_a_connection_whose_program_went_away(tmp_path: Path, server: socket.socket) -> None:
    running = Running(tmp_path)
    running.target = server.getsockname()
    running.open().close()
    outside, _ = server.accept()
    assert outside.recv(10) == b""
    running.stop.set()
    running.thread.join(5)
    assert running.forwarder.open_pairs == 0


def test_drops_half_closed_connections_after_a_while(tmp_path: Path, server: socket.socket) -> None:
    path = str(tmp_path / "web.sock")
    listener, selector = socket.socket(socket.AF_UNIX), selectors.DefaultSelector()
    listener.bind(path)
    listener.listen()
    found = Forwarder(listener=listener, target=server.getsockname, selector=selector)
    inside = socket.socket(socket.AF_UNIX)
    inside.connect(path)
    inside.close()
    for _ in range(5):
        for key, mask in selector.select(0.1):
            key.data(mask)
    for now_s, left in ((100.0, 1), (100.0 + module._HALF_CLOSED_S_MAX, 1), (101.0 + module._HALF_CLOSED_S_MAX, 0)):
        found.sweep(now_s=now_s)
        assert found.open_pairs == left
    found.close()
