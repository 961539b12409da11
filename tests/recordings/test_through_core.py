"""A recording through a running core that is killed in the middle: it ends with the identical book."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.lib.paths import REPOSITORY
from tests.plugins.session import current_world
from trading.engine.events import OrderCanceled
from trading.recordings import formats
from trading.recordings.session import Session
from trading.recordings.through_core import CoreRun

from .making import BOOK, mbo

pytestmark = pytest.mark.xdist_group("replay core")


def many(count: int) -> str:
    """A recording with as many orders more, some of which trade."""
    events = list(BOOK)
    for number in range(count):
        at, order_id = 10 + number, 1_000 + number
        events.append(
            (at, "A", "B" if number % 2 else "A", -2 - number % 7 if number % 2 else 5 + number % 7, 3, order_id)
        )
        if number % 5 == 0:
            events.append((at, "M", "A", 4, 2, order_id))
    events += [(9_999, "T", "A", 0, 5, 301), (9_999, "F", "B", 0, 5, 101), (9_999, "C", "B", 0, 5, 101)]
    return mbo(*events)


def test_ends_with_the_identical_book_after_a_kill(tmp_path: Path, committed: None) -> None:
    path = tmp_path / "day.csv"
    path.write_text(many(600))
    options = ["--json", "--through-core", "--kill-at", "300"]
    answer = subprocess.run(
        [sys.executable, str(REPOSITORY / "manage.py"), "replay_orders", str(path), *options],
        env=os.environ | {"AURUM_VAR": str(current_world().scratch.root)},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert answer.returncode == 0, answer.stderr[-4000:]
    (line,) = answer.stdout.splitlines()
    found = json.loads(line)
    assert (found["trades"], found["exact_fills"], found["open_orders"]) == (1, 1, 604)
    assert "kill -9 with 384 of" in answer.stderr
    assert "the core's book, accounts and journal are identical" in answer.stderr


def test_sees_a_book_that_is_not_identical(tmp_path: Path, committed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "day.csv"
    path.write_text(many(20))
    monkeypatch.setenv("AURUM_VAR", str(current_world().scratch.root))
    session = Session(formats.read(path))
    session.run()
    # What is compared with must be what was played: here it is one cancel further.
    session.desk.cancel(103)
    assert isinstance(session.answers.pop()[0], OrderCanceled)
    session.commands.pop()
    problems = CoreRun(session.commands, session.answers, session.machine, kill_at=0, say=lambda _text: None).run()
    assert problems == ["the core's price levels differ", "account 1 of the core differs"]
