"""A client of /ws/v1 written from the documentation alone: blocking, one thread, everything it hears is kept."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect


class Talker:
    """One socket. `hello` is the first frame; `heard` keeps what nobody has asked for yet."""

    def __init__(self, url: str, *, headers: dict[str, str] | None = None, origin: str | None = None) -> None:
        address = url.replace("http://", "ws://") + "/ws/v1"
        self.socket: ClientConnection = connect(
            address, additional_headers=headers or {}, origin=origin, compression=None, open_timeout=20
        )
        self.heard: list[dict[str, Any]] = []
        self.number = 0
        self.answers_pings = True
        self.hello: dict[str, Any] = {}

    def __enter__(self) -> Talker:
        self.hello = self.wait(lambda frame: frame.get("type") == "hello")
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send a request and return its answer."""
        self.number += 1
        number = self.number
        self.socket.send(json.dumps({"op": op, "id": number, **fields}))
        return self.wait(lambda frame: frame.get("id") == number and "ok" in frame)

    def send(self, data: str | bytes) -> None:
        """Send something that no client should."""
        self.socket.send(data)

    def on(self, channel: str, *, count: int = 1, seconds: float = 10.0) -> list[dict[str, Any]]:
        """Return the next frames of a channel."""
        return [self.wait(lambda frame: frame.get("ch") == channel, seconds=seconds) for _ in range(count)]

    def wait(self, wanted: Callable[[dict[str, Any]], bool], *, seconds: float = 10.0) -> dict[str, Any]:
        """Return the first frame that is wanted; the others are kept in order."""
        for position, frame in enumerate(self.heard):
            if wanted(frame):
                return self.heard.pop(position)
        deadline = time.monotonic() + seconds
        while True:
            for frame in self._receive(deadline - time.monotonic()):
                if wanted(frame):
                    return frame
                self.heard.append(frame)

    def closed_with(self, *, seconds: float = 10.0) -> int:
        """Wait until the server closes and return its code."""
        deadline = time.monotonic() + seconds
        try:
            while True:
                self.heard += self._receive(deadline - time.monotonic())
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 1006

    def _receive(self, seconds: float) -> list[dict[str, Any]]:
        if seconds <= 0:
            raise TimeoutError(f"not heard; what came instead: {self.heard[-5:]}")
        try:
            content = json.loads(self.socket.recv(timeout=seconds))
        except TimeoutError:
            raise TimeoutError(f"not heard; what came instead: {self.heard[-5:]}") from None
        frames: list[dict[str, Any]] = content if isinstance(content, list) else [content]
        for frame in frames:
            if frame.get("type") == "ping" and self.answers_pings:
                self.socket.send(json.dumps({"op": "seen", "seq": frame["frame"]}))
        return [frame for frame in frames if frame.get("type") != "ping"]
