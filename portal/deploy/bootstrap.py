"""Makes `.venv` on a bare machine: Python 3.11 with pip is enough, `venv`'s own pip is not needed.

Only the standard library is used here, because nothing else exists yet. uv is taken when it can be had (it
installs the set in seconds), pip otherwise. A stamp of the requirement files makes a second run a no-op.

    python3 portal/deploy/bootstrap.py [run|dev|bench]
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
BOOT = ROOT / ".boot"
PYTHON = VENV / "bin" / "python"
LOG = ROOT / "var" / "log" / "setup.log"
OLDEST_PYTHON = (3, 11)
UV_PIN = "uv==0.13.9"
FILES = {
    "run": ["requirements.txt"],
    "dev": ["requirements.txt", "requirements-dev.txt"],
    "bench": ["requirements.txt", "requirements-dev.txt", "requirements-bench.txt"],
}


class SetupFailed(Exception):  # noqa: N818  (the name is the statement)
    """A step did not succeed; the text says what to do."""


def main(kind: str) -> int:
    """Make the environment of one kind ready and say how long each step took."""
    if kind not in FILES:
        print(f"unknown kind of environment {kind!r}; one of {', '.join(FILES)}")
        return 2
    if is_done(kind):
        return 0
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text("", encoding="utf-8")
    try:
        run_steps(kind)
    except SetupFailed as problem:
        print(f"\nsetup failed: {problem}\nLog: {LOG}\nTry again with: make setup")
        return 1
    return 0


def run_steps(kind: str) -> None:
    """The five steps."""
    steps = [
        ("Python", check_python),
        ("installer", find_installer),
        ("virtual environment .venv", make_environment),
        (f"packages ({' '.join(FILES[kind])})", lambda: install(kind)),
        ("imports", check_imports),
    ]
    for number, (name, act) in enumerate(steps, start=1):
        started = time.monotonic()
        note = act()
        print(f"[{number}/{len(steps)}] {name:<58} {time.monotonic() - started:6.1f} s   {note}", flush=True)
    for done in ("run", "dev", "bench"):
        if set(FILES[done]) <= set(FILES[kind]):
            stamp_file(done).write_text(stamp(done), encoding="utf-8")


def is_done(kind: str) -> bool:
    """Say whether this environment was made from these very files and still starts."""
    try:
        fresh = stamp_file(kind).read_text(encoding="utf-8") == stamp(kind)
    except OSError:
        return False
    return fresh and works(PYTHON)


def stamp(kind: str) -> str:
    """Return what identifies the environment: the pins, and where it lies (a moved clone must be made again)."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in [*FILES[kind], "constraints.txt"]:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def stamp_file(kind: str) -> Path:
    """Return where the stamp of one kind is kept."""
    return VENV / f".aurum-{kind}"


def check_python() -> str:
    """Refuse a Python that is too old, by name."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        raise SetupFailed(f"Python {version} is too old; 3.11 or newer is needed: make setup PYTHON=python3.11")
    return version


def find_installer() -> str:
    """Get uv into `.boot`; where that is impossible pip will do."""
    if uv() is not None:
        return "uv"
    if not works_with([sys.executable, "-m", "pip", "--version"]):
        raise SetupFailed("pip is missing: apt-get install python3-pip")
    # `--target` is not refused by an externally managed Python.
    run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(BOOT), UV_PIN], may_fail=True)
    return "uv" if uv() is not None else "pip (uv could not be installed; this takes longer)"


def make_environment() -> str:
    """Make `.venv` without needing ensurepip, replacing one that does not start."""
    if works(PYTHON):
        return "kept"
    shutil.rmtree(VENV, ignore_errors=True)
    tool = uv()
    if tool is not None:
        run([tool, "venv", "--quiet", "--python", sys.executable, str(VENV)], may_fail=True)
    if not works(PYTHON):
        run([sys.executable, "-m", "venv", "--without-pip", "--clear", str(VENV)])
    return "made"


def install(kind: str) -> str:
    """Install the pins, by uv first, by pip when uv cannot reach the packages."""
    files = [argument for name in FILES[kind] for argument in ("-r", str(ROOT / name))]
    arguments = ["install", "--quiet", *files, "-c", str(ROOT / "constraints.txt")]
    tool = uv()
    if tool is not None and run([tool, "pip", *arguments, "--python", str(PYTHON)], may_fail=True):
        return "by uv"
    # pip 22.3 and newer install into another environment; that environment needs no pip of its own.
    run([sys.executable, "-m", "pip", "--python", str(PYTHON), *arguments])
    return "by pip"


def check_imports() -> str:
    """Import the packages that hold compiled parts: a wheel for another machine fails here, not in the demo."""
    run([str(PYTHON), "-c", "import django, psycopg, psycopg_binary, msgspec, argon2, cryptography, psutil"])
    return "next: make demo"


def uv() -> str | None:
    """Return uv's path when it starts."""
    for candidate in (BOOT / "bin" / "uv", VENV / "bin" / "uv", shutil.which("uv")):
        if candidate and works_with([str(candidate), "--version"]):
            return str(candidate)
    return None


def works(python: Path) -> bool:
    """Say whether an interpreter starts and is new enough."""
    return works_with([str(python), "-c", "import sys; sys.exit(sys.version_info[:2] < (3, 11))"])


def works_with(command: list[str]) -> bool:
    """Say whether a command ends well."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(command: list[str], *, may_fail: bool = False) -> bool:
    """Run a command with its output in the log; return whether it ended well."""
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}
        status = subprocess.run(command, stdout=log, stderr=log, cwd=ROOT, env=environment, check=False).returncode
    if status and not may_fail:
        tail = "\n".join(LOG.read_text(encoding="utf-8").splitlines()[-8:])
        raise SetupFailed(f"`{' '.join(command[:6])} …` ended with status {status}\n{tail}")
    return status == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "run"))
