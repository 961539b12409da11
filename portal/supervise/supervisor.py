"""Starts the portal step by step, watches its processes, stops them in the reverse order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

from portal.lib.paths import REPOSITORY, log_dir
from portal.supervise import state
from portal.supervise.child import Child, Program
from portal.supervise.programs import RECONCILER, Plan
from vmhosting.park import machines_park

_LOOK_EVERY_SECONDS: Final = 0.25
_LOGS_EVERY_SECONDS: Final = 60.0
_RESTARTS_MAX_WHILE_STARTING: Final = 3


class StepFailed(Exception):  # noqa: N818
    """A step of the start did not succeed; carries what a person needs to go on."""

    def __init__(self, *, what: str, log: str, last_words: str) -> None:
        self.what = what
        self.log = log
        self.last_words = last_words
        super().__init__(what)


class Stopped(Exception):  # noqa: N818
    """Somebody asked to stop while the start was still going on."""


class Supervisor:
    """All processes of one portal. Steps are run by `run_all`; `watch` keeps the result alive."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.children: list[Child] = []
        self.stopping = threading.Event()
        self.state = state.SupervisorState(
            pid=os.getpid(), started_s=state.start_time(os.getpid()), demo=plan.demo, url=plan.url
        )

    def catch_signals(self) -> None:
        """Turn SIGTERM and Ctrl-C into a clean stop."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def start(self, program: Program) -> None:
        """Start a process and wait until it is of use."""
        self.launch(program)
        self.await_ready(program.name)

    def launch(self, program: Program) -> None:
        """Start a process without waiting: a slow starter is awaited when its turn comes."""
        child = Child(program)
        self.children.append(child)
        child.start()
        self._publish()

    def await_ready(self, name: str) -> None:
        """Wait until a launched process is of use."""
        child = next(child for child in self.children if child.program.name == name)
        program = child.program
        deadline = time.monotonic() + program.ready_seconds_max
        while not program.ready():
            self._stop_if_asked()
            if child.died() or time.monotonic() > deadline:
                reason = "died" if child.died() else f"was not ready within {program.ready_seconds_max:g} s"
                raise StepFailed(
                    what=f"{program.name} {reason}", log=str(child.log_file), last_words=child.last_words()
                )
            time.sleep(0.05)
        child.state.status = "ready"
        self._publish()

    def run_once(self, command: str, *arguments: str, on_line: Callable[[str], None] | None = None) -> str:
        """Run a management command to its end with its output in its own log; return the last line it printed."""
        log = log_dir() / f"{command}.log"
        last = ""
        environment = self.plan.environment()
        if "DATABASE_URL" in os.environ and command == "setup_database":
            environment["DATABASE_URL"] = os.environ["DATABASE_URL"]
        with log.open("w", encoding="utf-8") as stream:
            process = subprocess.Popen(
                [sys.executable, str(REPOSITORY / "manage.py"), command, *arguments],
                env=environment,
                cwd=REPOSITORY,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            assert process.stdout is not None  # noqa: S101  (PIPE was asked for)
            for line in process.stdout:
                stream.write(line)
                stream.flush()
                last = line.strip() or last
                if on_line is not None:
                    on_line(line.rstrip("\n"))
                if self.stopping.is_set():
                    process.terminate()
            process.wait()
        self._stop_if_asked()
        if process.returncode != 0:
            text = log.read_text(encoding="utf-8")
            raise StepFailed(
                what=f"{command} ended with status {process.returncode}",
                log=str(log),
                last_words="\n".join(text.splitlines()[-12:]),
            )
        return last

    def wait_until(self, condition: Callable[[], bool], *, what: str, seconds_max: float, log: str) -> None:
        """Wait for something the started processes bring about together."""
        deadline = time.monotonic() + seconds_max
        while not condition():
            self._stop_if_asked()
            self._look_after_children()
            for child in self.children:
                if child.state.restarts >= _RESTARTS_MAX_WHILE_STARTING:
                    reason = f"{child.program.name} died {child.state.restarts} times"
                    raise StepFailed(what=reason, log=str(child.log_file), last_words=child.last_words())
            if time.monotonic() > deadline:
                raise StepFailed(what=f"{what} did not happen within {seconds_max:g} s", log=log, last_words="")
            time.sleep(0.2)

    def ready(self) -> None:
        """Tell whoever waits that everything runs."""
        self.state.phase = "running"
        self._publish()

    def watch(self) -> None:
        """Restart what dies until somebody asks to stop."""
        next_log_look = time.monotonic() + _LOGS_EVERY_SECONDS
        while not self.stopping.wait(_LOOK_EVERY_SECONDS):
            self._look_after_children()
            if time.monotonic() > next_log_look:
                next_log_look = time.monotonic() + _LOGS_EVERY_SECONDS
                for child in self.children:
                    child.keep_log_small()

    def stop_all(self, *, problem: str = "") -> None:
        """Stop every process, the last started first: the database goes last."""
        self.state.phase = "stopping"
        self.state.problem = problem
        self._publish()
        for child in reversed(self.children):
            child.stop()
            if child.program.name == RECONCILER:
                # With the reconciler gone nobody starts them again; they start with the next one.
                self._park_machines()
            self._publish()
        self.plan.listener.close()
        if problem:
            self.state.phase = "failed"
            self._publish()
        else:
            state.forget_state()

    def _park_machines(self) -> None:
        parked, problems = machines_park()
        log = log_dir() / "machines_park.log"
        log.write_text("\n".join([f"{parked} machines parked", *problems, ""]), encoding="utf-8")

    def _look_after_children(self) -> None:
        changed = [child.look() for child in self.children]
        if any(changed):
            self._publish()

    def _publish(self) -> None:
        self.state.processes = [child.state for child in self.children]
        state.write_state(self.state)

    def _stop_if_asked(self) -> None:
        if self.stopping.is_set():
            raise Stopped

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping.set()
