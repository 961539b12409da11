"""The agent inside a machine: keeps the strategy's process running and tells the portal how it goes.

Its input is held by the host: when it ends, the machine must stop. Heartbeats carry the load, the strategy's state and
up to two kilobytes the strategy wants kept; the answer brings the parameters set on the page. Log lines are numbered
per start of the agent, so that a repeated delivery is recognised.
"""

from __future__ import annotations

import json
import os
import resource
import select
import subprocess
import sys
import time
import uuid
from collections import deque
from pathlib import Path
from typing import Any

from .sdk import ConnectionLost, Credentials, Door, DoorClosed, RequestFailed

_HEARTBEAT_S = 3.0
_LOG_EVERY_S = 0.5
_LINES_KEPT_MAX = 2000
_LINES_SENT_MAX = 100
_BACK_OFF_S_MAX = 60.0
_STOP_GRACE_S = 5.0
_SAVED_BYTES_MAX = 2048
_PREFIX = "/api/v1/machines/agent"


class Agent:
    """The strategy's keeper and the machine's voice."""

    def __init__(self, *, identity: Path, socket_path: str) -> None:
        self.facts: dict[str, Any] = json.loads((identity / "machine.json").read_text(encoding="utf-8"))
        host = str(self.facts.get("web_name") or "localhost")
        self.door = Door(path=socket_path, credentials=Credentials.load(identity), host=host)
        self.boot = uuid.uuid4().hex[:12]
        self.parameters: dict[str, Any] = dict(self.facts.get("parameters") or {})
        self.parameters_version = 0
        self.saved: dict[str, Any] = {}
        self.greeted = False
        self.lines: deque[dict[str, Any]] = deque()
        self.line_number = 0
        self.state: dict[str, Any] = {"state": "starting"}
        self.child: subprocess.Popen[bytes] | None = None
        self.output = b""
        self.restarts = 0
        self.stopping = False
        self.started_at = time.monotonic()
        self.child_since = self.next_start = 0.0
        self.next_beat = self.next_log = 0.0

    def run(self) -> int:
        """Serve until the host ends our input."""
        self.log("info", f"agent of {self.facts['name']} started")
        while self._wait():
            now = time.monotonic()
            if now >= self.next_beat:
                self.next_beat = now + _HEARTBEAT_S
                self._beat()
            if self.lines and now >= self.next_log:
                self.next_log = now + _LOG_EVERY_S
                self._send_lines()
            # The first heartbeat brings back what the strategy had saved; it starts only after that.
            if self.greeted and self.child is None and now >= self.next_start:
                self._start_strategy()
        return self._stop()

    def log(self, level: str, text: str, *, at_ns: int | None = None) -> None:
        """Queue one line; when the portal is away too long the oldest lines are dropped."""
        self.line_number += 1
        line = {"n": self.line_number, "at_ns": at_ns or time.time_ns(), "level": level, "text": text}
        self.lines.append(line)
        while len(self.lines) > _LINES_KEPT_MAX:
            self.lines.popleft()

    def _wait(self) -> bool:
        """Wait for the strategy's output or the host's word; False when the host ended our input."""
        watched: list[Any] = [0]
        if self.child is not None and self.child.stdout is not None:
            watched.append(self.child.stdout)
        readable, _, _ = select.select(watched, [], [], 0.25)
        for source in readable:
            if source == 0:
                if not os.read(0, 4096):
                    return False
            else:
                self._read_strategy(os.read(source.fileno(), 65536))
        return True

    def _read_strategy(self, data: bytes) -> None:
        if not data:
            self._strategy_ended()
            return
        self.output += data
        *lines, self.output = self.output.split(b"\n")
        for line in lines:
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                self.log("info", line.decode(errors="replace")[:500])

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "log":
            self.log(str(message["level"]), str(message["text"]), at_ns=int(message["at_ns"]))
        elif message["type"] == "state":
            changed = message.get("state") != self.state.get("state")
            saved = message.pop("saved", None) or {}
            if len(json.dumps(saved)) <= _SAVED_BYTES_MAX:
                changed = changed or saved != self.saved
                self.saved = saved
            self.state = {name: value for name, value in message.items() if name != "type"}
            if changed:
                self.next_beat = 0.0

    def _start_strategy(self) -> None:
        facts = {**self.facts, "parameters": self.parameters, "saved": self.saved}
        runner = str(Path(__file__).with_name("run.py"))
        self.child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-B", runner, json.dumps(facts)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.child_since = time.monotonic()

    def _strategy_ended(self) -> None:
        if self.child is None:
            return
        code = self.child.wait()
        lived_s = time.monotonic() - self.child_since
        self.child = None
        if self.stopping:
            return
        self.restarts = 0 if lived_s > _BACK_OFF_S_MAX else self.restarts + 1
        wait_s = min(2.0**self.restarts, _BACK_OFF_S_MAX)
        self.next_start = time.monotonic() + wait_s
        self.state = {"state": "failed", "exit_code": code, "restarts": self.restarts}
        self.next_beat = 0.0
        self.log("error", f"the strategy ended with code {code}; started again in {wait_s:.0f} s")

    def _beat(self) -> None:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        body = {
            "boot": self.boot,
            "uptime_s": round(time.monotonic() - self.started_at, 1),
            "parameters_version": self.parameters_version,
            "restarts": self.restarts,
            "memory_kib_max": usage.ru_maxrss,
            "strategy": self.state,
            "saved": self.saved if self.greeted else None,
        }
        answer = self._call("heartbeat", body)
        if answer is None:
            return
        if not self.greeted:
            self.greeted = True
            self.saved = dict(answer.get("saved") or {})
        version = int(answer.get("parameters_version", 0))
        if version != self.parameters_version:
            self.parameters_version = version
            self.parameters = dict(answer.get("parameters") or {})
            self._tell_strategy({"cmd": "parameters", "parameters": self.parameters})

    def _send_lines(self) -> None:
        batch = [self.lines[index] for index in range(min(len(self.lines), _LINES_SENT_MAX))]
        if self._call("log", {"boot": self.boot, "lines": batch}) is not None:
            for _ in batch:
                self.lines.popleft()

    def _call(self, verb: str, body: dict[str, Any]) -> dict[str, Any] | None:
        try:
            answer = self.door.post(f"{_PREFIX}/{verb}", body)
        except (ConnectionLost, RequestFailed, DoorClosed) as problem:
            print(f"{verb}: {problem}", flush=True)  # the console: the only place left to say it
            return None
        return answer if isinstance(answer, dict) else {}

    def _tell_strategy(self, command: dict[str, Any]) -> None:
        if self.child is not None and self.child.stdin is not None:
            try:
                self.child.stdin.write(json.dumps(command).encode() + b"\n")
                self.child.stdin.flush()
            except BrokenPipeError:
                return

    def _stop(self) -> int:
        self.stopping = True
        if self.child is not None:
            self._tell_strategy({"cmd": "stop"})
            deadline = time.monotonic() + _STOP_GRACE_S
            while self.child is not None and time.monotonic() < deadline:
                output = self.child.stdout
                if output is None:
                    break
                if select.select([output], [], [], 0.2)[0]:
                    self._read_strategy(os.read(output.fileno(), 65536))
            if self.child is not None:
                self.child.kill()
        self.state = {**self.state, "state": "stopped"}
        self.log("info", "agent stopped")
        self._beat()
        self._send_lines()
        return 0


def main() -> int:
    """Start the agent with the identity and the door the sandbox names."""
    identity = Path(os.environ["AURUM_IDENTITY"])
    facts = json.loads((identity / "machine.json").read_text(encoding="utf-8"))
    # Counted per user namespace: inside the sandbox this bounds exactly the machine's own processes.
    processes_max = int(facts.get("processes_max", 64))
    resource.setrlimit(resource.RLIMIT_NPROC, (processes_max, processes_max))
    return Agent(identity=identity, socket_path=os.environ["AURUM_DOOR"]).run()
