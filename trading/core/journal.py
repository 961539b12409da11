"""The journal: one row a batch, each row chained to the one before it by a hash.

A row holds the numbers it covers, the epoch of the leader that wrote it, the engine version that executed it, and
the records: command, times, and the events it gave. Rows are only ever inserted.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import psycopg

from trading.engine.all_events import AnyEvent
from trading.engine.commands import AnyCommand

HASH_BYTES: Final = 32
GENESIS_HASH: Final = bytes(HASH_BYTES)
_NUMBERS: Final = struct.Struct(">qqqiq")
_PAGE_ROWS: Final = 100

# The row is written only while the epoch is still ours: a stale leader inserts nothing. The share lock on the
# epoch's row makes a take-over wait for a commit that is under way, and the other way round.
APPEND_SQL: Final = (
    "insert into trading_journal"
    " (first_seq, last_seq, epoch, engine_version, at_ns, prev_hash, hash, payload) "
    "select $1, $2, $3, $4, $5, $6, $7, $8 from trading_epoch where epoch = $3 for share"
)
APPEND_TYPES: Final = ("bigint", "bigint", "bigint", "integer", "bigint", "bytea", "bytea", "bytea")


class Record(msgspec.Struct, array_like=True, gc=False):
    """One command with the times it was given and the events it caused. `seq` is set by the reader of the row."""

    command: AnyCommand
    at_ns: int
    market_ns: int
    events: list[AnyEvent]
    seq: int = 0


class RawRecord(msgspec.Struct, array_like=True, gc=False):
    """A record whose events stay encoded, for re-execution."""

    command: AnyCommand
    at_ns: int
    market_ns: int
    events: msgspec.Raw


class Batch(msgspec.Struct, gc=False):
    """A committed journal row, decoded, as followers get it."""

    first_seq: int
    last_seq: int
    epoch: int
    records: list[Record]
    committed_ns: int  # when the commit returned; the row's own time when it was read from the table


class Row(msgspec.Struct, gc=False, frozen=True):
    """A journal row as it lies in the table."""

    first_seq: int
    last_seq: int
    epoch: int
    engine_version: int
    at_ns: int
    prev_hash: bytes
    hash: bytes
    payload: bytes

    @property
    def name(self) -> str:
        """Return the words by which messages name this row."""
        return f"journal row {self.first_seq}..{self.last_seq}"


class Head(msgspec.Struct, gc=False, frozen=True):
    """Where the journal ends."""

    seq: int
    hash: bytes
    epoch: int
    at_ns: int


EMPTY_HEAD: Final = Head(seq=0, hash=GENESIS_HASH, epoch=0, at_ns=0)

encode_records: Final = msgspec.msgpack.Encoder().encode
decode_records: Final = msgspec.msgpack.Decoder(list[Record]).decode
decode_events: Final = msgspec.msgpack.Decoder(list[AnyEvent]).decode
decode_raw_records: Final = msgspec.msgpack.Decoder(list[RawRecord]).decode


class JournalCorrupt(Exception):  # noqa: N818
    """A row of the journal is not what was written; nothing is skipped and nothing starts on top of it."""


def row_hash(
    *, prev_hash: bytes, first_seq: int, last_seq: int, epoch: int, engine_version: int, at_ns: int, payload: bytes
) -> bytes:
    """Return the hash that chains a row to its predecessor."""
    digest = hashlib.blake2b(prev_hash, digest_size=HASH_BYTES)
    digest.update(_NUMBERS.pack(first_seq, last_seq, epoch, engine_version, at_ns))
    digest.update(payload)
    return digest.digest()


def sealed_row(
    *, prev_hash: bytes, first_seq: int, last_seq: int, epoch: int, engine_version: int, at_ns: int, payload: bytes
) -> Row:
    """Return a complete row."""
    own = row_hash(
        prev_hash=prev_hash,
        first_seq=first_seq,
        last_seq=last_seq,
        epoch=epoch,
        engine_version=engine_version,
        at_ns=at_ns,
        payload=payload,
    )
    return Row(first_seq, last_seq, epoch, engine_version, at_ns, prev_hash, own, payload)


def check_row(row: Row, *, previous: Head) -> None:
    """Raise `JournalCorrupt`, naming the row, unless it follows `previous` and its bytes are those that were hashed."""
    if row.first_seq != previous.seq + 1 or row.last_seq < row.first_seq:
        raise JournalCorrupt(f"{row.name} does not follow number {previous.seq}: the numbers have a gap or a repeat")
    if row.epoch < previous.epoch:
        raise JournalCorrupt(f"{row.name} has epoch {row.epoch} after epoch {previous.epoch}")
    if row.prev_hash != previous.hash:
        raise JournalCorrupt(f"{row.name} is not chained to the row that ends at {previous.seq}")
    expected = row_hash(
        prev_hash=row.prev_hash,
        first_seq=row.first_seq,
        last_seq=row.last_seq,
        epoch=row.epoch,
        engine_version=row.engine_version,
        at_ns=row.at_ns,
        payload=row.payload,
    )
    if row.hash != expected:
        raise JournalCorrupt(f"{row.name} has hash {row.hash.hex()[:16]}…, its content gives {expected.hex()[:16]}…")


def head_of(row: Row) -> Head:
    """Return the head of a journal that ends with this row."""
    return Head(seq=row.last_seq, hash=row.hash, epoch=row.epoch, at_ns=row.at_ns)


def decode_batch(*, first_seq: int, last_seq: int, epoch: int, payload: bytes, committed_ns: int) -> Batch:
    """Return a row's records with their numbers."""
    records = decode_records(payload)
    if len(records) != last_seq - first_seq + 1:
        raise JournalCorrupt(f"journal row {first_seq}..{last_seq} holds {len(records)} records")
    for seq, record in enumerate(records, first_seq):
        record.seq = seq
    return Batch(first_seq=first_seq, last_seq=last_seq, epoch=epoch, records=records, committed_ns=committed_ns)


def rows_after(connection: psycopg.Connection[Any], seq: int, *, limit: int | None = None) -> Iterator[Row]:
    """Yield the rows that begin after a number, in order, in pages; stops at the end of the table or the limit."""
    left = limit if limit is not None else -1
    while left != 0:
        page = _page(connection, seq, rows=_PAGE_ROWS if left < 0 else min(left, _PAGE_ROWS))
        yield from page
        if not page:
            return
        seq = page[-1].last_seq
        left -= len(page) if left > 0 else 0


def _page(connection: psycopg.Connection[Any], seq: int, *, rows: int) -> list[Row]:
    cursor = connection.cursor(binary=True)
    cursor.execute(
        "select first_seq, last_seq, epoch, engine_version, at_ns, prev_hash, hash, payload"
        " from trading_journal where first_seq > %s order by first_seq limit %s",
        [seq, rows],
    )
    return [Row(*values) for values in cursor.fetchall()]


def read_head(connection: psycopg.Connection[Any]) -> Head:
    """Return where the table ends."""
    row = connection.cursor(binary=True).execute(HEAD_SQL).fetchone()
    return Head(*row) if row else EMPTY_HEAD


HEAD_SQL: Final = "select last_seq, hash, epoch, at_ns from trading_journal order by first_seq desc limit 1"
