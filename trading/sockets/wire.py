"""How frames leave for one client: the narrow interface a session needs, and its server-neutral form.

`AsgiWire` speaks plain ASGI and runs under every server. `trading.sockets.lane` has a faster form for daphne.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Wire(Protocol):
    """Where a session's frames go. Every frame is one text message of JSON."""

    def write(self, frames: list[bytes]) -> None:
        """Hand frames to the server, in order, without waiting."""

    def close(self, code: int) -> None:
        """Close with a code after what was written before."""

    def abort(self) -> None:
        """Cut the connection at once."""


class AsgiWire:
    """Writes through ASGI's `send`, one task a socket."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._out: asyncio.Queue[list[bytes] | int] = asyncio.Queue()
        self._task = asyncio.get_running_loop().create_task(self._run())
        self.closed = False

    def write(self, frames: list[bytes]) -> None:
        """Queue frames for the sending task."""
        if not self.closed:
            self._out.put_nowait(frames)

    def close(self, code: int) -> None:
        """Queue the close after everything written before."""
        if not self.closed:
            self.closed = True
            self._out.put_nowait(code)

    def abort(self) -> None:
        """Drop what is queued and close: plain ASGI has no harder way."""
        while not self._out.empty():
            self._out.get_nowait()
        self.closed = False
        self.close(4408)

    def stop(self) -> None:
        """End the sending task; the client is gone."""
        self.closed = True
        self._task.cancel()

    async def _run(self) -> None:
        while True:
            item = await self._out.get()
            try:
                if isinstance(item, int):
                    await self._send({"type": "websocket.close", "code": item})
                    return
                for frame in item:
                    await self._send({"type": "websocket.send", "text": frame.decode()})
            except (OSError, RuntimeError):
                # The client left between two frames; the receive side hears of it by itself.
                return
