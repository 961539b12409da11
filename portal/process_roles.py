"""Which database role each command runs under.

Least power: a web page never runs as the owner of a table, and only the trading core writes money.
"""

from __future__ import annotations

from typing import Final

from portal.lib.database_roles import BACKUP, CORE, OWNER, WEB

_ROLE_BY_COMMAND: Final[dict[str, str]] = {
    "migrate": OWNER,
    "makemigrations": OWNER,
    "sqlmigrate": OWNER,
    "showmigrations": OWNER,
    "squashmigrations": OWNER,
    "optimizemigration": OWNER,
    "setup_database": OWNER,
    "tenant_create": OWNER,
    "verify_audit": CORE,
    "flush": OWNER,
    "runcore": CORE,
    "runfollowers": CORE,
    "check_books": CORE,
    "statements": CORE,
    "prove_money": CORE,
    "verify_journal": CORE,
    "core_upgrade": CORE,
    "backup": BACKUP,
}


def role_for_command(command: str) -> str:
    """Return the database role a `manage.py` command runs under; unknown commands get the weakest."""
    return _ROLE_BY_COMMAND.get(command, WEB)
