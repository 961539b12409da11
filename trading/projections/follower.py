"""The projection as a follower of the journal: every range goes to all query tables in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

import psycopg

from trading.core.followers import Batch, Follower
from trading.projections.fold import Fold
from trading.projections.writer import Writer

Cursor = psycopg.Cursor[Any]

NAME: Final = "projection"
# Flushes kept in trading_follower_lag: about three minutes at full load.
RING_SLOTS: Final = 4096


class ProjectionFollower(Follower):
    """Journal → orders, fills, postings, account events, balances, positions, and the small tables."""

    name: ClassVar[str] = NAME
    max_commands: ClassVar[int] = 20_000
    min_gap_s: ClassVar[float] = 0.05

    def __init__(self) -> None:
        self._writer: Writer | None = None
        self._trading_day = 0
        self._flushes = 0
        # The last flush's stamp: its lag is known only after its commit, so the next one writes it.
        self._stamp: tuple[int, int, int, int, int, int] | None = None

    def prepare(self, cursor: Cursor) -> None:
        """Set up the connection and read the trading day at our position."""
        self._writer = Writer(cursor)
        row = cursor.execute("SELECT trading_day FROM trading_day ORDER BY day_number DESC LIMIT 1").fetchone()
        self._trading_day = int(row[0]) if row else 0
        row = cursor.execute(
            "SELECT slot FROM trading_follower_lag WHERE name = %s ORDER BY committed_ns DESC LIMIT 1", [self.name]
        ).fetchone()
        self._flushes = int(row[0]) + 1 if row else 0
        self._stamp = None

    def handle(self, batches: Sequence[Batch], cursor: Cursor) -> None:
        """Write what the batches mean, day by day."""
        if self._writer is None:
            raise RuntimeError("prepare() comes first")
        fold = Fold(trading_day=self._trading_day)
        for batch in batches:
            for record in batch.records:
                fold.add(record)
                if fold.day_ended:
                    self._writer.write(fold, cursor)
                    fold = Fold(trading_day=fold.trading_day)
        self._writer.write(fold, cursor)
        self._write_stamp(cursor)
        self._next_day = fold.trading_day

    def committed(self, batches: Sequence[Batch], *, committed_ns: int) -> None:
        """Take the lag of what has just become visible."""
        self._trading_day = self._next_day
        first, last = batches[0].records[0].at_ns, batches[-1].records[-1].at_ns
        oldest, newest = committed_ns - first, committed_ns - last
        commands = batches[-1].last_seq - batches[0].first_seq + 1
        self._stamp = (batches[0].first_seq, batches[-1].last_seq, commands, oldest, newest, committed_ns)

    def idle(self, cursor: Cursor) -> None:
        """Write the last flush's stamp although no further flush follows."""
        self._write_stamp(cursor)

    def _write_stamp(self, cursor: Cursor) -> None:
        if self._stamp is None:
            return
        cursor.execute(
            "INSERT INTO trading_follower_lag (name, slot, first_seq, last_seq, orders, oldest_ns, newest_ns,"
            " committed_ns) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (name, slot) DO UPDATE SET"
            " first_seq = excluded.first_seq, last_seq = excluded.last_seq, orders = excluded.orders,"
            " oldest_ns = excluded.oldest_ns, newest_ns = excluded.newest_ns, committed_ns = excluded.committed_ns",
            [self.name, self._flushes % RING_SLOTS, *self._stamp],
        )
        self._flushes += 1
        self._stamp = None
