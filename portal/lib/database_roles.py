"""The four database roles and what each must and must not be able to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OWNER: Final = "owner"
WEB: Final = "web"
CORE: Final = "core"
BACKUP: Final = "backup"
ROLES: Final = (OWNER, WEB, CORE, BACKUP)


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
