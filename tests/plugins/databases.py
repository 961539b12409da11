"""Database fixtures: no creation (the clone exists), a sweep instead of a flush, connections as each role."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.plugins.session import current_world

_RESTART = """
    select setval(s.seqrelid::regclass, s.seqstart, false)
      from pg_sequence s
      join pg_depend d on d.objid = s.seqrelid and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
     where d.refclassid = 'pg_class'::regclass and d.refobjid = any(%s::text[]::regclass[])
"""
# Rows that migrations and Django put there; a sweep must leave them alone.
_KEPT = ("django_migrations", "django_content_type", "auth_permission")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: object) -> Iterator[None]:
    """The worker's clone exists already; before the session ends nobody may still be connected to it."""
    from django.test.testcases import TransactionTestCase

    original = TransactionTestCase._fixture_teardown
    TransactionTestCase._fixture_teardown = lambda self: sweep()
    yield
    TransactionTestCase._fixture_teardown = original
    _terminate_other_backends()


@pytest.fixture
def db_admin() -> Iterator[psycopg.Connection]:
    """A superuser's connection to the worker's database: for looking behind every policy, never for code under test."""
    database = current_world().database
    with psycopg.connect(current_world().scratch.cluster.admin_dsn(dbname=database.name), autocommit=True) as admin:
        yield admin


@pytest.fixture
def db_owner() -> Iterator[psycopg.Connection]:
    """The owner role's plain connection (autocommit)."""
    with psycopg.connect(current_world().database.dsns["owner"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def db_core() -> Iterator[psycopg.Connection]:
    """The core role's plain connection (autocommit)."""
    with psycopg.connect(current_world().database.dsns["core"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def db_web() -> Iterator[psycopg.Connection]:
    """The web role's plain connection (autocommit)."""
    with psycopg.connect(current_world().database.dsns["web"], autocommit=True) as connection:
        yield connection


@pytest.fixture
def committed(transactional_db: None) -> None:
    """Real transactions: what a test commits is swept away after it."""


def sweep() -> None:
    """Empty every table that holds rows, except those migrations filled, which get their rows back."""
    admin_dsn = current_world().scratch.cluster.admin_dsn(dbname=current_world().database.name)
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        seeds = _seeds(admin)
        tables = [name for name in _tables(admin) if name not in _KEPT]
        if not tables:
            return
        question = sql.SQL(" union all ").join(
            sql.SQL("select {} where exists (select 1 from {})").format(sql.Literal(name), sql.Identifier(name))
            for name in tables
        )
        filled = [row[0] for row in admin.execute(question).fetchall()]
        if not filled:
            return
        with admin.transaction():
            admin.execute("set local lock_timeout = '10s'")
            admin.execute("set local session_replication_role = replica")
            # A few rows are gone sooner than the files of a table are made anew.
            admin.execute(sql.SQL("; ").join(sql.SQL("delete from {}").format(sql.Identifier(name)) for name in filled))
            admin.execute(_RESTART, [filled])
            for name in seeds:
                admin.execute(
                    sql.SQL(
                        "insert into {0} overriding system value select * from seeds.{0} on conflict do nothing"
                    ).format(sql.Identifier(name))
                )
                _advance_sequence(admin, name)


def _advance_sequence(admin: psycopg.Connection, table: str) -> None:
    """Continue numbering behind the seeds, which came back with their own numbers."""
    row = admin.execute(
        "select 1 from information_schema.columns where table_schema = 'public' and table_name = %s"
        " and column_name = 'id' and is_identity = 'YES'",
        [table],
    ).fetchone()
    if row:
        admin.execute(
            sql.SQL("select setval(pg_get_serial_sequence({0}, 'id'), max(id)) from {1}").format(
                sql.Literal(table), sql.Identifier(table)
            )
        )


def _tables(admin: psycopg.Connection) -> list[str]:
    rows = admin.execute("select tablename from pg_tables where schemaname = 'public' order by 1").fetchall()
    return [row[0] for row in rows]


def _seeds(admin: psycopg.Connection) -> list[str]:
    """Return the tables migrations filled; their rows are copied aside the first time."""
    if admin.execute("select 1 from pg_namespace where nspname = 'seeds'").fetchone():
        return [
            row[0] for row in admin.execute("select tablename from pg_tables where schemaname = 'seeds'").fetchall()
        ]
    raise RuntimeError("the seeds of this database were not copied")


def copy_rows(admin: psycopg.Connection, *, schema: str) -> list[str]:
    """Copy every table that holds rows of ours into a new schema; return their names."""
    admin.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
    copied = []
    for name in _tables(admin):
        if name in _KEPT:
            continue
        source, copy = sql.Identifier("public", name), sql.Identifier(schema, name)
        if admin.execute(sql.SQL("select 1 from {} limit 1").format(source)).fetchone():
            admin.execute(sql.SQL("create table {} as table {}").format(copy, source))
            copied.append(name)
    return copied


def copy_seeds() -> None:
    """Copy what migrations wrote aside, right after cloning, before any test wrote anything."""
    admin_dsn = current_world().scratch.cluster.admin_dsn(dbname=current_world().database.name)
    with psycopg.connect(admin_dsn, autocommit=True) as admin, admin.transaction():
        copy_rows(admin, schema="seeds")


@pytest.fixture(scope="session", autouse=True)
def _seeds_copied() -> None:
    copy_seeds()


def _terminate_other_backends() -> None:
    from django.db import connections

    from portal.lib.listen import listener

    listener.stop()
    connections.close_all()
    with psycopg.connect(current_world().scratch.cluster.admin_dsn(), autocommit=True) as admin:
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()",
            [current_world().database.name],
        )
