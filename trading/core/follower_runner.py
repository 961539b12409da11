"""Runs followers, each on a thread with its own connection and its own reader."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import psycopg

from portal.lib.db import raw_connection
from trading.core.followers import Follower, PositionMoved
from trading.core.journal import Batch
from trading.core.metrics_followers import FollowerMetrics
from trading.core.reader import JournalReader

log = logging.getLogger(__name__)

_IDLE_S: Final = 1.0
_RETRY_FIRST_S: Final = 0.2
_RETRY_MAX_S: Final = 5.0
# While no core answers one is probably recovering, and everybody waits for it: who is behind then works a third of the
# time and leaves the processor to it.
_YIELD: Final = 2.0
_YIELD_MAX_S: Final = 1.0


class FollowerThread(threading.Thread):
    """One follower. After any failure it begins again from its stored position, with growing pauses."""

    def __init__(
        self, name: str, factory: Callable[[], Follower], *, stop: threading.Event, metrics: FollowerMetrics
    ) -> None:
        super().__init__(name=f"follower-{name}", daemon=True)
        self._follower_name = name
        self._factory = factory
        self._halt = stop
        self._metrics = metrics

    def run(self) -> None:
        """Follow until told to stop."""
        wait_s = _RETRY_FIRST_S
        while not self._halt.is_set():
            began = time.monotonic()
            try:
                self._follow()
            except PositionMoved as problem:
                log.error("%s", problem)
            except (psycopg.Error, OSError) as problem:
                log.warning("follower %s lost its database: %s", self._follower_name, str(problem).strip())
            except Exception:
                log.exception("follower %s failed", self._follower_name)
            self._metrics.failures.labels(self._follower_name).inc()
            wait_s = _RETRY_FIRST_S if time.monotonic() - began > 60 else min(wait_s * 2, _RETRY_MAX_S)
            self._halt.wait(wait_s)

    def _follow(self) -> None:
        follower = self._factory()
        with raw_connection("core", autocommit=False, application_name=f"aurum-{self._follower_name}") as connection:
            if not follower.durable_commit:
                # What a follower wrote and a crash took away is written again from the journal.
                connection.execute("set synchronous_commit = off")
                connection.commit()
            with connection.transaction(), connection.cursor() as cursor:
                seq = follower.position(cursor)
                follower.prepare(cursor)
            reader = JournalReader(seq, name=self._follower_name)
            try:
                self._pump(follower, reader, connection)
            finally:
                reader.close()

    def _pump(self, follower: Follower, reader: JournalReader, connection: psycopg.Connection[Any]) -> None:
        while not self._halt.is_set():
            began = time.monotonic()
            batches = reader.read(max_commands=follower.max_commands, wait_s=_IDLE_S)
            if batches:
                self._flush(follower, batches, connection)
                took_s = time.monotonic() - began
                left_s = follower.min_gap_s - took_s
                if not reader.live:
                    left_s = max(left_s, min(_YIELD * took_s, _YIELD_MAX_S))
                if left_s > 0 and self._halt.wait(left_s):
                    return
            else:
                with connection.transaction(), connection.cursor() as cursor:
                    follower.idle(cursor)

    def _flush(self, follower: Follower, batches: list[Batch], connection: psycopg.Connection[Any]) -> None:
        with connection.transaction(), connection.cursor() as cursor:
            follower.handle(batches, cursor)
            follower.move(batches, cursor)
        committed_ns = time.time_ns()
        name = self._follower_name
        self._metrics.seq.labels(name).set(batches[-1].last_seq)
        self._metrics.lag_seconds.labels(name).observe((committed_ns - batches[0].records[0].at_ns) / 1e9)
        follower.committed(batches, committed_ns=committed_ns)
