"""Runs one strategy: opens the trading socket, keeps the account's picture, calls the strategy's hooks.

Speaks with the agent in JSON lines: reads commands (`stop`, `parameters`) on its input, writes log lines and its
state on its output. Reconnects by itself with back-off; while disconnected the strategy is not called.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import select
import sys
import time
from pathlib import Path
from typing import Any

from .sdk import ConnectionLost, Credentials, Door, DoorClosed, RequestFailed, TradingClient
from .strategies.base import Context, Strategy

_POLL_S = 0.25
_STATE_EVERY_S = 1.0
_BACK_OFF_S_MAX = 20.0
_NAME_PREFIX = __package__ + ".strategies."


class Runner:
    """One strategy from start to stop."""

    def __init__(self, *, facts: dict[str, Any], credentials: Credentials, socket_path: str) -> None:
        host = str(facts.get("web_name") or "localhost")
        self.client = TradingClient(door=Door(path=socket_path, credentials=credentials, host=host))
        self.context = Context(
            client=self.client,
            account=int(facts["account"]),
            parameters=dict(facts.get("parameters") or {}),
            log=self.log,
        )
        self.context.saved.update(facts.get("saved") or {})
        self.strategy: Strategy = importlib.import_module(_NAME_PREFIX + facts["strategy"]).Strategy(self.context)
        self.stopping = False
        self._commands = b""
        self._state_at = 0.0
        self._state = "connecting"

    def log(self, level: str, text: str) -> None:
        """Hand a line to the agent."""
        self.emit({"type": "log", "level": level, "text": text[:500], "at_ns": time.time_ns()})

    def emit(self, content: dict[str, Any]) -> None:
        """Write one JSON line to the agent."""
        os.write(1, json.dumps(content, ensure_ascii=False).encode() + b"\n")

    def run(self) -> int:
        """Trade until told to stop; returns the exit code."""
        wait_s = 1.0
        started = False
        while not self.stopping:
            try:
                self._open()
                if not started:
                    self.strategy.on_start()
                    started = True
                wait_s = 1.0
                self._trade()
            except DoorClosed as problem:
                self.log("error", f"the key is no longer accepted: {problem}")
                return 3
            except (ConnectionLost, RequestFailed) as problem:
                self.client.close()
                self._set_state("disconnected")
                self.log("warning", f"disconnected: {problem}; next try in {wait_s:.0f} s")
                self._pause(wait_s * random.uniform(0.8, 1.2))  # noqa: S311  (jitter, no secret)
                wait_s = min(wait_s * 2, _BACK_OFF_S_MAX)
        return self._finish()

    def _open(self) -> None:
        self.client.connect()
        self.client.subscribe([*self.strategy.channels(), f"account.{self.context.account}"])
        self.log("info", f"connected, trading day {self.client.trading_day}")
        self._set_state("trading")

    def _trade(self) -> None:
        while not self.stopping:
            for frame in self.client.poll(timeout_s=_POLL_S):
                self._dispatch(frame)
            self.strategy.on_timer(time.monotonic())
            self._take_commands()
            if time.monotonic() - self._state_at >= _STATE_EVERY_S:
                self._emit_state()

    def _dispatch(self, frame: dict[str, Any]) -> None:
        channel, data = str(frame["ch"]), frame.get("data") or {}
        if not channel.startswith("account."):
            self.strategy.on_market(channel, data)
            return
        if frame.get("type") == "snapshot":
            self.context.positions.clear()
            self.context.orders.clear()
        self._mirror(data)
        fill = data.get("fill")
        if fill:
            self.context.fills += 1
            self.strategy.on_fill(fill)

    def _mirror(self, data: dict[str, Any]) -> None:
        """Every event carries the full state after it of whatever it touched."""
        self.context.funds = data.get("funds") or self.context.funds
        touched = list(data.get("positions") or ())
        if data.get("position"):
            touched.append(data["position"])
        for position in touched:
            self.context.positions[(position["symbol"], position["side"])] = position
        orders = list(data.get("orders") or ())
        if data.get("order"):
            orders.append(data["order"])
        for order in orders:
            if order.get("status") in ("new", "partially_filled"):
                self.context.orders[str(order["id"])] = order
            else:
                self.context.orders.pop(str(order.get("id")), None)

    def _take_commands(self) -> None:
        while select.select([0], [], [], 0)[0]:
            data = os.read(0, 65536)
            if not data:
                self.stopping = True
                return
            self._commands += data
            *lines, self._commands = self._commands.split(b"\n")
            for line in lines:
                self._obey(json.loads(line))

    def _obey(self, command: dict[str, Any]) -> None:
        if command.get("cmd") == "stop":
            self.stopping = True
        elif command.get("cmd") == "parameters":
            self.context.parameters = dict(command["parameters"])
            self.strategy.on_parameters()

    def _finish(self) -> int:
        self.strategy.on_stop()
        try:
            count = self.context.cancel_working() if self.client.connected else 0
            self.log("info", f"stopped; {count} working orders canceled")
        except (ConnectionLost, DoorClosed) as problem:
            self.log("warning", f"stopped without canceling: {problem}")
        self._set_state("stopped")
        self.client.close()
        return 0

    def _pause(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < deadline:
            select.select([0], [], [], max(0.0, min(0.5, deadline - time.monotonic())))
            self._take_commands()

    def _set_state(self, state: str) -> None:
        self._state = state
        self._emit_state()

    def _emit_state(self) -> None:
        self._state_at = time.monotonic()
        answers = sorted(self.client.answer_ms)
        self.emit(
            {
                "type": "state",
                "state": self._state,
                "summary": self.strategy.summary(),
                "orders_sent": self.context.orders_sent,
                "orders_refused": self.context.orders_refused,
                "fills": self.context.fills,
                "answer_ms_p50": round(answers[len(answers) // 2], 2) if answers else None,
                "answer_ms_p99": round(answers[len(answers) * 99 // 100], 2) if answers else None,
                "saved": self.context.saved,
            }
        )


def main() -> int:
    """Run the strategy named in the machine's facts, which the agent passes as the first argument."""
    facts = json.loads(sys.argv[1])
    identity = Path(os.environ["AURUM_IDENTITY"])
    runner = Runner(facts=facts, credentials=Credentials.load(identity), socket_path=os.environ["AURUM_DOOR"])
    return runner.run()
