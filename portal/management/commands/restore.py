"""Brings a backup back: into a new database, swapped in when complete, then the whole journal is verified."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.lib.db import raw_connection
from portal.lib.errors import Failed
from portal.lib.paths import REPOSITORY
from portal.postgres.dump import backup_restore, newest_backup
from portal.postgres.running import running_server
from portal.supervise import state
from trading.core import headfile


class Command(BaseCommand):
    """`manage.py restore [--file FILE] [--json]`"""

    help = "Restore a backup (the newest by default) and verify the journal; the portal must be stopped."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare what to restore."""
        parser.add_argument("--file", type=Path, help="the backup (default: the newest in var/backups/)")
        parser.add_argument("--json", action="store_true", help="print verify_journal's line only")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore, then verify; the exit status is the verification's."""
        running = state.read_state()
        if running is not None and running.alive():
            raise CommandError("the portal runs; stop it first: make stop")
        try:
            file = options["file"] or newest_backup()
            if not file.is_file():
                raise Failed("no such backup", cause=str(file))
            with running_server() as admin_dsn:
                if admin_dsn is None:
                    raise Failed("an administrator's DSN is needed", cause="set DATABASE_URL for this command")
                old = backup_restore(file, admin_dsn=admin_dsn)
                _forget_later_head()
                if not options["json"]:
                    self.stdout.write(f"restored {file}; what was there before is kept as the database {old}")
                    self.stdout.flush()
                status = _verify(as_json=options["json"])
        except Failed as problem:
            raise CommandError(str(problem)) from None
        if status:
            raise CommandError("the restored journal is not sound; see above", returncode=status)


def _verify(*, as_json: bool) -> int:
    """Run verify_journal under its own database role."""
    command = [sys.executable, str(REPOSITORY / "manage.py"), "verify_journal", *(["--json"] if as_json else [])]
    environment = {name: value for name, value in os.environ.items() if name != "AURUM_ROLE"}
    return subprocess.run(command, env=environment, check=False).returncode


def _forget_later_head() -> None:
    """Tell the core that this journal ends earlier than it once did on purpose."""
    with raw_connection("core") as connection:
        headfile.forget(headfile.journal_identity(connection))
