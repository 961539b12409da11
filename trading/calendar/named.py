"""Calendars by name: those installed here by `manage.py load_calendar`, and those that come with the product."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from portal.lib.paths import var_dir
from trading.calendar.loader import load
from trading.calendar.timeline import Calendar

SHIPPED: Final = Path(__file__).parent / "data"
ALWAYS_OPEN: Final = "always_open"


def installed_dir() -> Path:
    """Return the folder of the calendars loaded on this machine."""
    return var_dir() / "calendars"


def calendar_path(name_or_file: str) -> Path:
    """Return the file behind a name (an installed one before a shipped one) or a path; it may be absent."""
    if "/" in name_or_file or name_or_file.endswith(".csv"):
        return Path(name_or_file).expanduser()
    installed = installed_dir() / f"{name_or_file}.csv"
    return installed if installed.is_file() else SHIPPED / f"{name_or_file}.csv"


def open_calendar(name_or_file: str) -> Calendar:
    """Load a calendar; raise `CalendarError` when it is refused, `OSError` when there is none."""
    return load(calendar_path(name_or_file))
