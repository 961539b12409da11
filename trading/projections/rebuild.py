"""Builds the projection from the journal once more and compares it row for row with what stands (J5).

The second copy is made in temporary tables of the same names: they come first in a connection's search path, so the
projection's own code writes into them unchanged. Everything happens in one REPEATABLE READ transaction as the owner,
at the number where the projection stood when it began; followers may go on meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import psycopg
from psycopg import sql

from trading.core.followers import Batch
from trading.core.reader import JournalReader
from trading.models.event_body import decode
from trading.projections.fold import Fold
from trading.projections.writer import Writer

Cursor = psycopg.Cursor[Any]

# In the order in which rows may be put back: what others refer to comes first.
TABLES: Final = (
    "trading_instrument",
    "trading_day",
    "trading_kill_switch",
    "trading_contract_rules",
    "trading_limit_ladder",
    "trading_rates",
    "trading_tenant_rules",
    "trading_parameter_exchange",
    "trading_parameter_tenant",
    "trading_parameter_client",
    "trading_account",
    "trading_balance",
    "trading_position",
    "trading_expired_lots",
    "trading_account_day",
    "trading_order",
    "trading_fill",
    "trading_posting",
    "trading_account_event",
    "trading_liquidation",
    "trading_liquidation_step",
    "trading_confirmation",
    "trading_correction",
)
_EVENTS: Final = "trading_account_event"
_ACCOUNTS: Final = "trading_account"
# What of an account's row the counter says; the rest is the paper, which the journal does not know.
_ENGINE_COLUMNS: Final = (
    "group_id",
    "state",
    "status",
    "status_reason",
    "max_order_qty",
    "max_position_qty",
    "max_working_orders",
    "max_orders_per_second",
    "self_trade",
    "hedge",
    "natural",
    "opened_at_ns",
    "seq",
)
_RANGE_COMMANDS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows of one table that are not the same."""

    table: str
    missing: int  # in the journal's copy, not in the table
    surplus: int  # in the table, not in the journal's copy
    example: str


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What was built and what differed."""

    seq: int
    rows: dict[str, int]
    differences: list[Difference]


class JournalShort(Exception):  # noqa: N818
    """The journal ends before the number the tables stand at."""


def rebuild(owner: psycopg.Connection[Any], *, replace: bool = False) -> Rebuilt:
    """Build, compare, and put the copy in place of what stands when `replace` is set and something differs."""
    owner.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with owner.transaction(), owner.cursor() as cursor:
        seq = _position(cursor, locked=replace)
        _make_copies(cursor)
        _build(cursor, through=seq)
        differences = [found for table in TABLES if (found := _compare(cursor, table))]
        if replace and differences:
            _replace(cursor)
        rows = {table: _count(cursor, table) for table in TABLES}
    return Rebuilt(seq, rows, differences)


def _position(cursor: Cursor, *, locked: bool) -> int:
    lock = " FOR UPDATE" if locked else ""
    cursor.execute(f"SELECT seq FROM public.trading_follower_position WHERE name = 'projection'{lock}")  # noqa: S608
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _make_copies(cursor: Cursor) -> None:
    copy = sql.SQL("CREATE TEMP TABLE {0} (LIKE public.{0} INCLUDING ALL) ON COMMIT DROP")
    for table in TABLES:
        cursor.execute(copy.format(sql.Identifier(table)))
    # The papers stay; the counter's columns start as they do on a new row.
    paper = sql.SQL("id, tenant_id, client_id, name, asked_at")
    cursor.execute(
        sql.SQL("INSERT INTO pg_temp.{0} ({1}) SELECT {1} FROM public.{0}").format(sql.Identifier(_ACCOUNTS), paper)
    )


def _build(cursor: Cursor, *, through: int) -> None:
    writer = Writer(cursor)
    fold = Fold(trading_day=0)
    count = 0
    for batch in batches_through(through):
        for record in batch.records:
            fold.add(record)
            count += 1
            if fold.day_ended or count >= _RANGE_COMMANDS:
                writer.write(fold, cursor)
                fold, count = Fold(trading_day=fold.trading_day), 0
    writer.write(fold, cursor)


def batches_through(through: int) -> Iterator[Batch]:
    """Yield the journal's batches from its beginning through a number; raises `JournalShort` when it ends before."""
    reader = JournalReader(0, name="rebuild")
    try:
        while reader.seq < through:
            batches = reader.read(max_commands=_RANGE_COMMANDS, wait_s=2.0)
            if not batches:
                raise JournalShort(f"the tables stand at {through}, the journal ends at {reader.seq}")
            yield from (batch for batch in batches if batch.last_seq <= through)
    finally:
        reader.close()


def _columns(table: str) -> sql.Composable:
    if table != _ACCOUNTS:
        return sql.SQL("*")
    return sql.SQL(", ").join(map(sql.Identifier, ("id", "tenant_id", *_ENGINE_COLUMNS)))


def _compare(cursor: Cursor, table: str) -> Difference | None:
    if table == _EVENTS:
        return _compare_events(cursor)
    parts = {"table": sql.Identifier(table), "columns": _columns(table)}
    question = sql.SQL(
        "SELECT count(*), min(x::text) FROM (SELECT {columns} FROM {one}.{table} EXCEPT ALL"
        " SELECT {columns} FROM {other}.{table}) x"
    )
    built, stands = sql.SQL("pg_temp"), sql.SQL("public")
    missing = cursor.execute(question.format(one=built, other=stands, **parts)).fetchone()
    surplus = cursor.execute(question.format(one=stands, other=built, **parts)).fetchone()
    if missing is None or surplus is None or not missing[0] + surplus[0]:
        return None
    return Difference(table, int(missing[0]), int(surplus[0]), str(missing[1] or surplus[1])[:300])


def _compare_events(cursor: Cursor) -> Difference | None:
    """Events are compared one by one, account by account: where their rows are cut is chance."""
    built, stands = _events_of(cursor, schema="pg_temp"), _events_of(cursor, schema="public")
    missing = surplus = 0
    example = ""
    for account in sorted(built.keys() | stands.keys()):
        wanted, found = built.get(account, (0, b"")), stands.get(account, (0, b""))
        if wanted != found:
            missing += max(wanted[0] - found[0], 0)
            surplus += max(found[0] - wanted[0], 0)
            if wanted[0] == found[0]:  # as many, but others
                missing, surplus = missing + 1, surplus + 1
            example = example or f"account {account[1]}: {found[0]} events stand, the journal says {wanted[0]}"
    return Difference(_EVENTS, missing, surplus, example) if example else None


def _events_of(cursor: Cursor, *, schema: str) -> dict[tuple[int, int], tuple[int, bytes]]:
    """Return (count, hash) of each account's events; a row that contradicts itself is in the hash too."""
    counts: dict[tuple[int, int], int] = {}
    hashes: dict[tuple[int, int], Any] = {}
    question = sql.SQL(
        "SELECT tenant_id, account_id, account_seq, count, journal_seq, body FROM {}.{} ORDER BY 1, 2, 3"
    ).format(sql.Identifier(schema), sql.Identifier(_EVENTS))
    with cursor.connection.cursor(name=f"events_{schema}") as rows:
        for tenant_id, account_id, account_seq, count, journal_seq, body in rows.execute(question):
            key = (tenant_id, account_id)
            counts[key] = counts.get(key, 0) + count
            digest = hashes.setdefault(key, hashlib.sha256())
            digest.update(body)
            if counts[key] != account_seq or _last_journal_seq(body, count) != journal_seq:
                digest.update(b"the row's own numbers are wrong")
    return {key: (counts[key], hashes[key].digest()) for key in counts}


def _last_journal_seq(body: bytes, count: int) -> int:
    try:
        return decode(body, count=count)[-1][0]
    except msgspec.MsgspecError:
        return -1


def _replace(cursor: Cursor) -> None:
    """Put the copy in place. The triggers that forbid it are lifted for this transaction by the tables' owner."""
    for table in reversed(TABLES):
        if table != _ACCOUNTS:
            name = sql.Identifier(table)
            cursor.execute(sql.SQL("ALTER TABLE public.{} DISABLE TRIGGER USER").format(name))
            cursor.execute(sql.SQL("DELETE FROM public.{}").format(name))
    for table in TABLES:
        name = sql.Identifier(table)
        if table == _ACCOUNTS:
            change = sql.SQL("{0} = c.{0}")
            changes = sql.SQL(", ").join(change.format(sql.Identifier(each)) for each in _ENGINE_COLUMNS)
            cursor.execute(
                sql.SQL("UPDATE public.{0} a SET {1} FROM pg_temp.{0} c WHERE c.id = a.id").format(name, changes)
            )
            continue
        cursor.execute(sql.SQL("INSERT INTO public.{0} SELECT * FROM pg_temp.{0}").format(name))
        cursor.execute(sql.SQL("ALTER TABLE public.{} ENABLE TRIGGER USER").format(name))


def _count(cursor: Cursor, table: str) -> int:
    what = "coalesce(sum(count), 0)" if table == _EVENTS else "count(*)"
    question = sql.SQL("SELECT {} FROM pg_temp.{}").format(sql.SQL(what), sql.Identifier(table))
    row = cursor.execute(question).fetchone()
    return int(row[0]) if row else 0
