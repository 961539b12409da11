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
from trading.core.journal import Head, JournalCorrupt

EVERY_S: Final = 60.0
HINT: Final = (
    "Rows at the end are missing. If this database was restored from a backup on purpose, "
    "run `manage.py runcore --accept-shorter-journal` once."
)


def file_for(journal_id: str) -> Path:
    """Return the file of a journal; each database has its own."""
    return private_dir(var_dir() / "journal-head") / f"{journal_id}.json"


def journal_id(connection: psycopg.Connection[Any]) -> str:
    """Return the identity of the database's journal."""
    row = connection.execute(
        "select e.journal_id::text, d.oid::text from trading_epoch e, pg_database d"
        " where d.datname = current_database()"
    ).fetchone()
    if row is None:
        raise LookupError("the table trading_epoch is empty: run `manage.py migrate`")
    # A database that was cloned from another carries its journal_id; its own number tells the two apart.
    return f"{row[0]}-{row[1]}"


def write(identity: str, head: Head) -> None:
    """Remember the head."""
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
    file_for(identity).unlink(missing_ok=True)


def check(connection: psycopg.Connection[Any], head: Head) -> None:
    """Raise `JournalCorrupt` when the journal ends before the remembered head or has another row there."""
    remembered = read(journal_id(connection))
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
