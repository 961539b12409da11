"""Who a process is: pid and start time together, because pids are used again."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Final

_CLOCK_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_FIELD_STATE, _FIELD_PARENT, _FIELD_UTIME, _FIELD_STIME, _FIELD_START, _FIELD_RSS = 0, 1, 11, 12, 19, 21


def start_time(pid: int) -> int:
    """Return when a process started, in clock ticks since boot; 0 when it is gone or a zombie."""
    fields = _fields(pid)
    return 0 if not fields or fields[_FIELD_STATE] in ("Z", "X") else int(fields[_FIELD_START])


def alive(*, pid: int, started: int) -> bool:
    """Say whether exactly this process still runs."""
    return pid > 0 and started > 0 and start_time(pid) == started


def terminate(*, pid: int, started: int, grace_s: float) -> None:
    """Ask a process to end, wait, then kill it; gone already is success."""
    for sent, patience_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 3.0)):
        if not alive(pid=pid, started=started):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sent)
        deadline = time.monotonic() + patience_s
        while alive(pid=pid, started=started) and time.monotonic() < deadline:
            time.sleep(0.02)


def family_usage(root: int) -> tuple[int, int]:
    """Return CPU nanoseconds and resident bytes of a process and all its descendants; for hosts without groups."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            children.setdefault(int(fields[_FIELD_PARENT]), []).append(int(entry.name))
    cpu_ns = resident = 0
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        waiting.extend(children.get(pid, ()))
        if fields := _fields(pid):
            cpu_ns += (int(fields[_FIELD_UTIME]) + int(fields[_FIELD_STIME])) * 1_000_000_000 // _CLOCK_TICKS
            resident += int(fields[_FIELD_RSS]) * _PAGE_BYTES
    return cpu_ns, resident


def _fields(pid: int) -> list[str]:
    """Return the fields of /proc/<pid>/stat after the command name, which may itself hold spaces and brackets."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()
