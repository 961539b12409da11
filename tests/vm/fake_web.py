"""A web door for tests: the agent's REST routes and a trading socket, on loopback, in threads.

The socket side is driven by the `websockets` package's protocol, so that the guest's own client is checked against
an implementation that is not ours.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from vmhosting.drivers.base import WebDoor


class FakeWeb:
    """Collects what a machine says; answers as the portal would."""

    def __init__(self, *, key: str, secret: str, account: int = 7001) -> None:
        self.bearer = f"Bearer {key}.{secret}"
        self.account = account
        self.heartbeats: list[dict[str, Any]] = []
        self.lines: list[dict[str, Any]] = []
        self.orders: list[dict[str, Any]] = []
        self.seen: list[dict[str, Any]] = []
        self.saved: dict[str, Any] = {}
        self.parameters: dict[str, Any] = {}
        self.parameters_version = 0
        self.prices = ["1000.00"] * 40
        self.drop_after_order = False
        self.connections: list[socket.socket] = []
        self._news = threading.Condition()
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                web.connections.append(self.connection)

            def do_GET(self) -> None:
                web.get(self)

            def do_POST(self) -> None:
                web.post(self)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.door = WebDoor(host="127.0.0.1", port=self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def wait_for(self, condition: Any, *, timeout_s: float = 90.0) -> None:
        with self._news:
            assert self._news.wait_for(condition, timeout_s), f"nothing in {timeout_s} s; lines: {self.lines[-5:]}"

    def texts(self) -> list[str]:
        return [line["text"] for line in self.lines]

    def get(self, handler: BaseHTTPRequestHandler) -> None:
        if not self._admitted(handler):
            return
        if handler.path == "/ws/v1":
            self._serve_socket(handler)
        elif handler.path.startswith("/api/v1/instruments/"):
            self._answer(handler, 200, {"symbol": "SHFE.au2612", "tick": "0.02"})
        else:
            self._answer(handler, 404, {"code": "not_found", "detail": handler.path})

    def post(self, handler: BaseHTTPRequestHandler) -> None:
        if not self._admitted(handler):
            return
        body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        with self._news:
            if handler.path == "/api/v1/machines/agent/heartbeat":
                if body.get("saved") is not None:
                    self.saved = body["saved"]
                self.heartbeats.append(body)
            elif handler.path == "/api/v1/machines/agent/log":
                self.lines.extend(body["lines"])
            self._news.notify_all()
        answer = {
            "saved": self.saved,
            "parameters": self.parameters,
            "parameters_version": self.parameters_version,
        }
        self._answer(handler, 200, answer)

    def _admitted(self, handler: BaseHTTPRequestHandler) -> bool:
        if handler.headers.get("Authorization") == self.bearer:
            return True
        self._answer(handler, 401, {"code": "key_unknown", "detail": "no such key"})
        return False

    def _answer(self, handler: BaseHTTPRequestHandler, status: int, content: dict[str, Any]) -> None:
        payload = json.dumps(content).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(payload)))
        handler.end_headers()
        handler.wfile.write(payload)

    def _serve_socket(self, handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        protocol = ServerProtocol()
        head = [f"GET {handler.path} HTTP/1.1", *(f"{name}: {value}" for name, value in handler.headers.items())]
        protocol.receive_data("\r\n".join([*head, "", ""]).encode())
        request = protocol.events_received()[0]
        assert isinstance(request, Request)
        protocol.send_response(protocol.accept(request))
        connection = handler.connection
        connection.settimeout(0.1)
        session = _Session(self, connection=connection, protocol=protocol)
        session.push({"type": "hello", "trading_day": "2026-11-23", "accounts": [self.account], "limits": {}})
        session.serve()


class _Session:
    """One open trading socket."""

    def __init__(self, web: FakeWeb, *, connection: socket.socket, protocol: ServerProtocol) -> None:
        self.web = web
        self.connection = connection
        self.protocol = protocol
        self.subscribed = False
        self.account_seq = 10
        self.prices = iter(web.prices)
        self.frame = 0

    def serve(self) -> None:
        while True:
            try:
                data = self.connection.recv(65536)
            except TimeoutError:
                self._tick()
                continue
            except OSError:
                return
            if not data:
                return
            self.protocol.receive_data(data)
            for event in self.protocol.events_received():
                if getattr(event, "opcode", None) is Opcode.TEXT:
                    self._take(json.loads(event.data))
            self._flush()
            if self.protocol.close_expected():
                return

    def push(self, content: dict[str, Any]) -> None:
        self.protocol.send_text(json.dumps(content).encode())
        self._flush()

    def _flush(self) -> None:
        for chunk in self.protocol.data_to_send():
            if chunk:
                self.connection.sendall(chunk)

    def _tick(self) -> None:
        if not self.subscribed:
            return
        price = next(self.prices, None)
        if price is None:
            return
        self.frame += 1
        data = {"last": price, "bid": price, "ask": price, "lower_limit": "900.00", "upper_limit": "1100.00"}
        frame = {"ch": "ticker.SHFE.au2612", "seq": self.frame, "prev": self.frame - 1, "type": "event", "data": data}
        self.push(frame)
        self.push({"type": "ping", "frame": self.frame})

    def _take(self, message: dict[str, Any]) -> None:
        op = message.get("op")
        if op == "seen":
            self.web.seen.append(message)
        elif op == "subscribe":
            self.push({"id": message["id"], "ok": True})
            snapshot = {"account": {"id": self.web.account}, "funds": {}, "positions": [], "orders": []}
            channel = f"account.{self.web.account}"
            self.push({"ch": channel, "seq": self.account_seq, "prev": None, "type": "snapshot", "data": snapshot})
            self.subscribed = True
        elif op == "order.new":
            self._order(message)

    def _order(self, message: dict[str, Any]) -> None:
        with self.web._news:
            self.web.orders.append(message)
            self.web._news.notify_all()
        if self.web.drop_after_order:
            self.web.drop_after_order = False
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        order = {"id": "1", "client_order_id": message["client_order_id"], "status": "filled"}
        self.push({"id": message["id"], "ok": True, "seq": 1, "order": order})
        self.account_seq += 1
        fill = {
            "client_order_id": message["client_order_id"],
            "side": message["side"],
            "qty": message["qty"],
            "price": message["limit_price"],
        }
        side = "long" if message["side"] == "buy" else "short"
        position = {"symbol": message["symbol"], "side": side, "closable_today": 1, "closable_yesterday": 0}
        data = {"event": "fill", "order": order, "fill": fill, "position": position}
        channel = f"account.{self.web.account}"
        self.push({"ch": channel, "seq": self.account_seq, "prev": self.account_seq - 1, "type": "event", "data": data})
