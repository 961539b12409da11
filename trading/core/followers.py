"""Followers: tasks that turn committed batches into rows, alerts, bars, each at its own pace.

A follower writes what a range of the journal means and moves its position in the same transaction, so a crash
between the two is impossible and a range is never written twice. Apps register theirs in `AppConfig.ready`;
`manage.py runfollowers` runs them all, each on a thread and a connection of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

import psycopg

from trading.core.journal import Batch, Record

__all__ = ["Batch", "Follower", "Record", "register", "registered"]

Cursor = psycopg.Cursor[Any]


class Follower:
    """Base of all followers. `handle` is called in an open transaction; position and effects commit together."""

    name: ClassVar[str]
    #: Commands handed over at most in one call: bounds the length of a transaction.
    max_commands: ClassVar[int] = 20_000
    #: Least time between two flushes: many small transactions would eat a core.
    min_gap_s: ClassVar[float] = 0.05
    #: A follower that may lose nothing sets True; one that shows only the present may skip the past with False.
    durable_commit: ClassVar[bool] = False

    def prepare(self, cursor: Cursor) -> None:
        """Load what `handle` needs before the first batch; called after `position`, again after every failure."""

    def handle(self, batches: Sequence[Batch], cursor: Cursor) -> None:
        """Write what the batches mean. Must not commit."""
        raise NotImplementedError

    def idle(self, cursor: Cursor) -> None:
        """Called about once a second while no batch comes, in a transaction of its own."""

    def committed(self, batches: Sequence[Batch], *, committed_ns: int) -> None:
        """Called after the commit returned, for lag figures and wake-up calls."""

    def position(self, cursor: Cursor) -> int:
        """Return the last number this follower has written; its row is made at the first call."""
        cursor.execute(
            "insert into trading_follower_position (name, seq, at_ns, written_ns) values (%s, 0, 0, 0)"
            " on conflict (name) do nothing",
            [self.name],
        )
        row = cursor.execute("select seq from trading_follower_position where name = %s", [self.name]).fetchone()
        return int(row[0]) if row else 0

    def move(self, batches: Sequence[Batch], cursor: Cursor) -> None:
        """Move the position row past the batches; refuses when somebody else has moved it meanwhile."""
        last = batches[-1]
        cursor.execute(
            "update trading_follower_position set seq = %s, at_ns = %s, written_ns = %s where name = %s and seq = %s",
            [last.last_seq, last.records[-1].at_ns, time.time_ns(), self.name, batches[0].first_seq - 1],
        )
        if cursor.rowcount != 1:
            raise PositionMoved(f"follower {self.name} is not at {batches[0].first_seq - 1}: does a second one run?")


class PositionMoved(Exception):  # noqa: N818
    """Another process writes under this follower's name."""


_factories: Final[dict[str, Callable[[], Follower]]] = {}


def register(name: str, factory: Callable[[], Follower]) -> None:
    """Add a follower; `factory` is called in the process that runs it, never at import time."""
    _factories[name] = factory


def registered() -> dict[str, Callable[[], Follower]]:
    """Return the registered followers by name."""
    return dict(_factories)
