"""A websocket client for load: as little work a frame as possible, so that the generator is not what is measured.

Frames are masked with the all-zero key, which RFC 6455 allows and which costs nothing.
"""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from typing import Final

_MASK: Final = b"\0\0\0\0"
_READ_BYTES: Final = 64 * 1024


def text_frame(payload: bytes) -> bytes:
    """Return one masked text frame."""
    length = len(payload)
    if length < 126:
        return bytes((0x81, 0x80 | length)) + _MASK + payload
    return b"\x81\xfe" + length.to_bytes(2, "big") + _MASK + payload


class FastSocket(asyncio.BufferedProtocol):
    """One connection; `on_text` gets the payload of each text frame.

    It reads into memory of its own: the plain kind of protocol asks for a quarter of a megabyte anew for each read.
    """

    def __init__(self, *, path: str, host: str, headers: dict[str, str], on_text: Callable[[bytes], None]) -> None:
        self._path, self._host, self._headers = path, host, headers
        self._on_text = on_text
        self._room = memoryview(bytearray(_READ_BYTES))
        self._rest = b""  # the beginning of a frame that has not come whole
        self._open = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport
        self.close_code = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the upgrade request."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {self._path} HTTP/1.1",
            f"Host: {self._host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in self._headers.items()),
        ]
        transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go."""
        return self._room

    def buffer_updated(self, nbytes: int) -> None:
        """Cut frames out of the stream."""
        buffer = self._rest + self._room[:nbytes].tobytes()
        if not self._open:
            taken = self._take_upgrade(buffer)
            if taken == 0:
                self._rest = buffer
                return
            buffer = buffer[taken:]
        position, end = 0, len(buffer)
        while end - position >= 2:
            first, length = buffer[position], buffer[position + 1]
            start = position + 2
            if length == 126:
                if end - position < 4:
                    break
                length, start = int.from_bytes(buffer[position + 2 : position + 4], "big"), position + 4
            elif length == 127:
                if end - position < 10:
                    break
                length, start = int.from_bytes(buffer[position + 2 : position + 10], "big"), position + 10
            if end - start < length:
                break
            position = start + length
            self._frame(first, buffer[start:position])
        self._rest = buffer[position:] if position < end else b""

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end."""
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("the server closed during the handshake"))
        if not self.closed.done():
            self.closed.set_result(self.close_code)

    def send(self, payload: bytes) -> None:
        """Send one text frame."""
        self.transport.write(text_frame(payload))

    def _take_upgrade(self, buffer: bytes) -> int:
        """How long the answer to the upgrade is; 0 when it is not all there, or a refusal."""
        head, end, _frames = buffer.partition(b"\r\n\r\n")
        if not end:
            return 0
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            self.opened.set_exception(ConnectionError(head[:200].decode("latin-1")))
            self.transport.abort()
            return 0
        self._open = True
        self.opened.set_result(None)
        return len(head) + len(end)

    def _frame(self, first: int, payload: bytes) -> None:
        opcode = first & 0x0F
        if opcode == 1:
            self._on_text(payload)
        elif opcode == 9:
            self.transport.write(bytes((0x8A, 0x80 | len(payload))) + _MASK + payload)
        elif opcode == 8:
            self.close_code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            self.transport.write(b"\x88\x80" + _MASK)
            self.transport.close()
