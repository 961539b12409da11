"""What counts as a crossing: B's texts or amounts in anything A gets, B's rows changed, anything left behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core import mail
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.http import HttpResponseBase

from tests.crossing.world import World

_CANARY = re.compile(r"CNRY-B[-\w]*")
_NOISE = (
    (re.compile(r"^(Content-Length|X-RateLimit-\w+|RateLimit(-Policy)?|Date|Expires): .*$", re.MULTILINE), ""),
    (re.compile(r'nonce="[^"]+"'), 'nonce=""'),
    (re.compile(r"\b[A-Za-z0-9]{64}\b"), "TOKEN"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "HEX"),
)


def text_of(response: HttpResponseBase) -> str:
    """Return everything a client gets: status line, headers, body or stream."""
    body = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
    headers = "\n".join(f"{name}: {value}" for name, value in response.items())
    return f"{headers}\n\n{body.decode('utf-8', errors='replace')}"


def foreign_marks(world: World, text: str) -> list[str]:
    """Return B's canaries and amounts in a text, whatever way the amounts are written."""
    found = set(_CANARY.findall(text))
    plain = text.replace(",", "")
    for number in world.amounts:
        if str(number) in plain or f"{number // 100}.{number % 100:02d}" in plain:
            found.add(f"amount {number}")
    return sorted(found)


def normalised(text: str, *values: object) -> str:
    """Return a text without what differs between two equal answers: tokens, nonces, the id that was asked for."""
    for pattern, replacement in _NOISE:
        text = pattern.sub(replacement, text)
    for value in sorted({str(value) for value in values}, key=len, reverse=True):
        text = re.sub(rf"(?<![\w.]){re.escape(value)}(?![\w.])", "{id}", text)
    return text


def first_difference(left: str, right: str) -> str:
    """Return the place where two texts part, short enough for a message."""
    place = next((n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    start = max(0, place - 40)
    return f"{left[start : place + 60]!r} ≠ {right[start : place + 60]!r}"


def residue() -> list[str]:
    """Return what a request left behind on its connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('app.tenant', true), current_setting('app.user', true),"
            " current_setting('app.accounts', true)"
        )
        left = [value for value in cursor.fetchone() if value]
    return [f"the scope {left} outlived the request"] if left else []


def mails(world: World) -> list[str]:
    """Return B's marks in mails that were sent."""
    return [mark for message in mail.outbox for mark in foreign_marks(world, f"{message.subject}{message.body}")]


@contextmanager
def row_watch(foreign_tenant_id: int) -> Iterator[list[str]]:
    """Collect every statement whose result carries the foreign tenant's number in a column named tenant_id."""
    seen: list[str] = []

    def look(cursor: Any, rows: list[Any]) -> None:
        names = [item.name for item in cursor.description or ()]
        places = [place for place, name in enumerate(names) if name == "tenant_id"]
        if any(row is not None and row[place] == foreign_tenant_id for row in rows for place in places):
            seen.append("a statement returned rows of the foreign tenant")

    def one(self: CursorWrapper) -> Any:
        row = self.cursor.fetchone()
        look(self.cursor, [row])
        return row

    def many(self: CursorWrapper, *size: int) -> Any:
        rows = self.cursor.fetchmany(*size)
        look(self.cursor, rows)
        return rows

    def everything(self: CursorWrapper) -> Any:
        rows = self.cursor.fetchall()
        look(self.cursor, rows)
        return rows

    added = {"fetchone": one, "fetchmany": many, "fetchall": everything}
    for name, function in added.items():
        setattr(CursorWrapper, name, function)
    try:
        yield seen
    finally:
        for name in added:
            delattr(CursorWrapper, name)
