"""Names of the database roles; policies and grants are always written for a named role."""

from typing import Final

from portal.lib import database_roles as roles

OWNER: Final = roles.EXPECTATIONS[roles.OWNER].user
WEB: Final = roles.EXPECTATIONS[roles.WEB].user
CORE: Final = roles.EXPECTATIONS[roles.CORE].user
BACKUP: Final = roles.EXPECTATIONS[roles.BACKUP].user
