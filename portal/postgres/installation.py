"""Set-up of this installation's database: embedded or somebody's server, roles, schema, row security.

The administrator's DSN is used here and nowhere else. Everything is idempotent: a second run changes nothing,
keeps the roles' passwords and only adds what a new release needs.
"""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from django.core.management import call_command
from django.db import connections

from portal.lib.database_roles import OWNER, ROLES
from portal.lib.db import dsn
from portal.lib.errors import Failed
from portal.lib.role_guard import forget_verified, verify_role
from portal.postgres.roles import (
    WITHOUT_BYPASS,
    MayNotMakeRoles,
    bypasses_row_security,
    dsns_work,
    dsns_write,
    policies_stand_in,
    roles_make,
)
from portal.postgres.running import running_server
from portal.postgres.server_kind import remember_server_kind, server_kind


@dataclass(frozen=True, slots=True)
class SetUp:
    """What a set-up run found and did; `notes` are for the person at the terminal."""

    server: str
    version: str
    roles_made: bool
    migrations: int
    policies_made: int
    notes: tuple[str, ...]


def database_set_up() -> SetUp:
    """Make or repair roles, database, schema and policies."""
    kind = server_kind()
    notes: list[str] = []
    with running_server() as admin_dsn:
        roles_made = _roles(admin_dsn, kind=kind)
        remember_server_kind(kind)
        migrations = _migrate()
        with psycopg.connect(dsn("core")) as core:
            version = str(core.info.server_version // 10_000)
            bypasses = bypasses_row_security(core)
        policies = 0 if bypasses else policies_stand_in(owner_dsn=dsn(OWNER))
        if not bypasses:
            notes.append(WITHOUT_BYPASS)
        _verify_roles()
    return SetUp(
        server=kind,
        version=version,
        roles_made=roles_made,
        migrations=migrations,
        policies_made=policies,
        notes=tuple(notes),
    )


def _roles(admin_dsn: str | None, *, kind: str) -> bool:
    if dsns_work():
        return False
    if admin_dsn is None:
        raise Failed(
            "the database roles cannot be reached",
            cause=f"set DATABASE_URL to an administrator's DSN of the {kind} server, or correct var/secrets/*.dsn",
        )
    try:
        made = roles_make(admin_dsn=admin_dsn)
    except MayNotMakeRoles as refusal:
        # The DSNs are kept already, so that set-up goes on by itself once somebody has run the SQL.
        dsns_write(refusal.dsns)
        raise
    dsns_write(made.dsns)
    return True


def _migrate() -> int:
    """Bring the schema up to date as the owner and return how many migrations that took."""
    from django.db.migrations.executor import MigrationExecutor

    from portal.settings import database

    # The settings were read before the owner's DSN existed.
    connections["default"].close()
    connections["default"].settings_dict.update(database(OWNER))
    executor = MigrationExecutor(connections["default"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)
    return len(plan)


def _verify_roles() -> None:
    """Ask the server about each role exactly as the processes will."""
    forget_verified()
    for role in ROLES:
        with psycopg.connect(dsn(role)) as connection, connection.cursor() as cursor:
            verify_role(cursor, role=role, dsn_key=f"set-up {role}")
