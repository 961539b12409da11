"""A websocket client (RFC 6455) over a unix socket: text frames, fragments, ping and pong, closing. Blocking.

Written here because nothing may be installed inside a machine. No extensions are offered, so a frame with a
reserved bit is an error.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import select
import socket
import struct
import time

from .door import FORWARDED
from .errors import ConnectionLost, DoorClosed

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTINUATION, _TEXT, _BINARY, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
_HEADER_BYTES_MAX = 16 * 1024
_MESSAGE_BYTES_MAX = 8 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024


class WebSocket:
    """One open websocket."""

    def __init__(self, sock: socket.socket, *, rest: bytes) -> None:
        self._sock = sock
        self._received = bytearray(rest)
        self._parts: list[bytes] = []
        self.close_code: int | None = None

    @classmethod
    def connect(cls, *, socket_path: str, host: str, path: str, authorization: str, timeout_s: float) -> WebSocket:
        """Open the socket and shake hands; a refusal for lack of rights raises DoorClosed."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(timeout_s)
        try:
            sock.connect(socket_path)
            nonce = base64.b64encode(os.urandom(16))
            sock.sendall(_request(path=path, host=host, nonce=nonce, authorization=authorization))
            head, rest = _read_head(sock)
            _check_answer(head, nonce=nonce)
        except OSError as problem:
            sock.close()
            raise ConnectionLost(f"the trading socket did not open: {problem}") from problem
        except (ConnectionLost, DoorClosed):
            sock.close()
            raise
        return cls(sock, rest=rest)

    def send(self, text: str) -> None:
        """Send one text message."""
        self._send_frame(_TEXT, text.encode())

    def receive(self, *, timeout_s: float) -> str | None:
        """Return the next message, or None when none came in time; answers pings by the way."""
        deadline = time.monotonic() + timeout_s
        while True:
            frame = self._next_frame()
            if frame is None:
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([self._sock], [], [], left)[0]:
                    return None
                self._fill()
                continue
            message = self._handle(*frame)
            if message is not None:
                return message

    def close(self, *, code: int = 1000) -> None:
        """Say goodbye and drop the connection; a broken one is simply dropped."""
        with contextlib.suppress(ConnectionLost):
            self._send_frame(_CLOSE, struct.pack("!H", code))
        self._sock.close()

    def _handle(self, final: bool, opcode: int, payload: bytes) -> str | None:
        if opcode == _PING:
            self._send_frame(_PONG, payload)
        elif opcode == _CLOSE:
            self.close_code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
            self._sock.close()
            if self.close_code in (4401, 4403):
                raise DoorClosed(f"the trading socket was closed with {self.close_code}")
            raise ConnectionLost(f"the trading socket was closed with {self.close_code}")
        elif opcode in (_TEXT, _BINARY, _CONTINUATION):
            self._parts.append(payload)
            if sum(map(len, self._parts)) > _MESSAGE_BYTES_MAX:
                raise ConnectionLost("a message was larger than this client takes")
            if final:
                message = b"".join(self._parts)
                self._parts.clear()
                return message.decode()
        return None

    def _next_frame(self) -> tuple[bool, int, bytes] | None:
        """Cut one frame off the received bytes, or None when it is not complete yet."""
        data = self._received
        if len(data) < 2:
            return None
        if data[0] & 0x70 or data[1] & 0x80:
            raise ConnectionLost("the server sent a frame with reserved bits or a mask")
        length, offset = data[1] & 0x7F, 2
        if length == 126:
            if len(data) < 4:
                return None
            length, offset = struct.unpack_from("!H", data, 2)[0], 4
        elif length == 127:
            if len(data) < 10:
                return None
            length, offset = struct.unpack_from("!Q", data, 2)[0], 10
        if length > _MESSAGE_BYTES_MAX:
            raise ConnectionLost("a frame was larger than this client takes")
        if len(data) < offset + length:
            return None
        frame = bool(data[0] & 0x80), data[0] & 0x0F, bytes(data[offset : offset + length])
        del data[: offset + length]
        return frame

    def _fill(self) -> None:
        try:
            chunk = self._sock.recv(_CHUNK_BYTES)
        except OSError as problem:
            raise ConnectionLost(str(problem)) from problem
        if not chunk:
            raise ConnectionLost("the server closed the connection")
        self._received += chunk

    def _send_frame(self, opcode: int, payload: bytes) -> None:
        mask = os.urandom(4)
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
        elif length < 65536:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, length)
        try:
            self._sock.sendall(head + mask + _masked(payload, mask))
        except OSError as problem:
            raise ConnectionLost(str(problem)) from problem


def _masked(payload: bytes, mask: bytes) -> bytes:
    """XOR with the repeated mask, as one large integer: quick without any library."""
    if not payload:
        return b""
    repeated = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(payload), "big")


def _request(*, path: str, host: str, nonce: bytes, authorization: str) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {nonce.decode()}",
        "Sec-WebSocket-Version: 13",
        f"Authorization: {authorization}",
        *(f"{name}: {value}" for name, value in FORWARDED.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _read_head(sock: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = sock.recv(4096)
        if not chunk or len(data) > _HEADER_BYTES_MAX:
            raise ConnectionLost("the server did not finish the handshake")
        data += chunk
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _check_answer(head: bytes, *, nonce: bytes) -> None:
    lines = head.split(b"\r\n")
    status = lines[0].split(b" ", 2)[1:2]
    if status in ([b"401"], [b"403"]):
        raise DoorClosed(f"the trading socket refused the key: {status[0].decode()}")
    if status != [b"101"]:
        raise ConnectionLost(f"the server answered {lines[0].decode(errors='replace')}")
    expected = base64.b64encode(hashlib.sha1(nonce + _GUID, usedforsecurity=False).digest())
    headers = dict(line.split(b":", 1) for line in lines[1:] if b":" in line)
    accepted = {name.strip().lower(): value.strip() for name, value in headers.items()}
    if accepted.get(b"sec-websocket-accept") != expected:
        raise ConnectionLost("the server's handshake does not match")
