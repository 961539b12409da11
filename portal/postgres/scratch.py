"""Throw-away installations beside the portal: for tests, chaos, benchmarks and simulations.

Each has its own server under `<AURUM_VAR>/<name>/pg` (fsync on, like the real one) and its own `AURUM_VAR`, so
that sockets, logs, secrets and data can never meet the running portal's.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from portal.lib.errors import Failed
from portal.lib.paths import REPOSITORY, var_dir
from portal.postgres.cluster import Cluster
from portal.postgres.roles import database_close, database_make, dsns_write, roles_make

# Templates of other schemas, and one whose migration was interrupted.
_LEFT_OVER: Final = r"select datname from pg_database where datname like 'template\__%' or datname like 'building\_%'"
_FOREIGN_SETTINGS: Final = ("DATABASE_URL", "AURUM_ROLE", "AURUM_PORT")


def environment_for(root: Path, *, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a process that belongs to the installation under `root`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _FOREIGN_SETTINGS and not name.startswith("AURUM_DSN_")
    }
    return kept | {"AURUM_VAR": str(root)} | dict(extra or {})


@dataclass(frozen=True, slots=True)
class ScratchDatabase:
    """One database of a scratch server, with the folder that plays `var` for its processes."""

    root: Path
    name: str
    dsns: Mapping[str, str]

    def environment(self, **extra: str) -> dict[str, str]:
        """Return the environment for processes that work on this database."""
        return environment_for(self.root, extra=extra)


class Scratch:
    """A scratch server and the databases cloned on it."""

    def __init__(self, name: str) -> None:
        self.root = var_dir() / name
        self.cluster = Cluster(self.root / "pg")
        self._dsns: Mapping[str, str] = {}

    def start(self) -> None:
        """Start the server and give its roles fresh passwords."""
        self.cluster.start()
        self._dsns = roles_make(admin_dsn=self.cluster.admin_dsn(), database="aurum_empty").dsns

    def stop(self) -> None:
        """Stop the server; its data stays for the next time."""
        self.cluster.stop()

    def template(self, *, key: str) -> str:
        """Return the name of a migrated database to clone from, made when the key is new."""
        name = f"template_{key}"
        with psycopg.connect(self.cluster.admin_dsn(), autocommit=True) as admin:
            if admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                return name
            for (old,) in admin.execute(_LEFT_OVER).fetchall():
                database_drop(admin, name=str(old))
        building = f"building_{secrets.token_hex(4)}"
        with psycopg.connect(self.cluster.admin_dsn(), autocommit=True) as admin:
            database_make(admin, name=building)
        with psycopg.connect(self.cluster.admin_dsn(dbname=building), autocommit=True) as admin:
            database_close(admin, name=building)
        self._migrate(building)
        with psycopg.connect(self.cluster.admin_dsn(), autocommit=True) as admin:
            admin.execute(sql.SQL("alter database {} rename to {}").format(*map(sql.Identifier, (building, name))))
        return name

    def clone(self, *, template: str, database: str = "aurum", root: Path | None = None) -> ScratchDatabase:
        """Make a fresh database out of a template, replacing one of the same name, and write its secrets."""
        with psycopg.connect(self.cluster.admin_dsn(), autocommit=True) as admin:
            database_drop(admin, name=database)
            database_make(admin, name=database, template=template)
        with psycopg.connect(self.cluster.admin_dsn(dbname=database), autocommit=True) as admin:
            database_close(admin, name=database)
        folder = root or self.root
        dsns = {role: self.cluster.dsn(dbname=database, **_user_and_password(dsn)) for role, dsn in self._dsns.items()}
        dsns_write(dsns, folder=folder / "secrets")
        return ScratchDatabase(root=folder, name=database, dsns=dsns)

    def fresh(self, *, key: str) -> ScratchDatabase:
        """Start and return an empty migrated installation under this name; the usual call of chaos and bench."""
        self.start()
        return self.clone(template=self.template(key=key))

    def _migrate(self, database: str) -> None:
        owner = self.cluster.dsn(dbname=database, **_user_and_password(self._dsns["owner"]))
        environment = environment_for(self.root, extra={"AURUM_DSN_OWNER": owner, "AURUM_ROLE": "owner"})
        answer = subprocess.run(
            [sys.executable, REPOSITORY / "manage.py", "migrate", "--verbosity=0", "--skip-checks"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            raise Failed("migrating the template database failed", cause=answer.stderr.strip()[-3000:])


def database_drop(admin: psycopg.Connection[tuple[object, ...]], *, name: str) -> None:
    """Drop a database and whoever is still connected to it."""
    admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _user_and_password(dsn: str) -> dict[str, str]:
    parts = conninfo_to_dict(dsn)
    return {"user": str(parts["user"]), "password": str(parts["password"])}
