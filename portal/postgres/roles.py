"""The four database roles: made where we may, printed as SQL where we may not.

Nobody but set-up ever holds the administrator's DSN. The web role owns nothing and sees a tenant's rows only
inside that tenant's scope; `core` and `backup` bypass row policies where the server lets us grant that.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from portal.lib.database_roles import BACKUP, CORE, EXPECTATIONS, OWNER, ROLES, WEB
from portal.lib.db import dsn_file
from portal.lib.paths import private_dir, secrets_dir, write_private

DATABASE: Final = "aurum"
# What happens where a server cannot grant BYPASSRLS: policies stand in, and COPY (refused on such tables) is
# replaced by slower unnest inserts.
WITHOUT_BYPASS: Final = (
    "The server does not let this administrator grant BYPASSRLS. The roles aurum_core and aurum_backup get "
    "row policies that let every row through instead; the projections then write by INSERT … SELECT unnest, "
    "which is slower than COPY."
)

_LIMITS: Final[dict[str, dict[str, str]]] = {
    WEB: {
        "statement_timeout": "30s",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "60s",
    },
    OWNER: {"lock_timeout": "30s"},
    CORE: {},
    BACKUP: {"default_transaction_read_only": "on"},
}


_SCHEMA_RIGHTS: Final = (
    "alter schema public owner to aurum_owner",
    "revoke all on schema public from public",
    "grant usage on schema public to aurum_web, aurum_core, aurum_backup",
    # Functions are executable by everybody unless said otherwise; ours are granted one by one.
    "alter default privileges for role aurum_owner revoke execute on functions from public",
    # A backup reads every table there is and will be; row policies still need BYPASSRLS or a stand-in.
    "alter default privileges for role aurum_owner grant select on tables to aurum_backup",
    "alter default privileges for role aurum_owner grant select on sequences to aurum_backup",
    "grant select on all tables in schema public to aurum_backup",
    "grant select on all sequences in schema public to aurum_backup",
)


@dataclass(frozen=True, slots=True)
class RolesMade:
    """What set-up found or did."""

    dsns: Mapping[str, str]
    core_bypasses: bool


class MayNotMakeRoles(Exception):  # noqa: N818
    """The administrator's DSN has no right to make roles; `sql_text` is what somebody else must run."""

    def __init__(self, *, sql_text: str, dsns: Mapping[str, str]) -> None:
        self.sql_text = sql_text
        self.dsns = dsns
        super().__init__("this DSN may not make roles")


def roles_make(*, admin_dsn: str, database: str = DATABASE) -> RolesMade:
    """Make or repair the roles and the database, give the roles fresh passwords, and return their DSNs."""
    passwords = {role: secrets.token_urlsafe(24) for role in ROLES}
    dsns = {role: _role_dsn(admin_dsn, role=role, password=passwords[role], database=database) for role in ROLES}
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        if not _may_make_roles(admin):
            raise MayNotMakeRoles(sql_text=roles_sql(passwords=passwords, database=database), dsns=dsns)
        for role, password in passwords.items():
            _role_make(admin, role=role, password=password)
        # A tuple, not a generator: the second role is tried even when the first was refused.
        bypasses = all((_grant_bypass(admin, role=CORE), _grant_bypass(admin, role=BACKUP)))
        database_make(admin, name=database)
    with psycopg.connect(make_conninfo(admin_dsn, dbname=database), autocommit=True) as admin:
        database_close(admin, name=database)
    return RolesMade(dsns=dsns, core_bypasses=bypasses)


def database_make(admin: psycopg.Connection[tuple[object, ...]], *, name: str, template: str | None = None) -> bool:
    """Make a database that belongs to the owner role; return False when it exists already."""
    if admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
        return False
    # Without membership a non-superuser cannot give a database to another role.
    if not _is_superuser(admin):
        admin.execute(sql.SQL("grant aurum_owner to {}").format(sql.Identifier(admin.info.user)))
    command = sql.SQL("create database {} owner aurum_owner template {}").format(
        sql.Identifier(name), sql.Identifier(template or "template0")
    )
    if template is None:
        command += sql.SQL(" encoding 'UTF8'")
    admin.execute(command)
    return True


def database_close(admin: psycopg.Connection[tuple[object, ...]], *, name: str) -> None:
    """Take from everybody what PostgreSQL gives to everybody, and hand out the least each role needs."""
    target = sql.Identifier(name)
    for text in (
        "revoke all on database {0} from public",
        "grant connect on database {0} to aurum_owner, aurum_web, aurum_core, aurum_backup",
        "grant create, temporary on database {0} to aurum_owner",
        "grant temporary on database {0} to aurum_core",
    ):
        admin.execute(sql.SQL(text).format(target))
    for text in _SCHEMA_RIGHTS:
        admin.execute(text)


def roles_sql(*, passwords: Mapping[str, str], database: str = DATABASE) -> str:
    """Return the SQL an administrator with the right to make roles has to run."""
    lines = []
    for role in ROLES:
        user = EXPECTATIONS[role].user
        bypass = " bypassrls" if EXPECTATIONS[role].bypasses_row_security else ""
        lines.append(f"create role {user} login password '{passwords[role]}'{bypass};")
        lines += [f"alter role {user} set {name} = '{value}';" for name, value in _LIMITS[role].items()]
    lines += [
        f"create database {database} owner aurum_owner template template0 encoding 'UTF8';",
        f"revoke all on database {database} from public;",
        f"grant connect on database {database} to aurum_owner, aurum_web, aurum_core, aurum_backup;",
        f"grant create, temporary on database {database} to aurum_owner;",
        f"grant temporary on database {database} to aurum_core;",
        f"\\connect {database}",
        *(f"{text};" for text in _SCHEMA_RIGHTS),
    ]
    return "\n".join(lines) + "\n"


def dsns_write(dsns: Mapping[str, str], *, folder: Path | None = None) -> None:
    """Keep the roles' DSNs where only this operating-system user reads them."""
    target = private_dir(folder) if folder else secrets_dir()
    for role, text in dsns.items():
        write_private(target / f"{role}.dsn", text + "\n")


def dsns_work() -> bool:
    """Say whether every role's kept DSN opens a connection, so that set-up need not change passwords."""
    try:
        for role in ROLES:
            with psycopg.connect(dsn_file(role).read_text(encoding="utf-8").strip(), connect_timeout=5):
                pass
    except (OSError, psycopg.OperationalError):
        return False
    return True


def bypasses_row_security(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    """Say whether the connected role bypasses row policies (COPY into such tables needs it)."""
    row = connection.execute("select rolbypassrls or rolsuper from pg_roles where rolname = current_user").fetchone()
    return bool(row and row[0])


def policies_stand_in(*, owner_dsn: str) -> int:
    """Give core and backup a let-through policy on every table with row security; return how many were made.

    Needed only where BYPASSRLS cannot be granted. Runs as the owner after each migration.
    """
    made = 0
    with psycopg.connect(owner_dsn) as owner:
        tables = owner.execute(
            "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relrowsecurity order by 1"
        ).fetchall()
        for (table,) in tables:
            for role in (CORE, BACKUP):
                name = f"{role}_stands_in"
                found = owner.execute(
                    "select 1 from pg_policies where schemaname = 'public' and tablename = %s and policyname = %s",
                    [table, name],
                ).fetchone()
                if found:
                    continue
                owner.execute(
                    sql.SQL("create policy {} on {} for all to {} using (true) with check (true)").format(
                        sql.Identifier(name), sql.Identifier(str(table)), sql.Identifier(f"aurum_{role}")
                    )
                )
                made += 1
    return made


def _role_make(admin: psycopg.Connection[tuple[object, ...]], *, role: str, password: str) -> None:
    user = sql.Identifier(EXPECTATIONS[role].user)
    if not admin.execute("select 1 from pg_roles where rolname = %s", [EXPECTATIONS[role].user]).fetchone():
        admin.execute(sql.SQL("create role {} login").format(user))
    admin.execute(
        sql.SQL("alter role {} login nocreatedb nocreaterole password {}").format(user, sql.Literal(password))
    )
    for name, value in _LIMITS[role].items():
        admin.execute(sql.SQL("alter role {} set {} = {}").format(user, sql.Identifier(name), sql.Literal(value)))


def _grant_bypass(admin: psycopg.Connection[tuple[object, ...]], *, role: str) -> bool:
    try:
        admin.execute(sql.SQL("alter role {} bypassrls").format(sql.Identifier(EXPECTATIONS[role].user)))
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def _may_make_roles(admin: psycopg.Connection[tuple[object, ...]]) -> bool:
    row = admin.execute("select rolsuper or rolcreaterole from pg_roles where rolname = current_user").fetchone()
    return bool(row and row[0])


def _is_superuser(admin: psycopg.Connection[tuple[object, ...]]) -> bool:
    row = admin.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
    return bool(row and row[0])


def _role_dsn(admin_dsn: str, *, role: str, password: str, database: str) -> str:
    parts = {key: str(value) for key, value in conninfo_to_dict(admin_dsn).items() if value is not None}
    return make_conninfo(**parts | {"user": EXPECTATIONS[role].user, "password": password, "dbname": database})
