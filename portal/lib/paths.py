"""Where state lives: everything under one folder, with short socket paths.

A unix socket path holds 107 bytes. A deep clone would not fit, so a long path is replaced by a short folder
named after the hash of the long one; every process computes the same answer.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final

REPOSITORY: Final = Path(__file__).resolve().parents[2]

# 107 bytes minus "/.s.PGSQL.5432.lock" and a margin, so that one limit serves all sockets.
_SOCKET_PATH_BYTES_MAX: Final = 100
_LONGEST_NAME_BYTES: Final = 24


def var_dir() -> Path:
    """Return the folder of all state: `AURUM_VAR`, or `var/` in the clone."""
    configured = os.environ.get("AURUM_VAR")
    return Path(configured).expanduser().absolute() if configured else REPOSITORY / "var"


def secrets_dir() -> Path:
    """Return the folder of DSNs and keys (0700)."""
    return private_dir(var_dir() / "secrets")


def log_dir() -> Path:
    """Return the folder with one log a process."""
    return _made(var_dir() / "log")


def run_dir() -> Path:
    """Return the folder of sockets and pid files, short enough for a socket path."""
    wanted = var_dir() / "run"
    if len(os.fsencode(wanted)) + _LONGEST_NAME_BYTES <= _SOCKET_PATH_BYTES_MAX:
        return _made(wanted)
    return private_dir(_short_dir(wanted))


def socket_path(name: str) -> Path:
    """Return the unix socket path of a named process of this installation."""
    return run_dir() / f"{name}.sock"


def private_dir(path: Path) -> Path:
    """Make a folder only its owner can enter, and refuse one that somebody else owns."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = path.stat()
    if status.st_uid != os.geteuid():
        raise PermissionError(f"{path} belongs to uid {status.st_uid}, not to this process")
    if status.st_mode & 0o077:
        path.chmod(0o700)
    return path


def write_private(path: Path, content: str) -> None:
    """Write a file with mode 0600 in one step: readers see the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _short_dir(wanted: Path) -> Path:
    name = hashlib.sha256(os.fsencode(wanted)).hexdigest()[:12]
    base = Path("/run") if os.geteuid() == 0 and Path("/run").is_dir() else Path(tempfile.gettempdir())
    return base / f"aurum-{os.geteuid()}-{name}"
