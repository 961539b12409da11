"""PostgreSQL's COPY text: one line a row, tab between columns, backslash escapes, \\N for NULL.

Built by hand because it is the dear part of the projection: formatting a row through a driver costs more than the
rest of its way. Where the server refuses COPY (row policies on the role's tables), the same lines are taken apart
again and written as arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

NULL: Final = "\\N"
# A NUL cannot be stored in PostgreSQL at all; it can only come from a refused order's text.
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\x00": ""})
_UNESCAPES: Final = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}


def escaped(text: str) -> str:
    """Return a text as it stands in a COPY line."""
    # What has no control character and no backslash, which is nearly everything, stands as it is.
    return text if text.isprintable() and "\\" not in text else text.translate(_ESCAPES)


def nullable(text: str | None) -> str:
    """Return a text or NULL as it stands in a COPY line."""
    return NULL if text is None else escaped(text)


@dataclass(frozen=True, slots=True)
class Target:
    """A table that takes new rows, with its columns in the order of the lines."""

    table: str
    columns: Sequence[tuple[str, str]]  # (name, type)

    @property
    def names(self) -> str:
        """The column list."""
        return ", ".join(f'"{name}"' for name, _type in self.columns)

    @property
    def copy_sql(self) -> str:
        """The statement that takes lines."""
        return f"COPY {self.table} ({self.names}) FROM STDIN"

    @property
    def unnest_sql(self) -> str:
        """The statement that takes one text array a column."""
        arrays = ", ".join(["%s::text[]"] * len(self.columns))
        values = ", ".join(f'u."{name}"::{type_}' for name, type_ in self.columns)
        return f"INSERT INTO {self.table} ({self.names}) SELECT {values} FROM unnest({arrays}) AS u({self.names})"  # noqa: S608


def copy_lines(cursor: psycopg.Cursor[Any], *, target: Target, lines: Sequence[str]) -> None:
    """Write lines (each ending in a newline) by COPY."""
    if not lines:
        return
    with cursor.copy(target.copy_sql) as copy:
        copy.write("".join(lines).encode())


def insert_lines(cursor: psycopg.Cursor[Any], *, target: Target, lines: Sequence[str]) -> None:
    """Write the same lines without COPY."""
    if not lines:
        return
    rows = [[_value(field) for field in line[:-1].split("\t")] for line in lines]
    cursor.execute(target.unnest_sql, [list(column) for column in zip(*rows, strict=True)])


def copy_is_refused(cursor: psycopg.Cursor[Any], *, table: str) -> bool:
    """Say whether row policies apply to this role on the table: COPY into it is then an error."""
    row = cursor.execute("SELECT row_security_active(%s)", [table]).fetchone()
    return bool(row and row[0])


def int_array(values: Iterable[int | None]) -> str:
    """Return whole numbers as an array literal."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def _value(field: str) -> str | None:
    if field == NULL:
        return None
    if "\\" not in field:
        return field
    parts: list[str] = []
    characters = iter(field)
    for character in characters:
        parts.append(_UNESCAPES[next(characters)] if character == "\\" else character)
    return "".join(parts)
