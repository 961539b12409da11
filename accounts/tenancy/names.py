"""Names of things outside the database that carry a tenant: groups, cache keys, paths. Built here, on the server.

A client never sends a group name, a cache key or a path; it sends an id that was checked first.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from portal.lib.errors import InvariantBroken

_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_PART: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_FILE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,80}")


def _parts(kind: str, tenant_id: int, parts: tuple[object, ...]) -> list[str]:
    if not _KIND.fullmatch(kind) or isinstance(tenant_id, bool) or not isinstance(tenant_id, int) or tenant_id <= 0:
        raise InvariantBroken(f"not a name for a tenant's thing: {kind!r} {tenant_id!r}")
    texts = [str(part) for part in parts]
    for text in texts:
        if not _PART.fullmatch(text):
            raise InvariantBroken(f"not a part of a server-built name: {text!r}")
    return texts


def group_name(kind: str, tenant_id: int, *parts: object) -> str:
    """Return a Channels group name, for example `machines.t3.17`."""
    return ".".join([kind, f"t{tenant_id}", *_parts(kind, tenant_id, parts)])


def cache_key(kind: str, tenant_id: int, *parts: object) -> str:
    """Return a cache key that no other tenant's key can equal."""
    return ":".join(["aurum", f"t{tenant_id}", kind, *_parts(kind, tenant_id, parts)])


def tenant_path(root: Path, *, kind: str, tenant_id: int, name: str) -> Path:
    """Return a file path inside the tenant's own folder; a name that would leave it is refused."""
    _parts(kind, tenant_id, ())
    if not _FILE.fullmatch(name) or ".." in name:
        raise InvariantBroken(f"not a file name: {name!r}")
    return root / f"t{tenant_id}" / kind / name


def tenant_of(name: str) -> int | None:
    """Return the tenant that a group name or cache key carries, or None when it carries none."""
    found = re.search(r"(?:^|[.:])t(\d+)(?:[.:]|$)", name)
    return int(found.group(1)) if found else None
