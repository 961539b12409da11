"""Whether this installation runs its own PostgreSQL or uses somebody else's."""

from __future__ import annotations

from typing import Final

from portal import env
from portal.lib.paths import secrets_dir, write_private

PORTAL_CLUSTER: Final = "pg"
EXTERNAL: Final = "external"
EMBEDDED: Final = "embedded"


def server_kind() -> str:
    """Return the kind: an administrator's DSN decides, then what set-up wrote down, then embedded."""
    if env.optional_text("DATABASE_URL"):
        return EXTERNAL
    marker = secrets_dir() / "server"
    return marker.read_text(encoding="utf-8").strip() if marker.exists() else EMBEDDED


def remember_server_kind(kind: str) -> None:
    """Write down which server holds the data, for processes that never see the administrator's DSN."""
    write_private(secrets_dir() / "server", kind + "\n")
