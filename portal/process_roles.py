"""Which database role each process runs under, and what that role must and must not be able to do.

Least power: a web page never runs as the owner of a table, and only the trading core writes money.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OWNER: Final = "owner"
WEB: Final = "web"
CORE: Final = "core"
BACKUP: Final = "backup"
ROLES: Final = (OWNER, WEB, CORE, BACKUP)

_ROLE_BY_COMMAND: Final[dict[str, str]] = {
    "migrate": OWNER,
    "makemigrations": OWNER,
    "sqlmigrate": OWNER,
    "showmigrations": OWNER,
    "squashmigrations": OWNER,
    "optimizemigration": OWNER,
    "setup_database": OWNER,
    "flush": OWNER,
    "runcore": CORE,
    "runfollowers": CORE,
    "check_books": CORE,
    "verify_journal": CORE,
    "core_upgrade": CORE,
    "backup": BACKUP,
}


@dataclass(frozen=True, slots=True)
class RoleExpectation:
    """What the server must say about the role a process is connected as."""

    user: str
    owns_tables: bool
    bypasses_row_security: bool


EXPECTATIONS: Final[dict[str, RoleExpectation]] = {
    OWNER: RoleExpectation(user="aurum_owner", owns_tables=True, bypasses_row_security=False),
    WEB: RoleExpectation(user="aurum_web", owns_tables=False, bypasses_row_security=False),
    CORE: RoleExpectation(user="aurum_core", owns_tables=False, bypasses_row_security=True),
    BACKUP: RoleExpectation(user="aurum_backup", owns_tables=False, bypasses_row_security=True),
}


def role_for_command(command: str) -> str:
    """Return the database role a `manage.py` command runs under; unknown commands get the weakest."""
    return _ROLE_BY_COMMAND.get(command, WEB)
