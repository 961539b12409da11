"""Backups: one consistent dump by the backup role, restored into a database made anew.

The dump holds schema, rows, policies and grants; roles live outside a database and are made by set-up. A backup is
written beside its final name and renamed when it is complete, so that a file that is there is a whole one.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from portal.lib.database_roles import BACKUP, OWNER
from portal.lib.db import dsn
from portal.lib.errors import Failed
from portal.lib.paths import private_dir, var_dir
from portal.postgres import binaries
from portal.postgres.roles import database_close, database_make

SUFFIX: Final = ".dump"
# Gzip at its fastest: the journal's rows are already packed, and a backup competes with trading for the processor.
_COMPRESSION: Final = "gzip:1"


def backups_dir() -> Path:
    """Return the folder of backups (0700)."""
    return private_dir(var_dir() / "backups")


def newest_backup() -> Path:
    """Return the newest backup, or explain how to make one."""
    found = sorted(backups_dir().glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise Failed("there is no backup", cause=f"none in {backups_dir()}; make one with `make backup`")
    return found[-1]


def backup_make(target: Path | None = None) -> Path:
    """Dump the database as the backup role and return the file."""
    file = target or backups_dir() / f"aurum-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}{SUFFIX}"
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    command = [
        *_program("pg_dump", dsn(BACKUP)),
        "--format=custom",
        f"--compress={_COMPRESSION}",
        # Row security must not thin a backup out in silence: without BYPASSRLS pg_dump reads through policies.
        *(() if _backup_bypasses() else ("--enable-row-security",)),
        f"--file={part}",
    ]
    previous = os.umask(0o077)
    try:
        _run(command, dsn(BACKUP), what="pg_dump")
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        part.replace(file)
    finally:
        os.umask(previous)
        part.unlink(missing_ok=True)
    return file


def backup_restore(file: Path, *, admin_dsn: str) -> str:
    """Restore a dump into a new database and swap it in; the old one is kept under another name, which is returned.

    Nothing is swapped before the dump has been read completely.
    """
    parts = conninfo_to_dict(dsn(OWNER))
    live = str(parts["dbname"])
    stamp = time.strftime("%Y%m%d_%H%M%S", time.gmtime())
    fresh, old = f"{live}_restoring", f"{live}_before_{stamp}"
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(fresh)))
        database_make(admin, name=fresh)
    with psycopg.connect(admin_dsn, autocommit=True, dbname=fresh) as admin:
        database_close(admin, name=fresh)
    owner = psycopg.conninfo.make_conninfo(dsn(OWNER), dbname=fresh)
    _run(
        [*_program("pg_restore", owner), "--exit-on-error", "--single-transaction", "--no-owner", str(file)],
        owner,
        what="pg_restore",
    )
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        _end_sessions(admin, live)
        for before, after in ((live, old), (fresh, live)):
            admin.execute(sql.SQL("alter database {} rename to {}").format(*map(sql.Identifier, (before, after))))
        # The old copy is for looking into, not for connecting by mistake.
        admin.execute(sql.SQL("alter database {} with connection limit 5").format(sql.Identifier(old)))
    return old


def _end_sessions(admin: psycopg.Connection[tuple[object, ...]], database: str) -> None:
    admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()",
        [database],
    )


def _backup_bypasses() -> bool:
    with psycopg.connect(dsn(BACKUP)) as connection:
        row = connection.execute("select rolbypassrls from pg_roles where rolname = current_user").fetchone()
    return bool(row and row[0])


def _program(name: str, target: str) -> list[str]:
    """Return the program and its target without the password, which other users could read in the process list."""
    parts = {key: str(value) for key, value in conninfo_to_dict(target).items() if value is not None}
    parts.pop("password", None)
    return [str(binaries.postgres_root() / "bin" / name), f"--dbname={psycopg.conninfo.make_conninfo(**parts)}"]


def _run(command: list[str], target: str, *, what: str) -> None:
    password = str(conninfo_to_dict(target).get("password") or "")
    answer = subprocess.run(
        command, env=os.environ | {"PGPASSWORD": password}, capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise Failed(f"{what} failed", cause=answer.stderr.strip()[-2000:])
