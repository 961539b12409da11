"""A copy of the journal's head outside the database, so that a cut tail is noticed.

Rows that are missing at the end leave a chain that looks whole. The core therefore writes its head to a file once a
minute and on a clean stop; a journal that ends before that number has lost rows. After a restore from a backup this
is so on purpose: `forget` is then called by `manage.py restore`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import psycopg

from portal.lib.paths import private_dir, var_dir, write_private
from trading.core.journal import Head, JournalCorrupt, Row

EVERY_S: Final = 60.0
_IDENTITY_DIGITS: Final = 24
HINT: Final = (
    "Rows at the end are missing. If an older state was restored on purpose, "
    "start once with `manage.py runcore --accept-shorter-journal`."
)


def file_for(identity: str) -> Path:
    """Return the file of a journal; each journal has its own."""
    return private_dir(var_dir() / "journal-head") / f"{identity}.json"


def journal_identity(connection: psycopg.Connection[Any]) -> str:
    """Return what tells this journal from every other, the hash of its first row; empty before there is one."""
    row = connection.execute("select encode(hash, 'hex') from trading_journal where first_seq = 1").fetchone()
    return str(row[0])[:_IDENTITY_DIGITS] if row else ""


def identity_of(first_row: Row) -> str:
    """Return the identity of the journal that begins with this row."""
    return first_row.hash.hex()[:_IDENTITY_DIGITS]


def write(identity: str, head: Head) -> None:
    """Remember the head of a journal that has rows."""
    write_private(file_for(identity), json.dumps({"seq": head.seq, "hash": head.hash.hex()}) + "\n")


def read(identity: str) -> tuple[int, str] | None:
    """Return the remembered number and hash, or None when there is none."""
    try:
        stored = json.loads(file_for(identity).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return int(stored["seq"]), str(stored["hash"])


def forget(identity: str) -> None:
    """Forget the remembered head, after a restore."""
    if identity:
        file_for(identity).unlink(missing_ok=True)


def remembered_head(connection: psycopg.Connection[Any]) -> tuple[int, str] | None:
    """Return the remembered number and hash of this database's journal.

    To be asked before the journal is read: a running core writes the file while a reader's view stands still.
    """
    identity = journal_identity(connection)
    return read(identity) if identity else None


def check(connection: psycopg.Connection[Any], head: Head, *, remembered: tuple[int, str] | None) -> None:
    """Raise `JournalCorrupt` when the journal ends before the remembered head or has another row there."""
    followed = connection.execute("select coalesce(max(seq), 0) from trading_follower_position").fetchone()
    if followed is not None and int(followed[0]) > head.seq:
        raise JournalCorrupt(f"the journal ends at {head.seq}, but its followers have read up to {followed[0]}. {HINT}")
    if remembered is None:
        return
    seq, digest = remembered
    if seq > head.seq:
        raise JournalCorrupt(f"the journal ends at {head.seq}, but it once reached {seq}. {HINT}")
    row = connection.execute(
        "select last_seq, encode(hash, 'hex') from trading_journal where first_seq <= %s"
        " order by first_seq desc limit 1",
        [seq],
    ).fetchone()
    if seq and (row is None or int(row[0]) != seq or row[1] != digest):
        raise JournalCorrupt(f"the journal row that ends at {seq} is not the one that was written there")
