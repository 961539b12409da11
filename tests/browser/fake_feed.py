"""The terminal page with a made-up market behind it: the real templates and modules, a double for socket and REST.

daphne serves `application` (see `tests.browser.served`). A test steers it through `/control`: updates a second,
silence, a lost frame, closed sockets, the end of trading.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from tests.browser.fake_market import SYMBOLS, TRADING_DAY, Market, moment, price

PERIODS = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400}
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
)


MENU = (("/trade/", "交易"), ("/machines/", "云主机"), ("/security/", "安全"))
MENU_ENGLISH = (("/trade/", "Trade"), ("/machines/", "Machines"), ("/security/", "Security"))


@dataclass
class Feed:
    """The state of the double and the sockets that listen to it."""

    updates_per_s: float = 4.0
    market: Market = field(default_factory=Market)
    sockets: set[Socket] = field(default_factory=set)
    silent: bool = False
    drop_next_book: bool = False
    refuse_sockets: bool = False
    previews: int = 0

    async def run(self) -> None:
        """Move the market for ever."""
        turn = 0
        while True:
            await asyncio.sleep(1 / max(self.updates_per_s, 1))
            if self.silent or self.updates_per_s < 1:
                continue
            turn += 1
            symbol = SYMBOLS[0] if turn % 4 else SYMBOLS[1 + turn // 4 % (len(SYMBOLS) - 1)]
            trade, depth = self.market.step(symbol)
            for socket in list(self.sockets):
                await socket.moved(symbol, trade, depth, drop=self.drop_next_book)
            self.drop_next_book = False
            await self.flush()

    async def flush(self) -> None:
        """Send the account's queued events."""
        frames, self.market.frames = self.market.frames, []
        self.history.extend(frames)
        for frame in frames:
            for socket in list(self.sockets):
                await socket.push(frame)

    def __post_init__(self) -> None:
        self.history: list[dict[str, Any]] = []
        self.usual_updates_per_s = self.updates_per_s

    def reset(self) -> None:
        """Begin again with a new market; the sockets of an earlier test are forgotten."""
        self.market = Market()
        self.history = []
        self.sockets = set()
        self.silent = self.drop_next_book = self.refuse_sockets = False
        self.previews = 0
        self.updates_per_s = self.usual_updates_per_s


class Socket:
    """One browser's socket."""

    def __init__(self, feed: Feed, send: Any) -> None:
        self.feed, self.send_asgi = feed, send
        self.channels: set[str] = set()
        self.chain: dict[str, int] = {}

    async def send(self, frame: dict[str, Any]) -> None:
        """Send one frame; a browser that has gone is forgotten."""
        try:
            await self.send_asgi({"type": "websocket.send", "text": json.dumps(frame)})
        except Exception:  # the server raises its own kinds when the peer is gone; the market goes on
            self.feed.sockets.discard(self)

    async def push(self, frame: dict[str, Any]) -> None:
        """Send a frame if its channel is wanted."""
        if frame["ch"] in self.channels:
            await self.send(frame)

    async def publish(self, channel: str, kind: str, data: Any) -> None:
        """Send the next frame of a public channel."""
        if channel not in self.channels:
            return
        seq = self.feed.market.seq
        frame = {"ch": channel, "seq": seq, "prev": self.chain.get(channel), "type": kind, "ts_ns": time.time_ns()}
        self.chain[channel] = seq
        await self.send(frame | {"data": data})

    async def moved(self, symbol: str, trade: dict[str, Any] | None, depth: dict[str, Any], *, drop: bool) -> None:
        """Tell what one step changed; `drop` loses the depth on the way."""
        if drop:
            self.chain[f"book.{symbol}"] = self.feed.market.seq
        else:
            await self.publish(f"book.{symbol}", "delta", depth)
        await self.publish(f"ticker.{symbol}", "snapshot", self.feed.market.ticker(symbol))
        if trade:
            await self.publish(f"trades.{symbol}", "event", trade)
            await self.publish(f"bars.{symbol}.1m", "snapshot", self.bar(symbol))

    def bar(self, symbol: str) -> dict[str, Any]:
        """Return the running minute."""
        start = int(time.time()) // 60 * 60
        last = self.feed.market.last[symbol]
        return {
            "start": moment(start),
            "start_s": start,
            "open": price(last - 8),
            "high": price(last + 12),
            "low": price(last - 16),
            "close": price(last),
            "volume": 180,
            "open_interest": 1,
            "final": False,
        }

    async def received(self, message: dict[str, Any]) -> None:
        """Answer one request."""
        market = self.feed.market
        handler = {
            "subscribe": self.subscribe,
            "unsubscribe": self.unsubscribe,
            "resync": self.resync,
            "order.new": self.order,
            "order.cancel": self.cancel,
            "order.replace": self.replace,
            "orders.cancel_all": self.cancel_all,
        }.get(message["op"])
        if message["op"] == "seen":
            return
        answer = await handler(message) if handler else {}
        if "error" in answer:
            await self.send({"id": message["id"], "ok": False, **answer})
        else:
            await self.send({"id": message["id"], "ok": True, "seq": market.seq, **answer})
        await self.feed.flush()

    async def subscribe(self, message: dict[str, Any]) -> dict[str, Any]:
        """Add channels and send their present state."""
        for channel in message["channels"]:
            self.channels.add(channel)
            await self.state(channel, since=message.get("since", {}).get(channel))
        return {}

    async def unsubscribe(self, message: dict[str, Any]) -> dict[str, Any]:
        """Leave channels."""
        self.channels -= set(message["channels"])
        return {}

    async def resync(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send a channel's snapshot again."""
        await self.state(message["ch"], since=None)
        return {}

    async def state(self, channel: str, *, since: int | None) -> None:
        """Send the whole of a channel, or what a client missed of a private one."""
        market = self.feed.market
        kind, _, rest = channel.partition(".")
        if kind == "account":
            if since is not None:
                for frame in [frame for frame in self.feed.history if frame["seq"] > since]:
                    await self.send(frame)
                return
            frame = {"ch": channel, "seq": market.account_seq, "prev": None, "type": "snapshot"}
            await self.send(frame | {"ts_ns": time.time_ns(), "data": market.snapshot()})
        elif kind == "status":
            await self.publish(channel, "snapshot", self.standing())
        elif kind == "book":
            await self.publish(channel, "snapshot", market.book(rest))
        elif kind == "ticker":
            await self.publish(channel, "snapshot", market.ticker(rest))

    def standing(self) -> dict[str, Any]:
        """Return the status channel's data."""
        return {
            "trading": self.feed.market.trading,
            "reason": "",
            "phase": "continuous",
            "trading_day": TRADING_DAY,
            "kill": {"venue": False, "tenant": False, "symbols": []},
        }

    async def order(self, message: dict[str, Any]) -> dict[str, Any]:
        """Place an order."""
        row = self.feed.market.place(message)
        if row["status"] == "rejected":
            return {"error": {"code": row["reject_code"], "detail": "", "figures": row["figures"]}}
        return {"order": row}

    async def cancel(self, message: dict[str, Any]) -> dict[str, Any]:
        """Cancel an order."""
        row = self.feed.market.cancel(message["order_id"])
        return {"order": row} if row else {"error": {"code": "order_not_found", "detail": ""}}

    async def replace(self, message: dict[str, Any]) -> dict[str, Any]:
        """Change an order."""
        row = self.feed.market.replace(
            message["order_id"],
            qty=message["qty"],
            limit_price=message["limit_price"],
            stop_price=message["stop_price"],
        )
        return {"order": row} if row else {"error": {"code": "order_not_found", "detail": ""}}

    async def cancel_all(self, _message: dict[str, Any]) -> dict[str, Any]:
        """Cancel everything."""
        for order_id in list(self.feed.market.orders):
            self.feed.market.cancel(order_id)
        return {}


class FakePortal:
    """ASGI application: page, REST and socket of the double. Static files are served by the portal's own server."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await self.websocket(receive, send)
        elif scope["type"] == "http":
            await self.http(scope, receive, send)

    async def websocket(self, receive: Any, send: Any) -> None:
        """Serve one socket until it ends."""
        await receive()
        if self.feed.refuse_sockets:
            await send({"type": "websocket.close", "code": 4503})
            return
        await send({"type": "websocket.accept"})
        socket = Socket(self.feed, send)
        self.feed.sockets.add(socket)
        await socket.send(
            {
                "type": "hello",
                "trading_day": TRADING_DAY,
                "server_ns": time.time_ns(),
                "accounts": [self.feed.market.account_id],
                "limits": {},
            }
        )
        try:
            while (message := await receive())["type"] == "websocket.receive":
                if not self.feed.silent:
                    await socket.received(json.loads(message["text"]))
        finally:
            self.feed.sockets.discard(socket)

    async def http(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer the page or the REST API."""
        path = unquote(scope["path"])
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        if path.startswith("/api/v1/"):
            body = await _body(receive)
            status, answer = self.rest(scope["method"], path.removeprefix("/api/v1/"), query, body)
            await self.feed.flush()
            await _answer(send, status, json.dumps(answer).encode(), "application/json")
        elif path == "/control":
            changes = await _body(receive)
            await self.control(changes)
            await _answer(send, 200, json.dumps(self.holds()).encode(), "application/json")
        elif path == "/trade/":
            page = await asyncio.to_thread(render_page, self.feed, query)
            await _answer(send, 200, page.encode(), "text/html; charset=utf-8")
        else:
            await _answer(send, 404, b"{}", "application/json")

    async def control(self, changes: dict[str, Any]) -> None:
        """Change the double's behaviour."""
        if changes.get("reset"):
            self.feed.reset()
        feed, market = self.feed, self.feed.market
        for name in ("updates_per_s", "silent", "drop_next_book", "refuse_sockets"):
            if name in changes:
                setattr(feed, name, changes[name])
        if "lose_events" in changes:
            # Numbers that the socket never sends: the page must fetch them.
            market.place(changes["lose_events"])
            feed.history.extend(market.frames)
            market.frames = []
        if "place" in changes:
            market.place(changes["place"])
        if "account_status" in changes:
            market.status = changes["account_status"]
            market.emit("status_changed", account=market.account(), reason=changes.get("reason", ""))
        if "trading" in changes:
            market.trading = changes["trading"]
            for socket in list(feed.sockets):
                await socket.publish("status", "snapshot", socket.standing())
        if "close_sockets" in changes:
            for socket in list(feed.sockets):
                await socket.send_asgi({"type": "websocket.close", "code": changes["close_sockets"]})
                feed.sockets.discard(socket)
        await feed.flush()

    def holds(self) -> dict[str, Any]:
        """Say what the double holds now."""
        market = self.feed.market
        return {
            "orders": list(market.orders.values()),
            "fills": market.fills,
            "account_seq": market.account_seq,
            "sockets": len(self.feed.sockets),
            "previews": self.feed.previews,
            "last": market.last,
        }

    def rest(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> tuple[int, Any]:
        """Answer one REST request as (status, body)."""
        market = self.feed.market
        first, _, rest = path.partition("/")
        if first == "instruments" and not rest:
            return 200, {"data": [market.instrument(symbol, english=False) for symbol in SYMBOLS], "next_cursor": None}
        if first == "instruments" and rest.endswith("/bars"):
            limit, period = int(query.get("limit", 600)), PERIODS[query.get("period", "1m")]
            wanted = 0 if "until" in query else min(limit, 240)
            rows = market.bars(rest.split("/")[0], period_s=period, limit=wanted)
            return 200, {"data": rows, "next_cursor": None}
        if first == "accounts":
            return 200, {"data": [market.account()], "next_cursor": None}
        if first == "fills":
            return 200, {"data": market.fills[::-1], "next_cursor": None}
        if first == "parameters":
            return 200, {"data": [market.parameters(query["symbol"])], "next_cursor": None}
        if path == "orders/preview":
            self.feed.previews += 1
            return 200, market.preview(body)
        if first == "events":
            after = int(query["after_seq"])
            rows = [frame for frame in self.feed.history if frame["seq"] > after]
            return 200, {"data": rows, "next_cursor": None, "through": market.account_seq}
        if path == "orders/cancel-all" and method == "POST":
            for order_id in list(market.orders):
                market.cancel(order_id)
            return 200, {"seq": market.seq}
        if first == "orders" and method == "DELETE" and market.cancel(rest):
            return 200, {"seq": market.seq}
        if rest.endswith("/trades"):
            return 200, {"data": [], "next_cursor": None}
        return 404, {"code": "not_found", "detail": "", "status": 404}


def render_page(feed: Feed, query: dict[str, str]) -> str:
    """Render the real template for a made-up person."""
    from types import SimpleNamespace

    from django.template.loader import render_to_string
    from django.utils import translation

    from portal.js_words import words_for

    language = query.get("lang", "zh-hans")
    ui = SimpleNamespace(
        html_lang="en" if language == "en" else "zh-Hans",
        theme=query.get("theme", ""),
        updown=query.get("updown", "red-up"),
        practice=True,
        user_name="林知夏",
        tenant_name="金桥期货",
        role_words="投资者",
        nav=[
            SimpleNamespace(url=url, label=label, icon="chart", current=url == "/trade/", count=0)
            for url, label in (MENU_ENGLISH if language == "en" else MENU)
        ],
    )
    config = {
        "socket": "/ws/v1",
        "api": "/api/v1/",
        "csrf": "x",
        "user": 1,
        "account": feed.market.account_id,
        "tradable": [] if "looking" in query else [feed.market.account_id],
        "symbol": None,
        "signed_in_at": "2026-11-23T13:00:00+00:00",
        "notices": [],
    }
    with translation.override(language):
        context = {"ui": ui, "config": config, "words": words_for("portal/js/terminal")}
        return render_to_string("trading/terminal.html", context)


async def _body(receive: Any) -> dict[str, Any]:
    parts = b""
    while True:
        message = await receive()
        parts += message.get("body", b"")
        if not message.get("more_body"):
            return json.loads(parts) if parts else {}


async def _answer(send: Any, status: int, body: bytes, kind: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"content-security-policy", POLICY.encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Application:
    """What daphne serves: the portal's static files in front of the double; the first request starts the market."""

    def __init__(self) -> None:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
        import django

        django.setup()
        from portal.static_files import StaticFiles

        self.feed = Feed(updates_per_s=float(os.environ.get("FAKE_UPDATES_PER_S", "4")))
        self.inner = StaticFiles(FakePortal(self.feed))
        self.runner: asyncio.Task[None] | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.runner = self.runner or asyncio.get_running_loop().create_task(self.feed.run())
        await self.inner(scope, receive, send)


def __getattr__(name: str) -> Any:
    # Made on demand, so that importing this module for `serve` does not set Django up.
    if name == "application":
        return Application()
    raise AttributeError(name)
