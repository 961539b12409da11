"""Recovery: the newest good snapshot, then the commands after it executed again.

What is executed again must give exactly the bytes that were journaled. Anything else means that the journal or the
engine is not what it was, and the core does not start on top of a doubt.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import psycopg

from trading.core import snapshots
from trading.core.journal import (
    EMPTY_HEAD,
    Head,
    JournalCorrupt,
    RawRecord,
    Row,
    check_row,
    decode_events,
    decode_raw_records,
    encode_records,
    head_of,
    rows_after,
)
from trading.engine.errors import EngineBrokenError
from trading.engine.machine import Machine
from trading.engine.snapshot_rows import SegmentRef
from trading.engine.types import ENGINE_VERSION, OLDEST_VERSION

log = logging.getLogger(__name__)

UPGRADE_HINT: Final = (
    "Run `manage.py core_upgrade` with the release that wrote it, so that a snapshot stands at the head, "
    "then start this release."
)


# Of the five seconds in which a core is back: the rest is for its start, its snapshot, and what comes in meanwhile.
_AGAIN_S: Final = 1.5
_MEASURED_AT_LEAST: Final = 5_000


class VersionMismatch(Exception):  # noqa: N818
    """The journal goes on past the last snapshot with rows of another engine version."""


class Recovered(msgspec.Struct, gc=False):
    """The state at the journal's head."""

    machine: Machine
    head: Head
    snapshot_seq: int
    at_ns: int  # the last command's times
    market_ns: int
    commands: int  # executed again
    seconds: float
    filed: list[SegmentRef] = []  # the segments of the day's memory that are stored
    loading_s: float = 0.0  # of `seconds`, until the snapshot stood


def recover(connection: psycopg.Connection[Any]) -> Recovered:
    """Return the state at the head of the journal."""
    started = time.monotonic()
    state = starting_state(connection)
    state.loading_s = time.monotonic() - started
    snapshot_seq = state.head.seq
    for row in rows_after(connection, state.head.seq):
        check_row(row, previous=state.head)
        replay_row(state, row)
    state.snapshot_seq = snapshot_seq
    state.seconds = time.monotonic() - started
    return state


def snapshot_spacing(recovered: Recovered, *, most: int) -> int:
    """Return how many commands may lie between two snapshots: fewer than `most` on a machine that is slow.

    How slow it is tells the recovery itself, when it had enough to execute again.
    """
    if recovered.commands < _MEASURED_AT_LEAST:
        return most
    each_s = (recovered.seconds - recovered.loading_s) / recovered.commands
    return min(most, max(_MEASURED_AT_LEAST, int(_AGAIN_S / each_s)))


def starting_state(connection: psycopg.Connection[Any]) -> Recovered:
    """Return the state of the newest snapshot that holds, or the empty machine when there is none to begin with."""
    candidates = snapshots.newest_first(connection)
    for seq, version in candidates:
        if not is_read(version) and _rows_follow(connection, seq):
            continue
        stored = snapshots.read(connection, seq=seq, engine_version=version)
        if not stored.intact:
            log.error("the snapshot at %s is damaged and is passed over", seq)
            continue
        _check_place(connection, stored)
        try:
            machine = stored.load()
        except EngineBrokenError as problem:
            # Written in a form that is read no more: the journal holds all that it held.
            log.error("the snapshot at %s cannot be read and is passed over: %s", seq, problem)
            continue
        if machine.seq != seq:
            raise JournalCorrupt(f"the snapshot at {seq} holds a state at {machine.seq}")
        head = Head(seq=seq, hash=stored.journal_hash, epoch=_epoch_at(connection, seq), at_ns=stored.at_ns)
        return Recovered(machine, head, seq, stored.at_ns, stored.market_ns, 0, 0.0, stored.filed())
    return Recovered(Machine(), EMPTY_HEAD, 0, 0, 0, 0, 0.0)


def replay_row(state: Recovered, row: Row) -> None:
    """Execute one row again on top of the state and compare."""
    if not is_read(row.engine_version):
        raise VersionMismatch(
            f"{row.name} was executed by engine version {row.engine_version}, this is {ENGINE_VERSION}. {UPGRADE_HINT}"
        )
    commands = decoded_commands(row)
    apply = state.machine.apply
    records = [
        (record.command, record.at_ns, record.market_ns, apply(record.command, record.at_ns, record.market_ns))
        for record in commands
    ]
    if encode_records(records) != todays_form(row, commands):
        raise JournalCorrupt(_difference(row, commands, records))
    if state.machine.seq != row.last_seq:
        raise JournalCorrupt(f"after {row.name} the machine stands at {state.machine.seq}")
    state.head = head_of(row)
    state.at_ns = commands[-1].at_ns
    state.market_ns = commands[-1].market_ns
    state.commands += len(commands)


def is_read(engine_version: int) -> bool:
    """Say whether this engine gives the same events as the version that wrote something."""
    return OLDEST_VERSION <= engine_version <= ENGINE_VERSION


def todays_form(row: Row, commands: list[RawRecord]) -> bytes:
    """Return a row's payload as this version writes it: what was added since an older version has a default."""
    if row.engine_version == ENGINE_VERSION:
        return row.payload
    return encode_records(
        [(record.command, record.at_ns, record.market_ns, decode_events(record.events)) for record in commands]
    )


def decoded_commands(row: Row) -> list[RawRecord]:
    """Return a row's commands with their events still encoded."""
    try:
        commands = decode_raw_records(row.payload)
    except msgspec.MsgspecError as problem:
        raise JournalCorrupt(f"{row.name} cannot be read: {problem}") from problem
    if len(commands) != row.last_seq - row.first_seq + 1:
        raise JournalCorrupt(f"{row.name} holds {len(commands)} records")
    return commands


def _difference(row: Row, commands: list[RawRecord], records: list[tuple[Any, int, int, Any]]) -> str:
    for seq, (stored, again) in enumerate(zip(commands, records, strict=True), row.first_seq):
        if encode_records(decode_events(stored.events)) != encode_records(again[3]):
            return f"command {seq} of {row.name} gives other events when it is executed again"
    return f"{row.name} is not encoded as this engine version encodes it"


def _rows_follow(connection: psycopg.Connection[Any], seq: int) -> bool:
    return (
        connection.execute("select 1 from trading_journal where first_seq > %s limit 1", [seq]).fetchone() is not None
    )


def _row_at(connection: psycopg.Connection[Any], seq: int) -> tuple[Any, ...] | None:
    return connection.execute(
        "select last_seq, hash, epoch from trading_journal where first_seq <= %s order by first_seq desc limit 1", [seq]
    ).fetchone()


def _epoch_at(connection: psycopg.Connection[Any], seq: int) -> int:
    row = _row_at(connection, seq)
    return int(row[2]) if row else 0


def _check_place(connection: psycopg.Connection[Any], stored: snapshots.Snapshot) -> None:
    """A snapshot is believed only where the journal's chain has its hash: else the journal was cut or changed."""
    row = _row_at(connection, stored.seq)
    last_seq, chained = (int(row[0]), bytes(row[1])) if row else (0, EMPTY_HEAD.hash)
    if last_seq != stored.seq:
        raise JournalCorrupt(
            f"there is a snapshot at {stored.seq}, but the journal row that should end there ends at {last_seq}"
        )
    if chained != stored.journal_hash:
        raise JournalCorrupt(f"the journal row that ends at {stored.seq} is not the one its snapshot was taken after")


def rows_checked(connection: psycopg.Connection[Any], *, previous: Head) -> Iterator[Row]:
    """Yield the rows after a head, each checked against the one before it."""
    for row in rows_after(connection, previous.seq):
        check_row(row, previous=previous)
        previous = head_of(row)
        yield row
