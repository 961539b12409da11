"""The third wall alone: plain SQL under the web role, as tenant A, on every table."""

from __future__ import annotations

import json
from collections.abc import Iterator

import psycopg
from psycopg import sql

from accounts.tenancy import catalogue
from accounts.tenancy.checks import table_breaches
from accounts.tenancy.third_party import TABLES
from tests.crossing.factories import UNIQUE_WITHOUT_TENANT
from tests.crossing.rows import foreign_keys, tenant_tables
from tests.crossing.world import World

_UNIQUE = """
SELECT c.relname, i.indisprimary,
       (SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum = ANY (i.indkey))
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND i.indisunique ORDER BY 1
"""
_READABLE = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND has_table_privilege('aurum_web', c.oid, 'SELECT') ORDER BY 1
"""


def catalogue_breaches(admin: psycopg.Connection) -> list[str]:
    """Return what the catalogue says against the walls: policies, keys, views, functions, unknown tables."""
    tables = set(tenant_tables(admin))
    found = table_breaches(using="owner")
    found += list(_unique_breaches(admin, tables))
    for table in sorted(tables):
        found += list(_key_breaches(admin, table, tables))
    known = (
        tables
        | set(TABLES)
        | {
            model._meta.db_table
            for model in catalogue.our_models()
            if getattr(model, "aurum_scope", "") == "global"
            or model._meta.label == "accounts.Tenant"
            or not model._meta.managed  # a view of ours; `view_breaches` looks through each
        }
    )
    found += [
        f"the web role may read {name}, which no model declares"
        for (name,) in admin.execute(_READABLE).fetchall()
        if name not in known
    ]
    return found


def _unique_breaches(admin: psycopg.Connection, tables: set[str]) -> Iterator[str]:
    """A unique key without the tenant tells one tenant that another one's value exists."""
    for table, primary, names in admin.execute(_UNIQUE).fetchall():
        columns = set(names)
        if table not in tables or "tenant_id" in columns or (primary and columns == {"id"}):
            continue
        # A column that can only point to the own tenant's rows carries the tenant by itself.
        guarded = {key.here[-1] for key in foreign_keys(admin, table) if "tenant_id" in key.here}
        allowed = {table, f"{table}:{','.join(sorted(columns))}"} & set(UNIQUE_WITHOUT_TENANT)
        if not columns & guarded and not allowed:
            yield f"the unique key {sorted(columns)} of {table} does not hold the tenant"


def _key_breaches(admin: psycopg.Connection, table: str, tables: set[str]) -> Iterator[str]:
    """PostgreSQL checks foreign keys past the row policies: only a key with the tenant in it keeps them apart."""
    keys = foreign_keys(admin, table)
    guarded = {key.here[-1] for key in keys if "tenant_id" in key.here and "tenant_id" in key.there}
    for key in keys:
        if key.table in tables and "tenant_id" not in key.here and not set(key.here) <= guarded:
            yield f"the foreign key {key.here} of {table} may point into another tenant"


def web_connection() -> psycopg.Connection:
    """Open a plain connection under the web role."""
    from tests.plugins.session import current_world

    database = current_world().database
    assert database is not None
    return psycopg.connect(database.dsns["web"])


def sql_breaches(world: World, table: str) -> list[str]:
    """Try to read and write B's rows of one table with SQL."""
    with web_connection() as web:
        return [*_without_context(web, table), *_as_a(web, world, table), *_writes(web, world, table)]


def views() -> list[str]:
    """Return the views that our models read."""
    return sorted(model._meta.db_table for model in catalogue.our_models() if not model._meta.managed)


def view_breaches(world: World, view: str) -> list[str]:
    """Try to read B's rows through a view, and to write through it at all."""
    with web_connection() as web:
        found = [*_without_context(web, view), *_as_a(web, world, view, copies=False)]
        _scope(web, world.a.tenant_id)
        change = sql.SQL("UPDATE {0} SET tenant_id = tenant_id").format(sql.Identifier(view))
        if _count(web, change) is not None:
            found.append(f"the web role may write through {view}")
        return found


def _count(web: psycopg.Connection, statement: sql.Composed, values: list[object] | None = None) -> int | None:
    """Return a count or number of changed rows; None when the role has no such right at all."""
    try:
        cursor = web.execute(statement, values)
        counted = cursor.fetchone()[0] if cursor.description else cursor.rowcount  # type: ignore[index]
    except psycopg.errors.InsufficientPrivilege:
        return None
    finally:
        web.rollback()
    return int(counted)


def _scope(web: psycopg.Connection, tenant_id: int, accounts: str = "") -> None:
    web.execute(
        "SELECT set_config('app.tenant', %s, true), set_config('app.accounts', %s, true)", [str(tenant_id), accounts]
    )


def _without_context(web: psycopg.Connection, table: str) -> Iterator[str]:
    if _count(web, sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))):
        yield f"{table} shows rows without any context"


def _as_a(web: psycopg.Connection, world: World, table: str, *, copies: bool = True) -> Iterator[str]:
    name = sql.Identifier(table)
    _scope(web, world.a.tenant_id)
    everything = sql.SQL("SELECT count(*) FROM {} WHERE tenant_id <> {}").format(name, sql.Literal(world.a.tenant_id))
    foreign = _count(web, everything)
    if foreign:
        yield f"{table} shows {foreign} rows of other tenants"
    _scope(web, world.a.tenant_id)
    own = _count(web, sql.SQL("SELECT count(*) FROM {}").format(name))
    if own == 0:
        yield f"{table} shows tenant A none of its own rows: the test would prove nothing"
    if own is not None and table in _account_tables():
        _scope(web, world.a.tenant_id, "{}")
        if _count(web, sql.SQL("SELECT count(*) FROM {}").format(name)):
            yield f"{table} shows rows to a person bound to no account at all"
    if own is not None and copies:  # views cannot be copied out of
        yield from _copied(web, world, table)


def _account_tables() -> set[str]:
    return {m._meta.db_table for m in catalogue.our_models() if getattr(m, "aurum_scope", "") == "account"}


def _copied(web: psycopg.Connection, world: World, table: str) -> Iterator[str]:
    _scope(web, world.a.tenant_id)
    with web.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        text = b"".join(bytes(part) for part in copy).decode()
    web.rollback()
    if "CNRY-B" in text:
        yield f"COPY of {table} gives B's rows to A"


def _writes(web: psycopg.Connection, world: World, table: str) -> Iterator[str]:
    name, b = sql.Identifier(table), sql.Literal(world.b.tenant_id)
    attempts = {
        "update": sql.SQL("UPDATE {} SET tenant_id = tenant_id WHERE tenant_id = {}").format(name, b),
        "delete": sql.SQL("DELETE FROM {} WHERE tenant_id = {}").format(name, b),
    }
    for what, statement in attempts.items():
        _scope(web, world.a.tenant_id)
        if _count(web, statement):
            yield f"{what} reaches B's rows of {table}"
    give = sql.SQL("UPDATE {} SET tenant_id = {} WHERE tenant_id = {}").format(name, b, sql.Literal(world.a.tenant_id))
    yield from _must_fail(web, world, give, what=f"giving A's rows of {table} to B")
    row = world.admin.execute(
        sql.SQL("SELECT row_to_json(t)::text FROM {} t WHERE tenant_id = {} LIMIT 1").format(name, b)
    ).fetchone()
    assert row is not None, table
    copied = json.loads(row[0])
    for tail in ("", " ON CONFLICT DO NOTHING"):
        insert = sql.SQL(
            "INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_record(NULL::{}, {})" + tail
        ).format(name, name, sql.Literal(json.dumps(copied)))
        yield from _must_fail(web, world, insert, what=f"inserting into {table} for B{tail.lower()}")


def _must_fail(web: psycopg.Connection, world: World, statement: sql.Composed, *, what: str) -> Iterator[str]:
    """Only a missing right or a row policy may stop it: any other error could be luck."""
    _scope(web, world.a.tenant_id)
    try:
        changed = web.execute(statement).rowcount
        yield f"{what} was possible ({changed} rows)"
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation):
        pass
    except psycopg.Error as other:
        yield f"{what} was only stopped by {type(other).__name__}: {other}"
    finally:
        web.rollback()
