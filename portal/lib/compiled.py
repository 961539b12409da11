"""Compiled forms of the hottest modules, where somebody has built them (`make build-engine`).

They are the same sources through mypyc, and are used only when they were built from exactly the sources that lie
here, by this Python; otherwise the sources run as they are. Nothing needs them.
"""

from __future__ import annotations

import hashlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

from portal.lib.paths import REPOSITORY

MANIFEST: Final = "manifest.json"


def folder() -> Path:
    """Return where the compiled modules lie: beside the environment's packages, so they go when it goes."""
    return Path(sys.prefix) / "aurum-compiled"


def source_hash(path: Path) -> str:
    """Return the hash that ties a compiled module to its source."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def activate() -> str:
    """Use the compiled modules from now on; returns "compiled", "plain" (none, or `AURUM_COMPILED=0`) or "stale"."""
    if os.environ.get("AURUM_COMPILED") == "0":
        return "plain"
    try:
        manifest = json.loads((folder() / MANIFEST).read_text())
    except (OSError, ValueError):
        return "plain"
    if manifest["python"] != sys.implementation.cache_tag or not all(
        _unchanged(REPOSITORY / source, digest) for source, digest in manifest["sources"].items()
    ):
        return "stale"
    sys.meta_path.insert(0, _Finder({name: folder() / file for name, file in manifest["modules"].items()}))
    return "compiled"


def _unchanged(path: Path, digest: str) -> bool:
    try:
        return source_hash(path) == digest
    except OSError:
        return False


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the listed modules in their compiled files."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self._files = files

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the compiled module of a name, or None."""
        file = self._files.get(fullname)
        if file is None:
            return None
        loader = importlib.machinery.ExtensionFileLoader(fullname, str(file))
        return importlib.util.spec_from_file_location(fullname, file, loader=loader)
