"""Snapshots: the whole state at a number, kept beside the journal so that recovery re-executes little.

What the day's memory has gained since the last one is stored as a segment of its own, and stays: of a day of millions
of orders each snapshot writes only the new ones. A snapshot is only a shortcut: its hash, those of its segments and
its place in the chain are checked before it is believed.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
import psycopg

from trading.core.journal import Head
from trading.engine import snapshot, snapshot_reading
from trading.engine.machine import Machine
from trading.engine.snapshot_rows import SegmentRef
from trading.engine.types import ENGINE_VERSION

KEEP: Final = 3
_STATE_HASH_BYTES: Final = 32


class Snapshot(msgspec.Struct, gc=False, frozen=True):
    """A stored state; `segments` are the bytes of those it names, in order, as far as they are there."""

    seq: int
    engine_version: int
    journal_hash: bytes
    state_hash: bytes
    at_ns: int
    market_ns: int
    body: bytes
    segments: list[bytes] = []

    @property
    def intact(self) -> bool:
        """Say whether the body is the one that was written. The body names its segments, and loading compares them."""
        return body_hash(self.body) == self.state_hash

    def load(self) -> Machine:
        """Make the machine again.

        Raises:
            EngineBrokenError: the bytes are of a form that is not read any more, or a segment is missing or damaged.
        """
        return snapshot.load(self.body, self.segments)

    def filed(self) -> list[SegmentRef]:
        """Return which segments it names; of one that was loaded."""
        return snapshot_reading.segments_of(self.body)


class Cut(msgspec.Struct, gc=False, frozen=True):
    """A state as it is stored: the body, the segments it names, and the last of these when it is new."""

    body: bytes
    refs: list[SegmentRef]
    new: bytes


class SegmentsGoneError(RuntimeError):
    """Segments that a snapshot would name are not stored any more."""


def body_hash(body: bytes) -> bytes:
    """Return the hash that names a body."""
    return hashlib.blake2b(body, digest_size=_STATE_HASH_BYTES).digest()


def dump(machine: Machine, *, filed: list[SegmentRef]) -> Cut:
    """Write the machine down beside the segments that are stored already."""
    return Cut(*snapshot.dump_cut(machine, filed))


def write(
    connection: psycopg.Connection[Any],
    *,
    machine: Machine,
    head: Head,
    market_ns: int,
    filed: list[SegmentRef],
    keep: int = KEEP,
) -> list[SegmentRef]:
    """Store the machine's state at the head and prune; returns the segments that are stored now."""
    cut = dump(machine, filed=filed)
    store(connection, cut=cut, head=head, market_ns=market_ns, keep=keep)
    return cut.refs


def store(connection: psycopg.Connection[Any], *, cut: Cut, head: Head, market_ns: int, keep: int = KEEP) -> None:
    """Store a state that was dumped at the head, and prune.

    Raises:
        SegmentsGoneError: it was cut beside segments that somebody has pruned; nothing is stored then.
    """
    hashes = [ref.hash for ref in cut.refs]
    with connection.transaction():
        # One at a time: what is pruned here must not be what another writer is about to name.
        connection.execute("lock table trading_snapshot_segment in exclusive mode")
        if cut.new:
            connection.execute(
                "insert into trading_snapshot_segment (hash, first_order_id, body) values (%s, %s, %b)"
                " on conflict (hash) do nothing",
                [hashes[-1], cut.refs[-1].first_order_id, cut.new],
            )
        row = connection.execute(
            "select count(*) from trading_snapshot_segment where hash = any(%s)", [hashes]
        ).fetchone()
        if row is None or row[0] != len(hashes):
            raise SegmentsGoneError(f"the snapshot at {head.seq} would name segments that are not stored")
        connection.execute(
            "insert into trading_snapshot"
            " (seq, engine_version, epoch, journal_hash, state_hash, at_ns, market_ns, body, segments)"
            " values (%s, %s, %s, %s, %s, %s, %s, %b, %s) on conflict (seq, engine_version) do nothing",
            [
                head.seq, ENGINE_VERSION, head.epoch, head.hash, body_hash(cut.body), head.at_ns, market_ns, cut.body,
                hashes,
            ],
        )  # fmt: skip
        prune(connection, keep=keep)


def prune(connection: psycopg.Connection[Any], *, keep: int) -> None:
    """Delete all but the newest few of this engine version, and segments that none names any more.

    Snapshots of other versions are a way back and stay.
    """
    connection.execute(
        "delete from trading_snapshot where engine_version = %s and seq not in"
        " (select seq from trading_snapshot where engine_version = %s order by seq desc limit %s)",
        [ENGINE_VERSION, ENGINE_VERSION, keep],
    )
    connection.execute(
        "delete from trading_snapshot_segment where hash not in (select unnest(segments) from trading_snapshot)"
    )


def newest_first(connection: psycopg.Connection[Any]) -> list[tuple[int, int]]:
    """Return (seq, engine_version) of the stored snapshots."""
    rows = connection.execute("select seq, engine_version from trading_snapshot order by seq desc, engine_version desc")
    return [(int(seq), int(version)) for seq, version in rows.fetchall()]


def read(connection: psycopg.Connection[Any], *, seq: int, engine_version: int) -> Snapshot:
    """Return one stored snapshot with its segments."""
    row = (
        connection.cursor(binary=True)
        .execute(
            "select seq, engine_version, journal_hash, state_hash, at_ns, market_ns, body, segments"
            " from trading_snapshot where seq = %s and engine_version = %s",
            [seq, engine_version],
        )
        .fetchone()
    )
    if row is None:
        raise LookupError(f"no snapshot at {seq} of engine version {engine_version}")
    found = connection.cursor(binary=True).execute(
        "select hash, body from trading_snapshot_segment where hash = any(%s)", [row[7]]
    )
    bodies = dict(found.fetchall())
    segments = [bodies[name] for name in row[7] if name in bodies]
    return Snapshot(row[0], row[1], row[2], row[3], row[4], row[5], row[6], segments)
