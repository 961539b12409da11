"""Ticks, bars, the day's figures and terms, made from the journal once more and compared row for row with what stands.

Like `trading.projections.rebuild`: temporary tables of the same names take the follower's writes, everything in one
REPEATABLE READ transaction as the owner, at the number where the market data stood when it began. Bars of a made past
and the minute's depth are no part of it: the journal does not know them.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg import sql

from trading.core.followers import Batch
from trading.marketdata.bars import LIVE
from trading.marketdata.follower import MarketDataFollower
from trading.projections.rebuild import Difference, Rebuilt, batches_through

Cursor = psycopg.Cursor[Any]

TABLES: Final = ("trading_tick", "trading_bar", "trading_market_day", "trading_contract_day")
_BARS: Final = "trading_bar"
_RANGE_BATCHES: Final = 200


def rebuild(owner: psycopg.Connection[Any], *, replace: bool = False) -> Rebuilt:
    """Build, compare, and put the copy in place of what stands when `replace` is set and something differs."""
    owner.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    with owner.transaction(), owner.cursor() as cursor:
        seq = _position(cursor, locked=replace)
        copy = sql.SQL("CREATE TEMP TABLE {0} (LIKE public.{0} INCLUDING ALL) ON COMMIT DROP")
        for table in TABLES:
            cursor.execute(copy.format(sql.Identifier(table)))
        _build(cursor, through=seq)
        differences = [found for table in TABLES if (found := _compare(cursor, table))]
        if replace and differences:
            _replace(cursor)
        rows = {table: _count(cursor, table) for table in TABLES}
    return Rebuilt(seq, rows, differences)


def _position(cursor: Cursor, *, locked: bool) -> int:
    lock = " FOR UPDATE" if locked else ""
    cursor.execute(
        f"SELECT seq FROM public.trading_follower_position WHERE name = %s{lock}",  # noqa: S608
        [MarketDataFollower.name],
    )
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _build(cursor: Cursor, *, through: int) -> None:
    follower = MarketDataFollower(with_depth=False)
    follower.prepare(cursor)
    gathered: list[Batch] = []
    for batch in batches_through(through):
        gathered.append(batch)
        if len(gathered) >= _RANGE_BATCHES:
            follower.handle(gathered, cursor)
            gathered = []
    follower.handle(gathered, cursor)


def _lasting(table: str) -> sql.Composable:
    """The rows of a table that the journal tells of."""
    return sql.SQL("source = {}").format(sql.Literal(LIVE)) if table == _BARS else sql.SQL("true")


def _compare(cursor: Cursor, table: str) -> Difference | None:
    parts = {"table": sql.Identifier(table), "lasting": _lasting(table)}
    question = sql.SQL(
        "SELECT count(*), min(x::text) FROM (SELECT * FROM {one}.{table} WHERE {lasting} EXCEPT ALL"
        " SELECT * FROM {other}.{table} WHERE {lasting}) x"
    )
    built, stands = sql.SQL("pg_temp"), sql.SQL("public")
    missing = cursor.execute(question.format(one=built, other=stands, **parts)).fetchone()
    surplus = cursor.execute(question.format(one=stands, other=built, **parts)).fetchone()
    if missing is None or surplus is None or not missing[0] + surplus[0]:
        return None
    return Difference(table, int(missing[0]), int(surplus[0]), str(missing[1] or surplus[1])[:300])


def _replace(cursor: Cursor) -> None:
    """Put the copy in place. The trigger that forbids it is lifted for this transaction by the tables' owner."""
    for table in TABLES:
        parts = {"table": sql.Identifier(table), "lasting": _lasting(table)}
        cursor.execute(sql.SQL("ALTER TABLE public.{table} DISABLE TRIGGER USER").format(**parts))
        cursor.execute(sql.SQL("DELETE FROM public.{table} WHERE {lasting}").format(**parts))
        if table == _BARS:
            # A made bar under one that was traded gives way, as it does when the follower writes.
            cursor.execute(
                "DELETE FROM public.trading_bar p USING pg_temp.trading_bar c WHERE p.instrument_id = c.instrument_id"
                " AND p.period_s = c.period_s AND p.start_s = c.start_s"
            )
        cursor.execute(sql.SQL("INSERT INTO public.{table} SELECT * FROM pg_temp.{table}").format(**parts))
        cursor.execute(sql.SQL("ALTER TABLE public.{table} ENABLE TRIGGER USER").format(**parts))


def _count(cursor: Cursor, table: str) -> int:
    row = cursor.execute(sql.SQL("SELECT count(*) FROM pg_temp.{}").format(sql.Identifier(table))).fetchone()
    return int(row[0]) if row else 0
