"""Shows the supervised processes; a non-zero exit status says that the portal does not run."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.supervise import state


class Command(BaseCommand):
    """`manage.py status [--json]`"""

    help = "Show the processes of the portal; exits with 1 when it does not run."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the one-line form."""
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the state and exit accordingly."""
        current = state.read_state()
        alive = current is not None and current.alive()
        processes = current.processes if current else []
        running = alive and current is not None and current.phase == "running" and all(p.alive() for p in processes)
        if options["json"]:
            body = {
                "running": running,
                "phase": current.phase if current and alive else "stopped",
                "url": current.url if current and alive else None,
                "demo": bool(current and current.demo),
                "processes": [
                    {"name": p.name, "pid": p.pid, "status": p.status, "restarts": p.restarts, "alive": p.alive()}
                    for p in processes
                ],
            }
            self.stdout.write(json.dumps(body, ensure_ascii=False))
        elif not alive or current is None:
            self.stdout.write("the portal does not run; `make demo` or `make start` starts it")
        else:
            self.stdout.write(f"{current.url}  {current.phase}  (supervisor {current.pid})")
            for process in processes:
                life = process.status if process.alive() else f"gone ({process.status})"
                self.stdout.write(f"  {process.name:<20} {process.pid:>8}  {life:<10} restarts {process.restarts}")
        if not running:
            sys.exit(1)
