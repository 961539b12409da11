#!/usr/bin/env python3
"""Command line of Aurum: sets the settings module and the database role that fits the command."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module

# Commands that need no web framework: the core must be back before one would be loaded, and the supervisor's
# commands should answer at once. Each module has `main(arguments) -> exit status`.
LIGHT_COMMANDS = {
    "runcore": "trading.core.main",
    "embedded_postgres": "portal.postgres.serve",
    "run_all": "portal.supervise.run",
    "status": "portal.supervise.show",
    "stop": "portal.supervise.halt",
    "reset": "portal.supervise.wipe",
    "doctor": "portal.supervise.doctor",
    "machines_park": "vmhosting.park",
}


# Commands that look at the books of a portal which may be stopped: the embedded server runs for their duration.
BOOK_COMMANDS = {"check_books", "verify_journal", "core_upgrade"}


def _server_for(command: str) -> AbstractContextManager[object]:
    """Return what keeps the embedded server up while a command runs; nothing where it is not needed."""
    if command not in BOOK_COMMANDS:
        return nullcontext()
    from portal.postgres.running import existing_server

    return existing_server()


def main() -> None:
    """Run one management command under the database role its row in `portal.process_roles` names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from portal.lib import compiled
    from portal.process_roles import role_for_command

    compiled.activate()
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    os.environ.setdefault("AURUM_ROLE", role_for_command(command))
    if command in LIGHT_COMMANDS:
        sys.exit(import_module(LIGHT_COMMANDS[command]).main(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    with _server_for(command):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
