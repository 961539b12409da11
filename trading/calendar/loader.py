"""Reads a calendar file. What is wrong is refused with its line and the reason; nothing is guessed.

The form is in `trading/calendar/README.md`: comma-separated rows, the first field says what a row is.
"""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from trading.calendar.model import DAY, NIGHT, TIMED, CalendarError, Day, Segment, Source, Template, product_key
from trading.calendar.rules import check_days, check_template, unrolled
from trading.calendar.timeline import Calendar

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}\Z", re.ASCII)
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,15}\Z", re.ASCII)
_TIME: Final = re.compile(r"([0-2]\d):([0-5]\d)\Z", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
BYTES_MAX: Final = 4_000_000


def load(path: Path) -> Calendar:
    """Read and check a file; raise `CalendarError` on the first line that is wrong."""
    data = path.read_bytes()
    if len(data) > BYTES_MAX:
        raise CalendarError(1, f"the file has {len(data):,} bytes, at most {BYTES_MAX:,} are read")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data[: problem.start].count(b"\n") + 1
        raise CalendarError(line, "this is not UTF-8 text") from None
    return parse(text.splitlines())


def parse(lines: Iterable[str]) -> Calendar:
    """Read and check the lines of a file."""
    rows = _Rows()
    number = 0
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            rows.take(number, _fields(number, line))
    return rows.calendar(last_line=max(number, 1))


class _Rows:
    """What has been read so far."""

    def __init__(self) -> None:
        self._name = ""
        self._timed = False
        self._sources: dict[str, Source] = {}
        self._segments: dict[str, dict[str, list[Segment]]] = {}
        self._days: list[Day] = []
        self._kinds: dict[str, tuple[int, Callable[[int, list[str]], None]]] = {
            "calendar": (2, self._head),
            "source": (3, self._source),
            "session": (7, self._session),
            "day": (4, self._day),
        }

    def take(self, line: int, fields: list[str]) -> None:
        """Take one row."""
        kind, *rest = fields
        if kind not in self._kinds:
            raise CalendarError(line, f"{kind!r} is no kind of row; known are {', '.join(self._kinds)}")
        count, act = self._kinds[kind]
        if len(rest) != count:
            raise CalendarError(line, f"a {kind} row has {count} fields after its kind, this one has {len(rest)}")
        if not self._name and kind != "calendar":
            raise CalendarError(line, "the first row must be: calendar,NAME,timed or calendar,NAME,always_open")
        act(line, rest)

    def calendar(self, *, last_line: int) -> Calendar:
        """Return the whole, checked."""
        if not self._name:
            raise CalendarError(last_line, "there is no calendar row in this file")
        if not self._timed and (self._segments or self._days):
            raise CalendarError(last_line, "a calendar that is always open has no sessions and no days")
        templates: dict[str, Template] = {}
        if self._timed:
            if not self._segments:
                raise CalendarError(last_line, "there is no session row: no product would ever trade")
            templates = {
                product: Template(unrolled(parts[NIGHT]), tuple(parts[DAY]))
                for product, parts in self._segments.items()
            }
            for product, template in templates.items():
                check_template(product, template, last_line=last_line)
            check_days(self._days, last_line=last_line)
        return Calendar(name=self._name, timed=self._timed, sources=self._sources, templates=templates, days=self._days)

    def _head(self, line: int, fields: list[str]) -> None:
        name, kind = fields
        if self._name:
            raise CalendarError(line, "a second calendar row")
        if not _NAME.match(name):
            raise CalendarError(line, f"{name!r} cannot name a calendar: small letters, digits and _ are taken")
        if kind not in ("timed", "always_open"):
            raise CalendarError(line, f"{kind!r} is neither timed nor always_open")
        self._name, self._timed = name, kind == "timed"

    def _source(self, line: int, fields: list[str]) -> None:
        key, standing, note = fields
        if key in self._sources or not key:
            raise CalendarError(line, f"the source {key!r} has no name or is there twice")
        if standing not in ("confirmed", "unconfirmed"):
            raise CalendarError(line, f"{standing!r} is neither confirmed nor unconfirmed")
        self._sources[key] = Source(key, standing == "confirmed", note, line)

    def _session(self, line: int, fields: list[str]) -> None:
        venue, product, part, phase, start, end, source = fields
        if not _CODE.match(venue) or not _CODE.match(product):
            raise CalendarError(line, f"{venue!r} and {product!r} do not name a venue and a product")
        if part not in (NIGHT, DAY):
            raise CalendarError(line, f"{part!r} is neither night nor day")
        if phase not in TIMED:
            raise CalendarError(line, f"{phase!r} is no phase of a session; known are {', '.join(TIMED)}")
        self._known_source(line, source)
        segment = Segment(TIMED[phase], _minute(line, start), _minute(line, end), source, line)
        parts = self._segments.setdefault(product_key(venue, product), {NIGHT: [], DAY: []})
        parts[part].append(segment)

    def _day(self, line: int, fields: list[str]) -> None:
        text, kind, detail, source = fields
        date = _date(line, text)
        self._known_source(line, source)
        if kind == "trading":
            if detail not in (NIGHT, "no_night"):
                raise CalendarError(line, f"{text}: {detail!r} is neither night nor no_night")
            self._days.append(Day(date, True, detail == NIGHT, "", source, line))
        elif kind == "holiday":
            if not detail:
                raise CalendarError(line, f"{text}: a holiday has a name")
            self._days.append(Day(date, False, False, detail, source, line))
        else:
            raise CalendarError(line, f"{text}: {kind!r} is neither trading nor holiday")

    def _known_source(self, line: int, key: str) -> None:
        if key not in self._sources:
            raise CalendarError(line, f"the source {key!r} has no source row above this line")


def _fields(number: int, line: str) -> list[str]:
    try:
        rows = list(csv.reader([line], strict=True))
    except csv.Error as problem:
        raise CalendarError(number, f"this is no row of comma-separated fields: {problem}") from None
    return [field.strip() for field in rows[0]]


def _minute(line: int, text: str) -> int:
    found = _TIME.match(text)
    if found is None:
        raise CalendarError(line, f"{text!r} is no wall time such as 09:00 (a night may go on as 02:30 or 26:30)")
    return int(found[1]) * 60 + int(found[2])


def _date(line: int, text: str) -> datetime.date:
    try:
        if _DATE.match(text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    raise CalendarError(line, f"{text!r} is no date such as 2026-01-05")
