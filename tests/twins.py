"""The twins of `world.pair_make`: made once by each worker, put back for each test.

Making them through the services takes longer than most of the tests that need them, so the rows they left are kept
aside. Row numbers start again after each sweep: they are the same rows every time.
"""

from __future__ import annotations

from copy import deepcopy

import psycopg
from psycopg import sql

from accounts.auth import identify
from tests.plugins.databases import copy_rows
from tests.plugins.session import current_world
from tests.world import Pair, pair_make

_SEQUENCES = "select schemaname, sequencename, last_value from pg_sequences where last_value is not null"
_kept: Pair | None = None
_putting_back: sql.Composable = sql.SQL("")


def twins() -> Pair:
    """Return both tenants in a database that holds nothing but what migrations wrote."""
    global _kept, _putting_back
    with psycopg.connect(current_world().scratch.cluster.admin_dsn(dbname=current_world().database.name)) as admin:
        if _kept is None:
            pair = pair_make()
            _putting_back = _keep(admin)
            _kept = deepcopy(pair)
            return pair
        identify._noted.clear()
        admin.execute("set local session_replication_role = replica")
        admin.execute(_putting_back)
        return deepcopy(_kept)


def _keep(admin: psycopg.Connection) -> sql.Composable:
    """Copy the rows aside; return the statements that bring them and the numbering back."""
    statements: list[sql.Composable] = [
        sql.SQL("insert into {0} overriding system value select * from twins.{0} on conflict do nothing").format(
            sql.Identifier(name)
        )
        for name in copy_rows(admin, schema="twins")
    ]
    statements += [
        sql.SQL("select setval({}, {})").format(
            sql.Literal(sql.Identifier(schema, name).as_string(admin)), sql.Literal(last)
        )
        for schema, name, last in admin.execute(_SEQUENCES).fetchall()
    ]
    return sql.SQL("; ").join(statements)
