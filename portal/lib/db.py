"""DSNs of the database roles and plain psycopg connections for processes that do not go through the ORM."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import django.db
import psycopg

from portal.lib.errors import Failed
from portal.lib.paths import var_dir
from portal.lib.role_guard import verify_role

# The server ended the connection of a transaction that stood still too long; psycopg files both under internal errors.
_TIMED_OUT: Final = frozenset({"25P03", "25P04"})


def database_lost(raised: BaseException) -> bool:
    """Say whether an error means that the database or the connection to it is gone, rather than a mistake of ours."""
    if isinstance(raised, django.db.OperationalError | django.db.InterfaceError):
        return True
    return isinstance(raised, django.db.InternalError) and getattr(raised.__cause__, "sqlstate", None) in _TIMED_OUT


def dsn_file(role: str) -> Path:
    """Return where the DSN of a role is kept (0600)."""
    return var_dir() / "secrets" / f"{role}.dsn"


def dsn(role: str) -> str:
    """Return the DSN of a role: `AURUM_DSN_<ROLE>`, or its file under `var/secrets`."""
    configured = os.environ.get(f"AURUM_DSN_{role.upper()}")
    if configured:
        return configured
    try:
        return dsn_file(role).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise Failed(
            f"no DSN for the database role {role}",
            cause=f"{dsn_file(role)} does not exist; run `make setup` and `manage.py setup_database`",
        ) from None


def raw_connection(
    role: str,
    *,
    autocommit: bool = True,
    application_name: str | None = None,
    connect_timeout_s: int = 5,
) -> psycopg.Connection[tuple[object, ...]]:
    """Open a psycopg connection under a role; the caller closes it. A role that is not what it says stops us."""
    target = dsn(role)
    connection = psycopg.connect(
        target,
        autocommit=autocommit,
        application_name=application_name or f"aurum-{role}",
        connect_timeout=connect_timeout_s,
    )
    try:
        with connection.cursor() as cursor:
            verify_role(cursor, role=role, dsn_key=target)
        if not autocommit:
            connection.rollback()
    except BaseException:
        connection.close()
        raise
    return connection
