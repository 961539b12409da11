"""One supervised process: its command, its log, its restarts."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from portal.lib.paths import REPOSITORY, log_dir
from portal.supervise.state import ProcessState, start_time

LOG_BYTES_MAX: Final = 20 * 1024 * 1024
# The first restart comes at once, later ones wait longer; a process that ran well starts over.
_BACK_OFF_SECONDS: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_RAN_WELL_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How to run a process and how to know that it is of use."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[], bool]
    ready_seconds_max: float = 60.0
    stop_seconds_max: float = 20.0
    pass_descriptors: Sequence[int] = ()


class Child:
    """A program that is running, or is about to run again."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.state = ProcessState(name=program.name, log=str(self.log_file))
        self._process: subprocess.Popen[bytes] | None = None
        self._quick_deaths = 0
        self._start_at = 0.0
        self._started_at = 0.0

    @property
    def log_file(self) -> Path:
        """Return the process's own log."""
        return log_dir() / f"{self.program.name}.log"

    def start(self) -> None:
        """Start the program with its output in its log."""
        self.keep_log_small()
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                list(self.program.command),
                env=dict(self.program.environment),
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=tuple(self.program.pass_descriptors),
                # Its own session: a Ctrl-C at the terminal reaches only the supervisor, which stops all in order.
                start_new_session=True,
            )
        self._started_at = time.monotonic()
        self.state.pid = self._process.pid
        self.state.started_s = start_time(self._process.pid)
        self.state.status = "starting"

    def died(self) -> bool:
        """Say whether the process has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def look(self) -> bool:
        """Restart the process when it died and its wait is over; return whether anything changed."""
        now = time.monotonic()
        if self._process is not None and self._process.poll() is not None:
            ran_well = now - self._started_at > _RAN_WELL_SECONDS
            self._quick_deaths = 0 if ran_well else self._quick_deaths + 1
            wait = _BACK_OFF_SECONDS[min(self._quick_deaths, len(_BACK_OFF_SECONDS)) - 1] if self._quick_deaths else 0.0
            self._start_at = now + wait
            self.state.status = f"died with status {self._process.returncode}, starts again in {wait:g} s"
            self._process = None
            return True
        if self._process is None and now >= self._start_at:
            self.start()
            self.state.restarts += 1
            return True
        if self.state.status == "starting" and self.program.ready():
            self.state.status = "ready"
            return True
        return False

    def stop(self) -> None:
        """Ask the process to stop, and end it when it does not."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            self.state.status = "stopped"
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(self.program.stop_seconds_max)
            self.state.status = "stopped"
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.state.status = f"killed: did not stop within {self.program.stop_seconds_max:g} s"

    def keep_log_small(self) -> None:
        """Keep one old log and empty the present one in place: the process goes on writing to it."""
        with contextlib.suppress(FileNotFoundError):
            if self.log_file.stat().st_size > LOG_BYTES_MAX:
                shutil.copyfile(self.log_file, self.log_file.with_suffix(".log.1"))
                os.truncate(self.log_file, 0)

    def last_words(self, *, lines: int = 8) -> str:
        """Return the end of the log."""
        try:
            text = self.log_file.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])
