"""Checks a journal as a whole: its chain from first row to last, and the execution of what this engine wrote."""

from __future__ import annotations

import contextlib
import gc
import time
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import psycopg

from trading.core import headfile, snapshots
from trading.core.journal import EMPTY_HEAD, Head, JournalCorrupt, Row, check_row, head_of, rows_after
from trading.core.replay import Recovered, decoded_commands, is_read, replay_row
from trading.engine import invariants, snapshot
from trading.engine.errors import EngineBrokenError
from trading.engine.machine import Machine
from trading.engine.types import ENGINE_VERSION

BREACHES_MAX: Final = 100


class Report(msgspec.Struct, kw_only=True):
    """What a verification found; `executed_from` is the first command that was executed again, 0 when none was."""

    ok: bool = True
    seq: int = 0
    hash: str = ""
    rows: int = 0
    engine_version: int = ENGINE_VERSION
    executed_from: int = 0
    executed: int = 0
    snapshots_checked: int = 0
    seconds: float = 0.0
    breaches: list[str] = msgspec.field(default_factory=list)

    def breach(self, text: str) -> None:
        """Note a breach; the list is bounded."""
        self.ok = False
        if len(self.breaches) < BREACHES_MAX:
            self.breaches.append(text)


def verify(connection: psycopg.Connection[Any]) -> Report:
    """Return the report on the connection's journal, from one frozen view of it."""
    started = time.monotonic()
    report = Report()
    remembered = headfile.remembered_head(connection)
    with connection.transaction():
        connection.execute("set transaction isolation level repeatable read, read only")
        with _without_collector():
            _Verification(connection, report, remembered=remembered).run()
    report.seconds = round(time.monotonic() - started, 3)
    return report


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """An executed journal makes millions of objects and no cycles; collecting would treble the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class _Verification:
    def __init__(
        self, connection: psycopg.Connection[Any], report: Report, *, remembered: tuple[int, str] | None
    ) -> None:
        self._remembered = remembered
        self._connection = connection
        self._report = report
        self._head: Head = EMPTY_HEAD
        self._state: Recovered | None = None
        self._snapshots = {seq: version for seq, version in snapshots.newest_first(connection) if is_read(version)}

    def run(self) -> None:
        for row in rows_after(self._connection, 0):
            self._chain(row)
            self._execute(row)
            self._report.rows += 1
            self._head = head_of(row)
            self._compare_snapshot(row)
        self._report.seq, self._report.hash = self._head.seq, self._head.hash.hex()
        self._end()

    def _chain(self, row: Row) -> None:
        try:
            check_row(row, previous=self._head)
        except JournalCorrupt as problem:
            self._report.breach(str(problem))

    def _execute(self, row: Row) -> None:
        """Execute the row again once execution has begun; a breach ends it, because all after it would differ."""
        if not is_read(row.engine_version):
            self._state = None
            try:
                decoded_commands(row)
            except JournalCorrupt as problem:
                self._report.breach(str(problem))
            return
        if self._state is None and self._report.executed_from == 0:
            self._state = self._start_before(row)
        if self._state is None:
            return
        try:
            replay_row(self._state, row)
            self._report.executed = self._state.commands
        except JournalCorrupt as problem:
            self._report.breach(str(problem))
            self._state = None
        except Exception as problem:
            self._report.breach(f"{row.name} cannot be executed again: {problem!r}")
            self._state = None

    def _start_before(self, row: Row) -> Recovered | None:
        """Return the state just before the first row of this engine version."""
        machine: Machine
        if row.first_seq == 1:
            machine = Machine()
        else:
            stored = self._snapshot_before(row)
            if stored is None:
                self._report.breach(f"no snapshot stands before {row.name}, the first row of this engine version")
                return None
            machine = stored.load()
        self._report.executed_from = row.first_seq
        return Recovered(machine, self._head, 0, 0, 0, 0, 0.0)

    def _snapshot_before(self, row: Row) -> snapshots.Snapshot | None:
        for seq, version in snapshots.newest_first(self._connection):
            if seq == row.first_seq - 1:
                return snapshots.read(self._connection, seq=seq, engine_version=version)
        return None

    def _compare_snapshot(self, row: Row) -> None:
        if row.last_seq not in self._snapshots:
            return
        stored = snapshots.read(self._connection, seq=row.last_seq, engine_version=self._snapshots[row.last_seq])
        self._report.snapshots_checked += 1
        if not stored.intact:
            self._report.breach(f"the snapshot at {row.last_seq} is damaged")
        elif stored.journal_hash != row.hash:
            self._report.breach(f"the snapshot at {row.last_seq} was taken after another row")
        elif self._state is not None:
            self._compare_state(stored, snapshot.dump(self._state.machine))

    def _compare_state(self, stored: snapshots.Snapshot, again: bytes) -> None:
        """A snapshot is compared as a whole: which parts of it lie in segments is no matter of the state."""
        try:
            same = snapshot.dump(stored.load()) == again
        except EngineBrokenError as problem:
            self._report.breach(f"the snapshot at {stored.seq} cannot be read: {problem}")
            return
        if not same:
            self._report.breach(f"the snapshot at {stored.seq} differs from the state executed again")

    def _end(self) -> None:
        for seq in self._snapshots:
            if seq > self._head.seq:
                self._report.breach(f"there is a snapshot at {seq}, but the journal ends at {self._head.seq}")
        try:
            headfile.check(self._connection, self._head, remembered=self._remembered)
        except JournalCorrupt as problem:
            self._report.breach(str(problem))
        if self._state is not None:
            for text in invariants.check(self._state.machine):
                self._report.breach(f"at {self._head.seq}: {text}")
