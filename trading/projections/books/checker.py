"""Runs every check inside one view of the database, so that a breach is a breach and not two moments compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import psycopg
from psycopg import IsolationLevel

from trading.projections.books import delivery, money, orders, positions
from trading.projections.books.check import Check

CHECKS: Final[tuple[Check, ...]] = (*money.CHECKS, *positions.CHECKS, *orders.CHECKS, *delivery.CHECKS)
# Of one check a handful of examples is told, and how many there are.
EXAMPLES_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that does not hold."""

    code: str
    promise: str
    count: int
    examples: list[str]


@dataclass(slots=True)
class BooksReport:
    """What was found; `seq` is the journal number the tables stand at, `head` where the journal ends."""

    seq: int
    head: int
    checks: int
    breaches: list[Breach] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every promise holds."""
        return not self.breaches

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "ok": self.ok,
            "seq": self.seq,
            "head": self.head,
            "checks": self.checks,
            "breaches": [asdict(breach) for breach in self.breaches],
        }


def check_books(connection: psycopg.Connection[Any], *, checks: Sequence[Check] = CHECKS) -> BooksReport:
    """Run the checks in one REPEATABLE READ view. The role must see all tenants."""
    before = connection.isolation_level
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    try:
        with connection.transaction(), connection.cursor() as cursor:
            return run_checks(cursor, checks=checks)
    finally:
        connection.isolation_level = before
        connection.read_only = None


def run_checks(cursor: psycopg.Cursor[Any], *, checks: Sequence[Check] = CHECKS) -> BooksReport:
    """Run the checks inside the transaction that is open."""
    report = BooksReport(*_position(cursor), checks=len(checks))
    for check in checks:
        breach = _run(check, cursor)
        if breach is not None:
            report.breaches.append(breach)
    return report


def _position(cursor: psycopg.Cursor[Any]) -> tuple[int, int]:
    row = cursor.execute(
        "SELECT coalesce((SELECT seq FROM trading_follower_position WHERE name = 'projection'), 0),"
        " coalesce((SELECT max(last_seq) FROM trading_journal), 0)"
    ).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


def _run(check: Check, cursor: psycopg.Cursor[Any]) -> Breach | None:
    # The last column counts them all, so that five examples do not read as five breaches.
    cursor.execute(f"SELECT breach, count(*) OVER () FROM ({check.sql}) AS found(breach) LIMIT {EXAMPLES_MAX}")  # noqa: S608
    rows = cursor.fetchall()
    if not rows:
        return None
    return Breach(check.code, check.promise, int(rows[0][1]), [str(text) for text, _count in rows])
