"""The code under test runs under the web role, and every process refuses any other role than its own."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from portal.lib.role_guard import WrongDatabaseRole, forget_verified, verify_role


@pytest.mark.django_db
def test_connects_as_the_web_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select current_user::text, rolsuper, rolbypassrls from pg_roles where rolname = current_user")
        assert cursor.fetchone() == ("aurum_web", False, False)


@pytest.mark.parametrize("role", ["web", "core", "backup"])
def test_refuses_the_owner_in_the_place_of(role: str, db_owner: psycopg.Connection) -> None:
    forget_verified()
    with db_owner.cursor() as cursor, pytest.raises(WrongDatabaseRole) as refusal:
        verify_role(cursor, role=role, dsn_key="test")
    assert f"connected as aurum_owner, expected aurum_{role}" in str(refusal.value)
    assert "aurum_owner owns tables" in str(refusal.value)


def test_refuses_a_superuser(db_admin: psycopg.Connection) -> None:
    forget_verified()
    with db_admin.cursor() as cursor, pytest.raises(WrongDatabaseRole, match="postgres is a superuser"):
        verify_role(cursor, role="web", dsn_key="test")


def test_accepts_each_role_in_its_own_place(
    db_owner: psycopg.Connection, db_core: psycopg.Connection, db_web: psycopg.Connection
) -> None:
    for role, connected in (("owner", db_owner), ("core", db_core), ("web", db_web)):
        forget_verified()
        with connected.cursor() as cursor:
            verify_role(cursor, role=role, dsn_key="test")


def test_web_role_can_neither_create_nor_make_temporary_tables(db_web: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db_web.execute("create table leak (id int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        db_web.execute("create temporary table leak (id int)")


@pytest.mark.django_db(transaction=True)
def test_committed_rows_are_there_for_others(db_owner: psycopg.Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into portal_cache values ('swept', 'x', now())")
    assert db_owner.execute("select count(*) from portal_cache where cache_key = 'swept'").fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_committed_rows_are_swept_before_the_next_test(db_owner: psycopg.Connection) -> None:
    assert db_owner.execute("select count(*) from portal_cache where cache_key = 'swept'").fetchone() == (0,)
