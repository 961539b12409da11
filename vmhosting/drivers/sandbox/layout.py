"""Where a machine's files lie on the host. One folder a machine, named by its uuid; nothing outside it.

<root>/<uuid>/            0711, ours
    spec.json             0600, ours: what the machine should be
    applied.json          0600, ours: the size given live since the last start
    web                   0644, ours: host:port of the web door, read at every connection
    identity/             0700, the machine's uid: machine.json, key.json (0600) → read-only inside
    door/web.sock         0700, the machine's uid: the forwarder's socket → inside
    run/                  0700, the machine's uid: lock, warden.json, console.log
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any, Final

from portal.lib.paths import write_private

_UUID: Final = re.compile(r"^[0-9a-f]{32}$")


class MachineFiles:
    """The paths of one machine and the few ways they are written."""

    __slots__ = ("root",)

    def __init__(self, *, machines: Path, uuid: str) -> None:
        if not _UUID.match(uuid):
            raise ValueError(f"{uuid!r} is not a machine's uuid")
        self.root = machines / uuid

    @property
    def spec(self) -> Path:
        return self.root / "spec.json"

    @property
    def applied(self) -> Path:
        return self.root / "applied.json"

    @property
    def web(self) -> Path:
        return self.root / "web"

    @property
    def identity(self) -> Path:
        return self.root / "identity"

    @property
    def key(self) -> Path:
        return self.identity / "key.json"

    @property
    def facts(self) -> Path:
        return self.identity / "machine.json"

    @property
    def door(self) -> Path:
        return self.root / "door"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def lock(self) -> Path:
        return self.run / "lock"

    @property
    def status(self) -> Path:
        return self.run / "warden.json"

    @property
    def console(self) -> Path:
        return self.run / "console.log"

    def exists(self) -> bool:
        return self.spec.exists()

    def remove(self) -> None:
        """Remove the whole folder; the spec goes first so that a half-removed machine counts as absent."""
        self.spec.unlink(missing_ok=True)
        shutil.rmtree(self.root, ignore_errors=False) if self.root.exists() else None


def uuids(machines: Path) -> list[str]:
    """Return every machine that has a folder here."""
    if not machines.is_dir():
        return []
    return sorted(entry.name for entry in machines.iterdir() if _UUID.match(entry.name) and entry.is_dir())


def read_json(path: Path) -> dict[str, Any]:
    """Return a file's object; an absent or half-written file is empty."""
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, PermissionError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def write_json(path: Path, content: dict[str, Any], *, mode: int = 0o600) -> None:
    """Write an object in one step."""
    write_private(path, json.dumps(content, ensure_ascii=False, sort_keys=True))
    if mode != 0o600:
        os.chmod(path, mode)
