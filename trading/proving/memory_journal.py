"""A journal in memory behind the interface of the real one: rows are appended under an epoch, recovery asks in SQL.

What PostgreSQL does for the core is done here by hand: the epoch guard of `APPEND_SQL`, the key on `first_seq`, and
the handful of questions that `trading.core.replay` and `trading.core.snapshots` ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from trading.core.journal import EMPTY_HEAD, Head, Row, head_of


class MemoryJournal:
    """Rows, snapshots and the epoch in force. What lies here is durable."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.snapshots: dict[tuple[int, int], tuple[Any, ...]] = {}
        self.segments: dict[bytes, bytes] = {}
        self.epoch = 0

    @property
    def head(self) -> Head:
        """Where it ends."""
        return head_of(self.rows[-1]) if self.rows else EMPTY_HEAD

    def is_leading(self, row: Row) -> bool:
        """Whether the row's epoch is the one in force."""
        return row.epoch == self.epoch

    def write(self, row: Row) -> int:
        """Insert a row and commit: 1, or 0 when its epoch is over."""
        if not self.is_leading(row):
            return 0
        if any(old.first_seq == row.first_seq for old in self.rows[-3:]):
            raise KeyError(f"{row.name} is there already")
        self.rows.append(row)
        return 1

    def connection(self) -> Any:
        """What recovery takes for a connection to PostgreSQL."""
        return MemoryConnection(self)


class MemoryConnection:
    """Answers the questions of recovery. Cursors are answers; nothing is ever open."""

    def __init__(self, journal: MemoryJournal, found: Sequence[tuple[Any, ...]] = ()) -> None:
        self._journal = journal
        self._found = list(found)

    def cursor(self, **_options: Any) -> MemoryConnection:
        """A cursor is a connection that has answered nothing yet."""
        return MemoryConnection(self._journal)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything here happens at once anyway."""
        yield

    def fetchone(self) -> tuple[Any, ...] | None:
        """The first row of the answer."""
        return self._found[0] if self._found else None

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows of the answer."""
        return self._found

    def execute(self, sql: str, given: Sequence[Any] = ()) -> MemoryConnection:
        """Answer one of the known questions."""
        if "trading_snapshot_segment" in sql:
            self._found = self._about_segments(sql, given)
        else:
            about = self._about_snapshots if "trading_snapshot" in sql else self._about_rows
            self._found = about(sql, given)
        return self

    def _about_segments(self, sql: str, given: Sequence[Any]) -> list[tuple[Any, ...]]:
        stored = self._journal.segments
        if sql.startswith("insert"):
            stored.setdefault(given[0], given[2])
        elif sql.startswith("delete"):
            named = {name for row in self._journal.snapshots.values() for name in row[7]}
            self._journal.segments = {name: body for name, body in stored.items() if name in named}
        elif sql.startswith("select"):
            found = [(name, stored[name]) for name in given[0] if name in stored]
            return [(len(found),)] if "count(*)" in sql else list(found)
        return []

    def _about_snapshots(self, sql: str, given: Sequence[Any]) -> list[tuple[Any, ...]]:
        stored = self._journal.snapshots
        if sql.startswith("insert"):
            seq, version, _epoch, journal_hash, state_hash, at_ns, market_ns, body, segments = given
            row = (seq, version, journal_hash, state_hash, at_ns, market_ns, body, segments)
            stored.setdefault((seq, version), row)
            return []
        if sql.startswith("delete"):
            kept = sorted(key for key in stored if key[1] == given[0])[-given[2] :]
            self._journal.snapshots = {key: row for key, row in stored.items() if key in kept or key[1] != given[0]}
            return []
        if "order by seq desc" in sql:
            return sorted(stored, reverse=True)
        return [stored[given[0], given[1]]]

    def _about_rows(self, sql: str, given: Sequence[Any]) -> list[tuple[Any, ...]]:
        rows = self._journal.rows
        if "first_seq <= %s" in sql:
            before = [row for row in rows if row.first_seq <= given[0]]
            return [(row.last_seq, row.hash, row.epoch) for row in before[-1:]]
        after = [row for row in rows if row.first_seq > given[0]]
        if sql.startswith("select 1"):
            return [(1,)] if after else []
        return [
            (
                row.first_seq,
                row.last_seq,
                row.epoch,
                row.engine_version,
                row.at_ns,
                row.prev_hash,
                row.hash,
                row.payload,
            )
            for row in after[: given[1]]
        ]
