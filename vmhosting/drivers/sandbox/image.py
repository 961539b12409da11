"""The machine's system image under this driver: a read-only copy of `vmhosting/guest`, named by its content.

A copy, because a machine must keep the agent it was started with when the portal is upgraded beside it, and because
the machine's uid may not be able to enter the clone.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from vmhosting.drivers.sandbox.command import GUEST_FOLDER
from vmhosting.drivers.sandbox.toolbox import machines_root


def image_name() -> str:
    """Return the name of the image the present code would make."""
    digest = hashlib.sha256()
    for path in _sources():
        digest.update(str(path.relative_to(GUEST_FOLDER)).encode() + b"\0" + path.read_bytes() + b"\0")
    return f"guest-{digest.hexdigest()[:12]}"


def ensure_image() -> Path:
    """Return the folder of the image, making it if it is not there yet; a half-made one is never seen."""
    target = machines_root().parent / "images" / image_name()
    if target.is_dir():
        return target
    making = target.with_name(f".{target.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    for path in _sources():
        copy = making / path.relative_to(GUEST_FOLDER)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copy.chmod(0o644)
    for folder in (making, *(entry for entry in making.rglob("*") if entry.is_dir())):
        folder.chmod(0o755)
    making.replace(target)
    return target


def _sources() -> list[Path]:
    return sorted(path for path in GUEST_FOLDER.rglob("*.py") if "__pycache__" not in path.parts)
