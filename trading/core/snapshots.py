"""Snapshots: the whole state at a number, kept beside the journal so that recovery re-executes little.

They are written by a forked child, which sees the state frozen at one number while the parent goes on, and on a
clean stop. A snapshot is only a shortcut: its hash and its place in the chain are checked before it is believed.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import signal
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
import psycopg

from trading.core import faults
from trading.core.journal import Head
from trading.engine import invariants, snapshot
from trading.engine.machine import Machine
from trading.engine.types import ENGINE_VERSION

log = logging.getLogger(__name__)

KEEP: Final = 3
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
_STATE_HASH_BYTES: Final = 32


class Snapshot(msgspec.Struct, gc=False, frozen=True):
    """A stored state."""

    seq: int
    engine_version: int
    journal_hash: bytes
    state_hash: bytes
    at_ns: int
    market_ns: int
    body: bytes

    @property
    def intact(self) -> bool:
        """Say whether the body is the one that was written."""
        return body_hash(self.body) == self.state_hash


def body_hash(body: bytes) -> bytes:
    """Return the state hash: of the canonical dump, which is the body."""
    return hashlib.blake2b(body, digest_size=_STATE_HASH_BYTES).digest()


def write(
    connection: psycopg.Connection[Any], *, machine: Machine, head: Head, market_ns: int, keep: int = KEEP
) -> int:
    """Store the machine's state at the head and prune; returns the size of the body."""
    body = snapshot.dump(machine)
    store(connection, body=body, head=head, market_ns=market_ns, keep=keep)
    return len(body)


def store(connection: psycopg.Connection[Any], *, body: bytes, head: Head, market_ns: int, keep: int = KEEP) -> None:
    """Store a state that was dumped at the head, and prune."""
    with connection.transaction():
        connection.execute(
            "insert into trading_snapshot"
            " (seq, engine_version, epoch, journal_hash, state_hash, at_ns, market_ns, body)"
            " values (%s, %s, %s, %s, %s, %s, %s, %b) on conflict (seq, engine_version) do nothing",
            [head.seq, ENGINE_VERSION, head.epoch, head.hash, body_hash(body), head.at_ns, market_ns, body],
        )
    prune(connection, keep=keep)


def prune(connection: psycopg.Connection[Any], *, keep: int) -> None:
    """Delete all but the newest few of this engine version; those of other versions are a way back and stay."""
    connection.execute(
        "delete from trading_snapshot where engine_version = %s and seq not in"
        " (select seq from trading_snapshot where engine_version = %s order by seq desc limit %s)",
        [ENGINE_VERSION, ENGINE_VERSION, keep],
    )


def newest_first(connection: psycopg.Connection[Any]) -> list[tuple[int, int]]:
    """Return (seq, engine_version) of the stored snapshots."""
    rows = connection.execute("select seq, engine_version from trading_snapshot order by seq desc, engine_version desc")
    return [(int(seq), int(version)) for seq, version in rows.fetchall()]


def read(connection: psycopg.Connection[Any], *, seq: int, engine_version: int) -> Snapshot:
    """Return one stored snapshot."""
    row = (
        connection.cursor(binary=True)
        .execute(
            "select seq, engine_version, journal_hash, state_hash, at_ns, market_ns, body from trading_snapshot"
            " where seq = %s and engine_version = %s",
            [seq, engine_version],
        )
        .fetchone()
    )
    if row is None:
        raise LookupError(f"no snapshot at {seq} of engine version {engine_version}")
    return Snapshot(*row)


class SnapshotChild:
    """Runs one forked writer at a time.

    `on_done(seq)` is called when the child has stored its snapshot, `on_broken(text)` when it found the state itself
    to be wrong.
    """

    def __init__(self, *, dsn: str, on_done: Callable[[int], None], on_broken: Callable[[str], None]) -> None:
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
        pid = os.fork()
        if pid == 0:
            self._child(machine=machine, head=head, market_ns=market_ns, early=early)
        self._pid = pid
        self._started_s = time.monotonic()
        descriptor = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(descriptor, self._ended, descriptor, head.seq)

    def stop(self) -> None:
        """End a child that is still at work."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0

    def _ended(self, descriptor: int, seq: int) -> None:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
        if not self._pid:
            return
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        now_s = time.monotonic()
        self._rested_at_s = now_s + _REST * (now_s - self._started_s)
        code = os.waitstatus_to_exitcode(status)
        if code == 0:
            self._on_done(seq)
        elif code == _CHILD_BUSY:
            self._not_before_s = now_s + 1.0
        elif code == _CHILD_BROKEN:
            self._on_broken(f"the state at {seq} breaks an invariant; see the log")
        else:
            self._not_before_s = time.monotonic() + _PAUSE_AFTER_FAILURE_S
            log.error("the snapshot at %s was not written: the child ended with %s", seq, code)

    def _child(self, *, machine: Machine, head: Head, market_ns: int, early: bool) -> None:
        code = 1
        try:
            parent = os.getppid()
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            # The parent's sockets must end with the parent: a copy held here would keep its lock and its clients.
            os.closerange(3, 65536)
            os.nice(_EARLY_NICE if early else _DUE_NICE)
            code = self._written(machine=machine, head=head, market_ns=market_ns, parent=parent)
        except BaseException as problem:
            os.write(2, f"the snapshot at {head.seq} failed: {problem!r}\n".encode())
        finally:
            os._exit(code)

    def _written(self, *, machine: Machine, head: Head, market_ns: int, parent: int) -> int:
        """Check, dump and store in the child; a server that is away is waited for. Gives the exit code."""
        body = b""
        until_s = time.monotonic() + _DATABASE_WAIT_S
        while True:
            try:
                with psycopg.connect(self._dsn, autocommit=True, application_name="aurum-core-snapshot") as connection:
                    row = connection.execute("select pg_try_advisory_lock(%s)", [WRITER_LOCK]).fetchone()
                    if not (row and row[0]):
                        return _CHILD_BUSY
                    if not body:
                        breaches = invariants.check(machine)
                        if breaches:
                            os.write(2, f"the state at {head.seq} breaks: {'; '.join(breaches[:20])}\n".encode())
                            return _CHILD_BROKEN
                        if faults.armed == "during_snapshot":
                            os.kill(parent, signal.SIGKILL)
                            faults.reach("during_snapshot")
                        body = snapshot.dump(machine)
                    store(connection, body=body, head=head, market_ns=market_ns)
                    return 0
            except psycopg.OperationalError:
                if time.monotonic() > until_s:
                    raise
                time.sleep(_DATABASE_RETRY_S)
