"""Dumps the database as the backup role, while trading goes on."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.lib.errors import Failed
from portal.postgres.dump import backup_make
from portal.postgres.running import running_server


class Command(BaseCommand):
    """`manage.py backup [--file FILE] [--json]`"""

    help = "Write a consistent backup of the database; trading goes on meanwhile."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare where to and how to answer."""
        parser.add_argument("--file", type=Path, help="where to write it (default: var/backups/)")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Back up and say where the file is."""
        started = time.monotonic()
        try:
            with running_server():
                file = backup_make(options["file"])
        except Failed as problem:
            raise CommandError(str(problem)) from None
        size, seconds = file.stat().st_size, time.monotonic() - started
        if options["json"]:
            self.stdout.write(json.dumps({"file": str(file), "bytes": size, "seconds": round(seconds, 1)}))
        else:
            self.stdout.write(f"{file}  {size:,} bytes in {seconds:.1f} s; `make restore FILE={file}` brings it back")
