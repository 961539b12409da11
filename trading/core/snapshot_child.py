"""The child that stores snapshots: forked, it sees the state frozen at one number while the core goes on."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import time
from collections.abc import Callable
from typing import Any, Final, NoReturn

import msgspec
import psycopg

from trading.core import faults, snapshots
from trading.core.journal import Head
from trading.engine import invariants
from trading.engine.day_segments import first_unfiled
from trading.engine.machine import Machine
from trading.engine.snapshot_rows import SegmentRef

log = logging.getLogger(__name__)

_REST: Final = 4  # times as long as the last writer worked
_PAUSE_AFTER_FAILURE_S: Final = 5.0
# A server that comes back finds the child still there: its state is committed, so it stays worth storing.
_DATABASE_WAIT_S: Final = 30.0
_DATABASE_RETRY_S: Final = 0.25
# An early writer gives way to everybody. One that is due must end on a busy machine too, or the next recovery has more
# to execute again; it still yields to that recovery, beside which it may be at work when its core has died.
_EARLY_NICE: Final = 10
_DUE_NICE: Final = 5
_PAUSE_AT_START_S: Final = 5.0  # for the child of a core that died, which may still be at work
_CHILD_BROKEN: Final = 4
_CHILD_BUSY: Final = 5
# One writer at a time, also across a core's death: a child outlives its core and finishes its snapshot, and two at work
# would only slow the next core down.
WRITER_LOCK: Final = 0x41_75_53_6E
_PIPE: Final = 3
_decode_ref: Final = msgspec.msgpack.Decoder(SegmentRef).decode


class SnapshotChild:
    """Runs one forked writer at a time.

    `on_done(seq)` is called when the child has stored its snapshot, `on_broken(text)` when it found the state itself
    to be wrong. `filed` are the segments of the day's memory that are stored already.
    """

    def __init__(self, *, dsn: str, on_done: Callable[[int], None], on_broken: Callable[[str], None]) -> None:
        self.filed: list[SegmentRef] = []
        self._dsn = dsn
        self._on_done = on_done
        self._on_broken = on_broken
        self._pid = 0
        self._not_before_s = 0.0
        self._started_s = 0.0
        self._rested_at_s = time.monotonic() + _PAUSE_AT_START_S

    @property
    def rested(self) -> bool:
        """Say whether writers have been at work for less than a fifth of the time."""
        return time.monotonic() >= self._rested_at_s

    @property
    def ready(self) -> bool:
        """Say whether a new child may be started: none is at work, and the last did not fail just now."""
        return self._pid == 0 and time.monotonic() >= self._not_before_s

    def start(self, *, machine: Machine, head: Head, market_ns: int, early: bool) -> None:
        """Fork. To be called between two batches, when the state is exactly the committed one.

        `early`: it could wait, so it takes only what nobody else wants of the processor.
        """
        told, tell = os.pipe()
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            writer = _Writer(machine=machine, head=head, market_ns=market_ns, filed=self.filed)
            writer.run_as_child(self._dsn, parent=parent, tell=tell, nice=_EARLY_NICE if early else _DUE_NICE)
        os.close(tell)
        self._pid = pid
        self._started_s = time.monotonic()
        descriptor = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(descriptor, self._ended, descriptor, told, head.seq)

    def stop(self) -> None:
        """End a child that is still at work."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0

    def _ended(self, descriptor: int, told: int, seq: int) -> None:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
        with os.fdopen(told, "rb") as pipe:
            new = pipe.read()
        if not self._pid:
            return
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        now_s = time.monotonic()
        self._rested_at_s = now_s + _REST * (now_s - self._started_s)
        code = os.waitstatus_to_exitcode(status)
        if code == 0:
            if new:
                self.filed.append(_decode_ref(new))
            self._on_done(seq)
        elif code == _CHILD_BUSY:
            self._not_before_s = now_s + 1.0
        elif code == _CHILD_BROKEN:
            self._on_broken(f"the state at {seq} breaks an invariant; see the log")
        else:
            self.filed.clear()  # the next one trusts in nothing that was stored before
            self._not_before_s = time.monotonic() + _PAUSE_AFTER_FAILURE_S
            log.error("the snapshot at %s was not written: the child ended with %s", seq, code)


class _Writer:
    """The child's side: check, write down, store; a server that is away is waited for."""

    def __init__(self, *, machine: Machine, head: Head, market_ns: int, filed: list[SegmentRef]) -> None:
        self._machine = machine
        self._head = head
        self._market_ns = market_ns
        self._filed = filed
        self.cut: snapshots.Cut | None = None

    def run_as_child(self, dsn: str, *, parent: int, tell: int, nice: int) -> NoReturn:
        """Leave behind what was the core's, work, say which segment is new, end."""
        code = 1
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            # The parent's sockets must end with the parent: a copy held here would keep its lock and its clients.
            os.dup2(tell, _PIPE)
            os.closerange(_PIPE + 1, 65536)
            os.nice(nice)
            code = self.run(dsn, parent=parent)
            if code == 0 and self.cut is not None and self.cut.new:
                os.write(_PIPE, msgspec.msgpack.encode(self.cut.refs[-1]))
        except BaseException as problem:
            os.write(2, f"the snapshot at {self._head.seq} failed: {problem!r}\n".encode())
        finally:
            os._exit(code)

    def run(self, dsn: str, *, parent: int) -> int:
        """Return the exit code."""
        until_s = time.monotonic() + _DATABASE_WAIT_S
        while True:
            try:
                with psycopg.connect(dsn, autocommit=True, application_name="aurum-core-snapshot") as connection:
                    return self._store(connection, parent=parent)
            except psycopg.OperationalError:
                if time.monotonic() > until_s:
                    raise
                time.sleep(_DATABASE_RETRY_S)

    def _store(self, connection: psycopg.Connection[Any], *, parent: int) -> int:
        row = connection.execute("select pg_try_advisory_lock(%s)", [WRITER_LOCK]).fetchone()
        if not (row and row[0]):
            return _CHILD_BUSY
        if self.cut is None:
            breaches = invariants.check(self._machine, orders_since=first_unfiled(self._machine.state, self._filed))
            if breaches:
                os.write(2, f"the state at {self._head.seq} breaks: {'; '.join(breaches[:20])}\n".encode())
                return _CHILD_BROKEN
            if faults.armed == "during_snapshot":
                os.kill(parent, signal.SIGKILL)
                faults.reach("during_snapshot")
            self.cut = snapshots.dump(self._machine, filed=self._filed)
        snapshots.store(connection, cut=self.cut, head=self._head, market_ns=self._market_ns)
        return 0
