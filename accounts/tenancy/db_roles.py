"""Names of the database roles; policies and grants are always written for a named role."""

from typing import Final

OWNER: Final = "aurum_owner"
WEB: Final = "aurum_web"
CORE: Final = "aurum_core"
BACKUP: Final = "aurum_backup"
