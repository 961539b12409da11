"""Typed, fail-loud readers of the environment.

A setting that is present but wrong stops the process with the name of the setting; nothing is guessed.
A secret may come from a file: `NAME_FILE=/path` is read when `NAME` is unset.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


class SettingError(SystemExit):
    """A setting is missing or malformed; the text names it. Exits with status 2 when nobody catches it."""

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        self.problem = problem
        super().__init__(f"setting {name}: {problem}")


def text(name: str, *, default: str | None = None, choices: Sequence[str] = ()) -> str:
    """Return the variable's text, its default, or stop; `choices` closes the set of values."""
    value = _raw(name)
    if value is None:
        if default is None:
            raise SettingError(name, "is missing")
        value = default
    if choices and value not in choices:
        raise SettingError(name, f"is {value!r}, expected one of {', '.join(choices)}")
    return value


def optional_text(name: str) -> str | None:
    """Return the variable's text, or None when it is unset or empty."""
    return _raw(name) or None


def flag(name: str, *, default: bool) -> bool:
    """Return a yes/no variable."""
    value = _raw(name)
    if value is None or value == "":
        return default
    lowered = value.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off"}:
        return False
    raise SettingError(name, f"is {value!r}, expected 1 or 0")


def integer(name: str, *, default: int, minimum: int | None = None, maximum: int | None = None) -> int:
    """Return a whole number inside its bounds."""
    value = _raw(name)
    if value is None or value == "":
        return default
    try:
        number = int(value)
    except ValueError:
        raise SettingError(name, f"is {value!r}, expected a whole number") from None
    if minimum is not None and number < minimum:
        raise SettingError(name, f"is {number}, smallest allowed is {minimum}")
    if maximum is not None and number > maximum:
        raise SettingError(name, f"is {number}, largest allowed is {maximum}")
    return number


def listing(name: str, *, default: Sequence[str] = ()) -> list[str]:
    """Return a comma-separated variable as a list without blanks."""
    value = _raw(name)
    if value is None:
        return list(default)
    return [part.strip() for part in value.split(",") if part.strip()]


def folder(name: str, *, default: Path) -> Path:
    """Return a folder as an absolute path; it need not exist yet."""
    value = _raw(name)
    return Path(value).expanduser().absolute() if value else default


def _raw(name: str) -> str | None:
    value = os.environ.get(name)
    if value is not None:
        return value
    file_name = os.environ.get(f"{name}_FILE")
    if not file_name:
        return None
    try:
        return Path(file_name).read_text(encoding="utf-8").rstrip("\n")
    except OSError as problem:
        raise SettingError(f"{name}_FILE", f"cannot be read: {problem}") from None
