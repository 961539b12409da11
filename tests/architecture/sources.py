"""The files of the house, and how to read them."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("portal", "accounts", "trading", "riskdesk", "vmhosting")
_TEXT = {".py", ".js", ".css", ".html", ".toml", ".txt", ".md", ".sh", ".cfg", ".conf", ".service", ".yml", ".po"}
_NAMES = {"Makefile", "run", ".gitignore"}
_SKIPPED = ("/static/vendor/", "/node_modules/", "/__pycache__/", "/.venv/", "/.boot/", "/var/", "/.git/")


@cache
def python_files(*, with_tests: bool = True) -> tuple[Path, ...]:
    """Return our Python files; migrations are generated and do not count."""
    places = [*APPS, "tests"] if with_tests else list(APPS)
    files = [ROOT / "manage.py", *(path for place in places for path in (ROOT / place).rglob("*.py"))]
    return tuple(path for path in sorted(files) if "/migrations/" not in path.as_posix() and _counts(path))


@cache
def text_files() -> tuple[Path, ...]:
    """Return every text file of ours."""
    places = [*APPS, "tests", "templates", "locale", ".ci"]
    files = [path for path in ROOT.iterdir() if path.is_file()]
    files += [path for place in places for path in (ROOT / place).rglob("*") if path.is_file()]
    return tuple(path for path in sorted(files) if (path.suffix in _TEXT or path.name in _NAMES) and _counts(path))


@cache
def tree(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    for _attempt in range(5):
        try:
            return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        except SystemError:
            # Python 3.11 counts the parser's depth once for all threads; another thread's parse disturbs it.
            continue
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name(path: Path) -> str:
    """Return a path as seen from the root."""
    return path.relative_to(ROOT).as_posix()


def imported_modules(path: Path) -> set[str]:
    """Return every module a file imports, wherever in the file it does."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def _counts(path: Path) -> bool:
    relative = "/" + path.relative_to(ROOT).as_posix()
    return not any(part in relative for part in _SKIPPED)
