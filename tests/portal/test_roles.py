"""Roles on somebody else's server: made by a superuser, by an administrator of lesser rights, or by printed SQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from portal.lib.database_roles import EXPECTATIONS, ROLES
from portal.lib.role_guard import WrongDatabaseRole, forget_verified, verify_role
from portal.postgres.cluster import Cluster
from portal.postgres.roles import (
    MayNotMakeRoles,
    bypasses_row_security,
    policies_stand_in,
    roles_make,
    roles_sql,
)
from tests.plugins.session import current_world

pytestmark = pytest.mark.xdist_group("cluster")

SECRET_TABLE = """
create table secret (tenant_id bigint, note text);
alter table secret enable row level security;
alter table secret force row level security;
create policy web on secret to aurum_web using (tenant_id = nullif(current_setting('app.tenant', true), '')::bigint);
create policy owner on secret to aurum_owner using (true) with check (true);
grant select on secret to aurum_web, aurum_core;
grant insert on secret to aurum_core;
insert into secret values (1, 'one'), (2, 'two');
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """A server nobody has set up for us."""
    home = current_world().scratch.root / "roles-under-test"
    shutil.rmtree(home, ignore_errors=True)
    cluster = Cluster(home)
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(cluster.home)


@pytest.fixture
def untouched(server: Cluster) -> Iterator[Cluster]:
    """The server without our roles and database."""
    yield server
    with psycopg.connect(server.admin_dsn(), autocommit=True) as admin:
        admin.execute("drop database if exists aurum with (force)")
        for role in (*(EXPECTATIONS[role].user for role in ROLES), "dba", "clerk"):
            if admin.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone():
                admin.execute(f"drop owned by {role} cascade")
                admin.execute(f"drop role {role}")


def _login(server: Cluster, name: str, rights: str) -> str:
    with psycopg.connect(server.admin_dsn(), autocommit=True) as admin:
        admin.execute(f"create role {name} login password 'x' {rights}")
    return server.dsn(user=name, password="x", dbname="postgres")


def _rows(dsn: str) -> int:
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute("select count(*) from secret").fetchone()[0]


def _fill(dsns: dict[str, str]) -> None:
    with psycopg.connect(dsns["owner"], autocommit=True) as owner:
        owner.execute(SECRET_TABLE)


def test_a_superuser_makes_roles_that_are_what_they_say(untouched: Cluster) -> None:
    made = roles_make(admin_dsn=untouched.admin_dsn())
    assert made.core_bypasses is True
    _fill(made.dsns)
    for role in ROLES:
        forget_verified()
        with psycopg.connect(made.dsns[role], autocommit=True) as connection, connection.cursor() as cursor:
            verify_role(cursor, role=role, dsn_key="test")
            assert bypasses_row_security(connection) is EXPECTATIONS[role].bypasses_row_security
    assert {role: _rows(made.dsns[role]) for role in ROLES} == {"owner": 2, "web": 0, "core": 2, "backup": 2}
    assert len(set(made.dsns.values())) == 4


def test_making_them_again_changes_the_passwords_and_keeps_the_data(untouched: Cluster) -> None:
    first = roles_make(admin_dsn=untouched.admin_dsn())
    _fill(first.dsns)
    second = roles_make(admin_dsn=untouched.admin_dsn())
    assert _rows(second.dsns["core"]) == 2
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(first.dsns["core"])


def test_nobody_else_may_enter_the_database(untouched: Cluster) -> None:
    roles_make(admin_dsn=untouched.admin_dsn())
    stranger = make_conninfo(_login(untouched, "clerk", ""), dbname="aurum")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(stranger)


def test_an_administrator_without_bypass_gets_policies_in_its_place(untouched: Cluster) -> None:
    made = roles_make(admin_dsn=_login(untouched, "dba", "createrole createdb"))
    assert made.core_bypasses is False
    _fill(made.dsns)
    forget_verified()
    with psycopg.connect(made.dsns["core"]) as core, core.cursor() as cursor, pytest.raises(WrongDatabaseRole):
        verify_role(cursor, role="core", dsn_key="test")
    assert policies_stand_in(owner_dsn=made.dsns["owner"]) == 2
    assert policies_stand_in(owner_dsn=made.dsns["owner"]) == 0
    assert {role: _rows(made.dsns[role]) for role in ROLES} == {"owner": 2, "web": 0, "core": 2, "backup": 2}
    for role in ROLES:
        forget_verified()
        with psycopg.connect(made.dsns[role]) as connection, connection.cursor() as cursor:
            verify_role(cursor, role=role, dsn_key="test")


def test_a_dsn_without_rights_gets_the_sql_that_works(untouched: Cluster) -> None:
    with pytest.raises(MayNotMakeRoles) as refusal:
        roles_make(admin_dsn=_login(untouched, "clerk", ""))
    server_part, database_part = refusal.value.sql_text.split("\\connect aurum\n")
    with psycopg.connect(untouched.admin_dsn(), autocommit=True) as admin:
        for statement in server_part.strip().split(";\n"):
            admin.execute(statement.rstrip(";"))
    with psycopg.connect(untouched.admin_dsn(dbname="aurum"), autocommit=True) as admin:
        admin.execute(database_part)
    _fill(refusal.value.dsns)
    assert {role: _rows(refusal.value.dsns[role]) for role in ROLES} == {"owner": 2, "web": 0, "core": 2, "backup": 2}


def test_the_printed_sql_names_every_role_once() -> None:
    text = roles_sql(passwords=dict.fromkeys(ROLES, "x"))
    assert [text.count(f"create role {EXPECTATIONS[role].user} ") for role in ROLES] == [1, 1, 1, 1]
    assert text.count(" bypassrls;") == 2
