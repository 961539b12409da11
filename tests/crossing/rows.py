"""One row in every tenant table, made from the catalogue of the database and not from a list somebody keeps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import psycopg
from django.apps import apps
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.crossing.factories import VALUES

_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity <> ''
FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_FOREIGN_KEYS = """
SELECT con.confrelid::regclass::text,
       (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(con.conkey) WITH ORDINALITY k(attnum, n)
        JOIN pg_attribute a ON a.attrelid = con.conrelid AND a.attnum = k.attnum),
       (SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(con.confkey) WITH ORDINALITY k(attnum, n)
        JOIN pg_attribute a ON a.attrelid = con.confrelid AND a.attnum = k.attnum)
FROM pg_constraint con WHERE con.contype = 'f' AND con.conrelid = %s::regclass
"""
_TENANT_TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped)
ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the catalogue knows it."""

    name: str
    type: str
    required: bool
    generated: bool


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns here → columns there."""

    table: str
    here: tuple[str, ...]
    there: tuple[str, ...]


def tenant_tables(admin: psycopg.Connection) -> list[str]:
    """Return every table that carries a tenant."""
    return [name for (name,) in admin.execute(_TENANT_TABLES).fetchall()]


def columns(admin: psycopg.Connection, table: str) -> list[Column]:
    """Return the columns of a table."""
    return [Column(*row) for row in admin.execute(_COLUMNS, [table]).fetchall()]


def foreign_keys(admin: psycopg.Connection, table: str) -> list[ForeignKey]:
    """Return the foreign keys of a table."""
    return [ForeignKey(t, tuple(h), tuple(o)) for t, h, o in admin.execute(_FOREIGN_KEYS, [table]).fetchall()]


class RowMaker:
    """Makes rows for one house. B's numbers are odd and unique, A's are even; texts are canaries."""

    def __init__(self, *, admin: psycopg.Connection, house: Any, letter: str) -> None:
        self.admin = admin
        self.house = house
        self.letter = letter
        odd = 1 if letter == "B" else 0
        self._big = count(760_000_000_000 + odd, 2)
        self._int = count(1_760_000_000 + odd, 2)
        self._small = count(21 + (1 - odd), 2)
        self.made: dict[str, dict[str, Any]] = {}
        self._choices = _choices_by_column()

    def row(self, table: str) -> dict[str, Any]:
        """Return the house's row of a table, making it and everything it points to the first time."""
        if table not in self.made:
            self.made[table] = {}
            self.made[table] = self._make(table)
        return self.made[table]

    def _make(self, table: str) -> dict[str, Any]:
        values = self._pointed(table)
        for column in columns(self.admin, table):
            key = f"{table}.{column.name}"
            if key in VALUES:
                values[column.name] = VALUES[key](self.house)
            elif column.name not in values and not column.generated:
                values[column.name] = self._value(table, column)
        names = list(values)
        statement = sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({}) RETURNING *").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join([sql.Placeholder()] * len(names)),
        )
        try:
            cursor = self.admin.execute(statement, [values[name] for name in names])
        except psycopg.Error as refused:
            raise AssertionError(
                f"the crossing test could not make a row of {table}: {refused}. "
                f"Add the column's rule to VALUES in tests/crossing/factories.py."
            ) from refused
        described = [item.name for item in cursor.description or ()]
        return dict(zip(described, cursor.fetchone() or (), strict=True))

    def make_shared(self, table: str) -> dict[str, Any]:
        """Make a row of a global table."""
        return self._make(table)

    def _pointed(self, table: str) -> dict[str, Any]:
        """Return the values of foreign keys: the tenant, its people, and rows of the same house."""
        known = columns(self.admin, table)
        required = {column.name for column in known if column.required}
        bound = any(column.name == "tenant_id" for column in known)
        values: dict[str, Any] = {"tenant_id": self.house.tenant_id} if bound else {}
        for key in foreign_keys(self.admin, table):
            if key.table == "accounts_tenant":
                continue
            if key.table == "accounts_user":
                values.setdefault(key.here[0], self.house.user_id)
                continue
            if f"{table}.{key.here[-1]}" in VALUES:
                continue
            if key.table == table or (key.table in self.made and not self.made[key.table]):
                if key.here[-1] in required:
                    raise AssertionError(f"{table} and {key.table} point at each other; add it to VALUES")
                values[key.here[-1]] = None
                continue
            target = self._target(key.table)
            values.update({here: target[there] for here, there in zip(key.here, key.there, strict=True)})
        return values

    def _target(self, table: str) -> dict[str, Any]:
        if any(column.name == "tenant_id" for column in columns(self.admin, table)):
            return self.row(table)
        return self.house.shared_row(table)

    def _value(self, table: str, column: Column) -> Any:
        key = f"{table}.{column.name}"
        if key in self._choices:
            return self._choices[key]
        if column.name == "account_id":
            return self.house.house.account_ids[0]
        return self.plain(table, column)

    def plain(self, table: str, column: Column) -> Any:
        """Return a value that follows from the type alone."""
        kind = column.type
        mark = f"CNRY-{self.letter}-{table}-{column.name}"
        if kind in {"text", "character varying"}:
            return mark
        if kind.startswith("character varying("):
            room = int(kind[18:-1])
            return mark if len(mark) <= room else f"CNRY-{self.letter}-{next(self._small)}"[:room]
        simple = {
            "bigint": lambda: next(self._big),
            "integer": lambda: next(self._int),
            "smallint": lambda: next(self._small),
            "boolean": lambda: False,
            "jsonb": lambda: Jsonb({"canary": mark}),
            "bytea": lambda: json.dumps(mark).encode(),
            "date": lambda: date(2026, 11, 23),
            "inet": lambda: f"10.99.{ord(self.letter)}.{next(self._small)}",
            "double precision": lambda: 1.5,
            "real": lambda: 1.5,
            "uuid": lambda: None,
            "timestamp with time zone": lambda: datetime(2026, 11, 23, tzinfo=UTC),
        }
        if kind in simple:
            return simple[kind]()
        if kind.endswith("[]"):
            return None if not column.required else []
        raise AssertionError(f"{table}.{column.name} has the type {kind}: add it to VALUES")


def _choices_by_column() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if getattr(field, "choices", None) and not hasattr(field, "base_field"):
                found[f"{model._meta.db_table}.{field.column}"] = next(
                    value for value, _label in field.flatchoices if value not in ("", None)
                )
    return found
