"""The supervisor: starts, restarts with back-off, stops in order, believes only the process it started."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.lib.paths import REPOSITORY
from portal.supervise import show, state
from portal.supervise.child import Child, Program
from portal.supervise.programs import open_listener

SLEEPER = "import signal,sys,time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\ntime.sleep(60)"
STUBBORN = "import signal,time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)"


@pytest.fixture(autouse=True)
def _own_var(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AURUM_VAR", str(tmp_path))


@pytest.fixture
def children() -> Iterator[list[Child]]:
    started: list[Child] = []
    yield started
    for child in started:
        child.stop()


def _program(code: str, *, name: str = "sleeper", stop_seconds_max: float = 5.0) -> Program:
    return Program(
        name=name,
        command=[sys.executable, "-c", code],
        environment=dict(os.environ),
        ready=lambda: True,
        stop_seconds_max=stop_seconds_max,
    )


def _until(condition, *, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def test_restarts_a_process_that_was_killed_and_waits_longer_each_time(children: list[Child]) -> None:
    child = Child(_program(SLEEPER))
    children.append(child)
    child.start()
    waits = []
    for _ in range(2):
        _until(lambda: child.look() and child.state.status == "ready")
        os.kill(child.state.pid, signal.SIGKILL)
        _until(lambda: child.look() and child.state.status.startswith("died"))
        waits.append(child.state.status)
    _until(lambda: child.look() and child.state.status == "ready")
    assert waits == ["died with status -9, starts again in 0.2 s", "died with status -9, starts again in 0.5 s"]
    assert child.state.restarts == 2
    assert child.state.alive()


def test_ends_a_process_that_ignores_the_polite_signal(children: list[Child]) -> None:
    child = Child(_program(STUBBORN, stop_seconds_max=0.3))
    children.append(child)
    child.start()
    _until(lambda: "up" in child.last_words())
    pid, started_s = child.state.pid, child.state.started_s
    child.stop()
    assert child.state.status == "killed: did not stop within 0.3 s"
    assert not state.same_process(pid, started_s=started_s)


def test_a_big_log_is_moved_aside_while_the_process_goes_on_writing(
    children: list[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.supervise.child.LOG_BYTES_MAX", 1_000)
    child = Child(_program("import time\nwhile True:\n print('x'*99, flush=True); time.sleep(0.005)"))
    children.append(child)
    child.start()
    _until(lambda: child.log_file.exists() and child.log_file.stat().st_size > 2_000)
    child.keep_log_small()
    old = child.log_file.with_suffix(".log.1").stat().st_size
    assert old > 1_000
    _until(lambda: child.log_file.stat().st_size > 0)
    assert child.log_file.stat().st_size < old + 50_000
    assert b"\0" not in child.log_file.read_bytes()


def test_a_recycled_number_is_not_the_process(children: list[Child]) -> None:
    assert state.same_process(os.getpid(), started_s=state.start_time(os.getpid()))
    assert not state.same_process(os.getpid(), started_s=state.start_time(os.getpid()) - 5)
    assert not state.same_process(0, started_s=0.0)


def test_orphans_of_a_killed_supervisor_are_ended() -> None:
    process = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
    orphan = state.ProcessState(name="orphan", pid=process.pid, started_s=state.start_time(process.pid))
    stranger = state.ProcessState(name="stranger", pid=os.getpid(), started_s=1.0)
    time.sleep(0.3)
    assert state.end_orphans([stranger, orphan]) == 1
    assert process.wait(5) in {0, -signal.SIGTERM}


def test_status_is_one_line_of_json_and_says_no_when_nothing_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert show.run(as_json=True) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["running"] is False


def test_status_says_yes_only_while_every_process_lives(capsys: pytest.CaptureFixture[str]) -> None:
    me = os.getpid()
    alive = state.ProcessState(name="a", pid=me, started_s=state.start_time(me), status="ready")
    current = state.SupervisorState(
        pid=me, started_s=state.start_time(me), demo=True, url="http://127.0.0.1:1/", phase="running", processes=[alive]
    )
    state.write_state(current)
    assert show.run(as_json=True) == 0
    current.processes.append(state.ProcessState(name="b", pid=me, started_s=1.0, status="ready"))
    state.write_state(current)
    assert show.run(as_json=True) == 1
    assert [p["alive"] for p in json.loads(capsys.readouterr().out.splitlines()[1])["processes"]] == [True, False]


def test_a_taken_port_is_replaced_by_the_next_free_one() -> None:
    first, port = open_listener(bind="127.0.0.1", port=23_451)
    second, other = open_listener(bind="127.0.0.1", port=port)
    first.close()
    second.close()
    assert other > port


def test_a_second_supervisor_is_refused() -> None:
    me = os.getpid()
    state.write_state(
        state.SupervisorState(pid=me, started_s=state.start_time(me), demo=False, url="http://127.0.0.1:1/")
    )
    answer = subprocess.run(
        [sys.executable, str(REPOSITORY / "manage.py"), "run_all"], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    assert "the portal already runs at http://127.0.0.1:1/" in answer.stdout


def test_demo_logins_are_refused_on_an_open_address() -> None:
    answer = subprocess.run(
        [sys.executable, str(REPOSITORY / "manage.py"), "run_all", "--demo", "--bind", "0.0.0.0"],  # noqa: S104
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert "demo logins work on loopback only" in answer.stdout
