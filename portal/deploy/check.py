"""Runs every rule of the house and says at the end which of them failed: `make check`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
LINT_IMPORTS = str(Path(PYTHON).with_name("lint-imports"))

# Quick ones first, so that a typing slip is known after a second.
RULES: tuple[tuple[str, list[str]], ...] = (
    ("format", [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."]),
    ("lint", [PYTHON, "-m", "ruff", "check", "--quiet", "."]),
    ("imports", [LINT_IMPORTS, "--no-cache"]),
    ("architecture", [PYTHON, "-m", "pytest", "tests/architecture", "-q", "-p", "no:randomly"]),
    ("vendored files", [PYTHON, "portal/vendoring.py", "--check"]),
    ("django", [PYTHON, "manage.py", "check", "--fail-level", "WARNING"]),
    ("migrations", [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"]),
    ("translations", [PYTHON, "manage.py", "messages", "--check"]),
    ("types", [PYTHON, "-m", "mypy", "manage.py", "portal", "accounts", "trading", "riskdesk", "vmhosting"]),
)


def main() -> int:
    """Run all rules even when one fails: a person wants the whole list."""
    failed = []
    for name, command in RULES:
        started = time.monotonic()
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        good = answer.returncode == 0
        print(f"{'ok    ' if good else 'FAILED'} {name:<16} {time.monotonic() - started:5.1f} s", flush=True)
        if not good:
            failed.append(name)
            print((answer.stdout + answer.stderr).strip()[-6000:], flush=True)
    print(f"{len(RULES) - len(failed)} rules hold, {len(failed)} do not" + (f": {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
