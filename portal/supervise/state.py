"""What the supervisor tells others: one small JSON file, replaced whole at every change.

`status`, `stop` and the health page read it; a process is only believed when its id and its start time match, so
that a recycled id is never mistaken (or killed).
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from portal.lib.paths import run_dir, write_private


@dataclass(slots=True)
class ProcessState:
    """One supervised process as it was last seen."""

    name: str
    pid: int = 0
    started_s: float = 0.0
    status: str = "waiting"
    restarts: int = 0
    log: str = ""

    def alive(self) -> bool:
        """Say whether this very process still runs."""
        return same_process(self.pid, started_s=self.started_s)


@dataclass(slots=True)
class SupervisorState:
    """The supervisor and its processes."""

    pid: int
    started_s: float
    demo: bool
    url: str
    phase: str = "starting"
    problem: str = ""
    processes: list[ProcessState] = field(default_factory=list)

    def alive(self) -> bool:
        """Say whether the supervisor that wrote this still runs."""
        return same_process(self.pid, started_s=self.started_s)


def state_file() -> Path:
    """Return where the state is kept."""
    return run_dir() / "supervisor.json"


def write_state(state: SupervisorState) -> None:
    """Replace the state file."""
    write_private(state_file(), json.dumps(asdict(state), ensure_ascii=False))


def read_state() -> SupervisorState | None:
    """Return the last written state, or None when there is none."""
    try:
        raw = json.loads(state_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    processes = [ProcessState(**process) for process in raw.pop("processes", [])]
    return SupervisorState(**raw, processes=processes)


def forget_state() -> None:
    """Remove the state file: nothing runs any more."""
    state_file().unlink(missing_ok=True)


def same_process(pid: int, *, started_s: float) -> bool:
    """Say whether a process id still means the process that was started then."""
    if pid <= 0:
        return False
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - started_s) < 1.0
    except psutil.Error:
        return False


def start_time(pid: int) -> float:
    """Return when a process started, zero when it is gone."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return 0.0


def end_orphans(processes: Sequence[ProcessState], *, seconds_max: float = 30.0) -> int:
    """Stop processes a killed supervisor left behind, last started first; return how many there were."""
    ended = 0
    for process in reversed(processes):
        if not process.alive():
            continue
        ended += 1
        victim = psutil.Process(process.pid)
        victim.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + seconds_max
        while process.alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        if process.alive():
            victim.kill()
    return ended
