"""The trading socket for strategies: one thread, no callbacks hidden in the background.

`poll()` returns the pushes that arrived; `order_new` and the other calls wait for their own answer and keep pushes for
the next `poll`. Gaps are closed here: a market channel asks for a new snapshot, a private channel fetches
the missing account events over REST. After a lost connection `connect()` subscribes again with `since`.
"""

from __future__ import annotations

import json
import time
from collections import deque
from typing import Any

from .door import Door
from .errors import ConnectionLost, OrderRefused
from .websocket import WebSocket

_SOCKET_PATH = "/ws/v1"
_CALL_TIMEOUT_S = 5.0
_EVENTS_PAGE = 1000


class TradingClient:
    """A connection to `/ws/v1` and the numbers that make it gapless."""

    def __init__(self, *, door: Door) -> None:
        self.door = door
        self.trading_day = ""
        self.accounts: list[int] = []
        self.hello: dict[str, Any] = {}
        self.answer_ms: deque[float] = deque(maxlen=200)
        self._socket: WebSocket | None = None
        self._next_id = 0
        self._channels: list[str] = []
        self._seen: dict[str, int] = {}
        self._pushes: deque[dict[str, Any]] = deque()

    @property
    def connected(self) -> bool:
        """Whether the socket is open as far as we know."""
        return self._socket is not None

    def connect(self) -> dict[str, Any]:
        """Open the socket, wait for the hello, subscribe to what was subscribed before."""
        self.close()
        self._socket = WebSocket.connect(
            socket_path=self.door.path,
            host=self.door.host,
            path=_SOCKET_PATH,
            authorization=self.door.credentials.header(),
            timeout_s=_CALL_TIMEOUT_S,
        )
        self.hello = self._wait(lambda frame: frame.get("type") == "hello")
        self.trading_day = str(self.hello.get("trading_day", ""))
        self.accounts = [int(number) for number in self.hello.get("accounts", ())]
        if self._channels:
            self._subscribe(self._channels)
        return self.hello

    def close(self) -> None:
        """Drop the connection; subscriptions are remembered for the next one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def subscribe(self, channels: list[str]) -> None:
        """Subscribe to more channels."""
        self._subscribe(channels)
        self._channels += [name for name in channels if name not in self._channels]

    def poll(self, *, timeout_s: float) -> list[dict[str, Any]]:
        """Return the pushes that arrived, waiting at most this long for the first."""
        if not self._pushes:
            self._receive(timeout_s=timeout_s)
        while self._receive(timeout_s=0.0):
            pass
        found = list(self._pushes)
        self._pushes.clear()
        return found

    def call(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send a request and return its answer; a refusal raises OrderRefused with the server's words."""
        self._next_id += 1
        number = self._next_id
        sent_at = time.perf_counter()
        self._send({"op": op, "id": number, **fields})
        answer = self._wait(lambda frame: frame.get("id") == number and "ok" in frame)
        self.answer_ms.append((time.perf_counter() - sent_at) * 1000)
        if answer.get("ok"):
            return answer
        error = answer.get("error") or {}
        raise OrderRefused(
            code=str(error.get("code", "unknown")),
            detail=str(error.get("detail", "")),
            figures=dict(error.get("figures") or {}),
        )

    def order_new(self, **order: Any) -> dict[str, Any]:
        """Send an order. If the connection is lost before the answer, the same order is sent once more: its
        client_order_id makes the repeat harmless and brings the first answer."""
        fields = {"trading_day": self.trading_day, **order}
        try:
            return self.call("order.new", **fields)
        except ConnectionLost:
            self.connect()
            return self.call("order.new", **fields)

    def order_cancel(self, *, account: int, order_id: str) -> dict[str, Any]:
        """Cancel one order."""
        return self.call("order.cancel", account=account, order_id=order_id)

    def _subscribe(self, channels: list[str]) -> None:
        since = {name: self._seen[name] for name in channels if name.startswith("account.") and name in self._seen}
        request: dict[str, Any] = {"channels": channels}
        if since:
            request["since"] = since
        for name in channels:
            if name not in since:
                self._seen.pop(name, None)
        self.call("subscribe", **request)

    def _wait(self, wanted: Any) -> dict[str, Any]:
        deadline = time.monotonic() + _CALL_TIMEOUT_S
        while (left := deadline - time.monotonic()) > 0:
            for frame in self._frames(timeout_s=left):
                if wanted(frame):
                    found = frame
                    break
                self._take(frame)
            else:
                continue
            return found
        self.close()
        raise ConnectionLost("the server did not answer in time")

    def _receive(self, *, timeout_s: float) -> bool:
        frames = self._frames(timeout_s=timeout_s)
        for frame in frames:
            self._take(frame)
        return bool(frames)

    def _frames(self, *, timeout_s: float) -> list[dict[str, Any]]:
        if self._socket is None:
            raise ConnectionLost("the trading socket is not open")
        try:
            text = self._socket.receive(timeout_s=timeout_s)
        except Exception:
            self._socket = None
            raise
        if text is None:
            return []
        content = json.loads(text)
        return [content] if isinstance(content, dict) else list(content)

    def _take(self, frame: dict[str, Any]) -> None:
        """Answer a ping, close a gap, or keep a push."""
        if frame.get("type") == "ping":
            self._send({"op": "seen", "seq": frame.get("frame", 0)})
            return
        channel = frame.get("ch")
        if channel is None:
            return
        if channel.startswith("account."):
            self._take_private(channel, frame)
        else:
            self._take_market(channel, frame)

    def _take_market(self, channel: str, frame: dict[str, Any]) -> None:
        if frame.get("type") == "delta" and frame.get("prev") != self._seen.get(channel):
            self._send({"op": "resync", "ch": channel})
            return
        self._seen[channel] = int(frame.get("seq", 0))
        self._keep(frame)

    def _take_private(self, channel: str, frame: dict[str, Any]) -> None:
        number, known = int(frame.get("seq", 0)), self._seen.get(channel)
        if frame.get("type") != "snapshot" and known is not None:
            if number <= known:
                return
            if number > known + 1:
                self._fetch_missing(channel, after=known, before=number)
        self._seen[channel] = number
        self._keep(frame)

    def _fetch_missing(self, channel: str, *, after: int, before: int) -> None:
        account = channel.partition(".")[2]
        page = self.door.get(f"/api/v1/events?account={account}&after_seq={after}&limit={_EVENTS_PAGE}")
        for frame in page.get("data", ()):
            if after < int(frame.get("seq", 0)) < before:
                self._keep(frame)

    def _keep(self, frame: dict[str, Any]) -> None:
        day = frame.get("data", {}).get("trading_day") if isinstance(frame.get("data"), dict) else None
        if day and frame.get("ch") == "status":
            self.trading_day = str(day)
        self._pushes.append(frame)

    def _send(self, content: dict[str, Any]) -> None:
        if self._socket is None:
            raise ConnectionLost("the trading socket is not open")
        try:
            self._socket.send(json.dumps(content, separators=(",", ":")))
        except ConnectionLost:
            self._socket = None
            raise
