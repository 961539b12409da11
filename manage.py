#!/usr/bin/env python3
"""Command line of Aurum: sets the settings module and the database role that fits the command."""

import os
import sys


def main() -> None:
    """Run one management command under the database role its row in `portal.process_roles` names."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from portal.process_roles import role_for_command

    os.environ.setdefault("AURUM_ROLE", role_for_command(sys.argv[1] if len(sys.argv) > 1 else ""))
    if sys.argv[1:2] == ["runcore"]:
        # The core needs no web framework, and after a crash it must be back before one would be loaded.
        from trading.core.main import main as core_main

        sys.exit(core_main(sys.argv[2:]))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
