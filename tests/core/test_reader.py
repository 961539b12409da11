"""Readers and followers: every number once and in order, live or from the table, across restarts."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

import psycopg
import pytest

from tests.core.conftest import CoreRig, eventually, order
from trading.core import client, follower_runner
from trading.core.follower_runner import FollowerThread
from trading.core.followers import Batch, Follower, PositionMoved
from trading.core.journal import JournalCorrupt
from trading.core.metrics_followers import FollowerMetrics
from trading.core.reader import JournalReader


def numbers(batches: Sequence[Batch]) -> list[int]:
    """Return the numbers of all records."""
    return [record.seq for batch in batches for record in batch.records]


@pytest.fixture
def reader(rig: CoreRig) -> Any:
    made: list[JournalReader] = []

    def make(after_seq: int) -> JournalReader:
        made.append(JournalReader(after_seq))
        return made[-1]

    yield make
    for one in made:
        one.close()


def read_until(reader: JournalReader, seq: int, *, seconds_max: float = 5.0) -> list[int]:
    """Read until a number was seen."""
    found: list[int] = []
    deadline = time.monotonic() + seconds_max
    while not found or found[-1] < seq:
        assert time.monotonic() < deadline, found
        found += numbers(reader.read(wait_s=0.2))
    return found


def test_reads_the_past_from_the_table_and_the_present_live(rig: CoreRig, reader: Any) -> None:
    rig.start()
    rig.open_market()
    from_start, from_middle = reader(0), reader(4)
    assert read_until(from_start, 6) == [1, 2, 3, 4, 5, 6]
    assert read_until(from_middle, 6) == [5, 6]
    rig.send(order("a-1"), order("a-2"))
    began = time.monotonic()
    assert read_until(from_start, 8) == [7, 8]
    assert time.monotonic() - began < 0.2
    assert read_until(from_middle, 8) == [7, 8]


def test_reads_on_over_a_crash_of_the_core(rig: CoreRig, reader: Any) -> None:
    rig.start()
    rig.open_market()
    one = reader(0)
    read_until(one, 6)
    rig.kill()
    rig.start()
    rig.send(order("a-1"))
    assert read_until(one, 7) == [7]


def test_reads_from_the_table_alone_when_no_core_runs(rig: CoreRig, reader: Any) -> None:
    rig.start()
    rig.open_market()
    rig.kill()
    assert read_until(reader(0), 6) == [1, 2, 3, 4, 5, 6]


def test_fills_a_gap_in_the_live_feed_from_the_table(rig: CoreRig, reader: Any) -> None:
    rig.start()
    rig.open_market()
    one = reader(0)
    read_until(one, 6)
    rig.send(order("a-1"), order("a-2"), order("a-3"))
    one.read(wait_s=0.0, max_commands=0)  # takes in what was pushed
    one._live.receive(wait_s=0.2)
    one._live._frames.popleft()  # as if the core had dropped it because this reader was too slow
    assert read_until(one, 9) == [7, 8, 9]


class Counting(Follower):
    """Keeps the numbers it was handed."""

    name: ClassVar[str] = "counting"
    min_gap_s: ClassVar[float] = 0.0

    def __init__(self, seen: list[int], *, fails_at: int = 0) -> None:
        self.seen = seen
        self.fails_at = fails_at

    def handle(self, batches: Sequence[Batch], cursor: psycopg.Cursor[Any]) -> None:
        if self.fails_at and numbers(batches)[-1] >= self.fails_at:
            self.fails_at = 0
            raise RuntimeError("once")
        self.seen += numbers(batches)


def test_runs_a_follower_whose_position_moves_with_its_work(rig: CoreRig, db_core: psycopg.Connection) -> None:
    rig.start()
    rig.open_market()
    seen: list[int] = []
    follower = Counting(seen, fails_at=7)
    stop = threading.Event()
    thread = FollowerThread("counting", lambda: follower, stop=stop, metrics=FollowerMetrics())
    thread.start()
    try:
        eventually(lambda: seen[-1:] == [6])
        rig.send(order("a-1"))
        eventually(lambda: seen[-1:] == [7])
    finally:
        stop.set()
        thread.join(10)
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    assert db_core.execute("select seq from trading_follower_position where name = 'counting'").fetchone() == (7,)


class Stopwatch:
    """A stop signal that notes how long it was waited for, and ends the thread after one turn."""

    def __init__(self) -> None:
        self.waited_s: list[float] = []
        self._turns = 0

    def is_set(self) -> bool:
        self._turns += 1
        return self._turns > 1

    def wait(self, seconds: float) -> bool:
        self.waited_s.append(seconds)
        return True


@pytest.mark.parametrize(("live", "wanted_s"), [(True, []), (False, [0.6])])
def test_leaves_the_processor_to_a_core_that_recovers(
    monkeypatch: pytest.MonkeyPatch, live: bool, wanted_s: list[float]
) -> None:
    stop: Any = Stopwatch()
    clock = iter((100.0, 100.3))
    monkeypatch.setattr(follower_runner.time, "monotonic", lambda: next(clock))
    thread = FollowerThread("counting", lambda: Counting([]), stop=stop, metrics=FollowerMetrics())
    monkeypatch.setattr(thread, "_flush", lambda *_: None)
    reader: Any = SimpleNamespace(read=lambda **_: ["a batch"], live=live)
    connection: Any = None
    thread._pump(Counting([]), reader, connection)
    assert stop.waited_s == pytest.approx(wanted_s)


def test_refuses_to_write_when_another_process_has_moved_the_position(
    rig: CoreRig, db_core: psycopg.Connection
) -> None:
    rig.start()
    rig.open_market()
    follower, reader = Counting([]), JournalReader(0)
    try:
        with db_core.cursor() as cursor:
            assert follower.position(cursor) == 0
            batches = reader.read()
            cursor.execute("update trading_follower_position set seq = 3 where name = 'counting'")
            with pytest.raises(PositionMoved):
                follower.move(batches, cursor)
    finally:
        reader.close()


def test_does_not_read_over_a_missing_row(rig: CoreRig, reader: Any, journal_admin: psycopg.Connection) -> None:
    rig.start()
    rig.open_market()
    rig.kill()
    journal_admin.execute("delete from trading_journal where first_seq = 4")
    one = reader(0)
    assert numbers(one.read(max_commands=3)) == [1, 2, 3]
    with pytest.raises(JournalCorrupt, match=r"journal row 5\.\.5 does not follow number 3"):
        one.read()


def test_leaves_the_feed_of_a_hung_core(rig: CoreRig, reader: Any) -> None:
    import os
    import signal

    hung = rig.start()
    rig.open_market()
    one = reader(0)
    read_until(one, 6)
    os.kill(hung.pid, signal.SIGSTOP)
    try:
        client.disconnect()
        rig._processes.manage("runcore", "--take-over", wait_for=rig.leads)
        rig.send(order("a-1"))
        assert read_until(one, 7) == [7]
        rig.send(order("a-2"))
        assert read_until(one, 8) == [8]
    finally:
        os.kill(hung.pid, signal.SIGCONT)
