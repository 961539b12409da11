"""Reads committed batches: pushed live by the core, gaps filled from the table.

The push is only a hint. Whatever is missing (because the reader started late, the core restarted, or the reader was
too slow for its socket) is read from the journal's table, so a reader sees every number once and in order.
"""

from __future__ import annotations

import collections
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg

from portal.lib.db import raw_connection
from portal.lib.paths import socket_path
from trading.core import protocol
from trading.core.journal import Batch, JournalCorrupt, Record, Row, decode_batch, rows_after

__all__ = ["Batch", "JournalReader", "Record"]

_TABLE_ROWS: Final = 200
_CONNECT_EVERY_S: Final = 0.5
_LOOK_EVERY_S: Final = 0.25
_SILENCE_S: Final = 1.0
_RECEIVE_BYTES: Final = 1024 * 1024
_RECEIVES_MAX: Final = 64
_DECODED_KEPT: Final = 64

_decode_frame = msgspec.msgpack.Decoder(protocol.BatchFrame).decode
_decode_welcome = msgspec.msgpack.Decoder(protocol.Welcome).decode


class _DecodedBatches:
    """The last batches decoded in this process: several followers read the same ones, decoding is the dear part."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: collections.OrderedDict[tuple[int, int], Batch] = collections.OrderedDict()

    def get(self, row: Row | protocol.BatchFrame, *, committed_ns: int) -> Batch:
        """Return the decoded batch; readers share it and must not change it."""
        key = (row.first_seq, hash(row.payload))
        with self._lock:
            batch = self._kept.get(key)
        if batch is not None:
            return batch
        batch = decode_batch(
            first_seq=row.first_seq,
            last_seq=row.last_seq,
            epoch=row.epoch,
            payload=row.payload,
            committed_ns=committed_ns,
        )
        with self._lock:
            self._kept[key] = batch
            while len(self._kept) > _DECODED_KEPT:
                self._kept.popitem(last=False)
        return batch


_decoded = _DecodedBatches()


class JournalReader:
    """Batches after a number, for one thread. Not to be shared between threads."""

    def __init__(
        self,
        after_seq: int,
        *,
        name: str = "reader",
        connect: Callable[[], psycopg.Connection[Any]] | None = None,
        path: Path | None = None,
    ) -> None:
        self.seq = after_seq
        self.name = name
        self._connect_table = connect or (lambda: raw_connection("core", application_name=f"aurum-{name}"))
        self._path = path
        self._table: psycopg.Connection[Any] | None = None
        self._pages: collections.deque[Row] = collections.deque()
        self._live: _LiveFeed | None = None
        self._next_connect_s = 0.0
        self._next_look_s = 0.0
        self._known_seq = 0  # the newest number known to be committed

    def read(self, *, max_commands: int = 20_000, wait_s: float = 1.0) -> list[Batch]:
        """Return the next batches, at least one, waiting at most `wait_s` for it; an empty list when none came."""
        deadline = time.monotonic() + wait_s
        while True:
            batches = self._take(max_commands)
            left_s = deadline - time.monotonic()
            if batches or left_s <= 0:
                return batches
            self._wait(min(left_s, _LOOK_EVERY_S))

    @property
    def live(self) -> bool:
        """Say whether a core pushes to this reader; without one it reads the table alone."""
        return self._live is not None

    def __iter__(self) -> Iterator[Batch]:
        while True:
            yield from self.read()

    def close(self) -> None:
        """Close both connections."""
        self._drop_live()
        if self._table is not None:
            self._table.close()
            self._table = None

    def _take(self, max_commands: int) -> list[Batch]:
        self._ensure_live()
        batches: list[Batch] = []
        count = 0
        while count < max_commands:
            batch = self._next_live() or self._next_from_table()
            if batch is None:
                break
            batches.append(batch)
            count += len(batch.records)
            self.seq = batch.last_seq
        return batches

    def _next_live(self) -> Batch | None:
        if self._live is None:
            return None
        frame = self._live.next_after(self.seq)
        if frame is None or frame.first_seq != self.seq + 1:
            return None
        self._pages.clear()
        return _decoded.get(frame, committed_ns=self._live.stamps[frame.first_seq])

    def _next_from_table(self) -> Batch | None:
        while self._pages and self._pages[0].last_seq <= self.seq:
            self._pages.popleft()
        if not self._pages:
            self._look()
            if not self._pages:
                return None
        row = self._pages.popleft()
        if row.first_seq != self.seq + 1:
            raise JournalCorrupt(f"{row.name} does not follow number {self.seq}")
        return _decoded.get(row, committed_ns=row.at_ns)

    def _look(self) -> None:
        """Fetch what the table has more: surely after a gap, now and then while nothing is pushed."""
        if self._live is not None:
            self._known_seq = max(self._known_seq, self._live.newest_seq)
        silent = self._live is None or self._live.silent_s > _SILENCE_S
        if self.seq >= self._known_seq and not (silent and time.monotonic() >= self._next_look_s):
            return
        self._next_look_s = time.monotonic() + _LOOK_EVERY_S
        self._pages.extend(rows_after(self._table_connection(), self.seq, limit=_TABLE_ROWS))
        if not self._pages:
            self._known_seq = min(self._known_seq, self.seq)
        elif self._live is not None and silent and self._live.newest_seq < self._pages[-1].last_seq:
            # Somebody else writes the journal: this feed is of a core that leads no more.
            self._drop_live()

    def _table_connection(self) -> psycopg.Connection[Any]:
        if self._table is None or self._table.closed or self._table.broken:
            self._table = self._connect_table()
        return self._table

    def _ensure_live(self) -> None:
        if self._live is not None:
            if not self._live.receive(wait_s=0.0):
                self._drop_live()
            return
        if time.monotonic() < self._next_connect_s:
            return
        self._next_connect_s = time.monotonic() + _CONNECT_EVERY_S
        self._live = _LiveFeed.connect(self._path or socket_path("core"), name=self.name)

    def _wait(self, wait_s: float) -> None:
        if self._live is None:
            time.sleep(wait_s)
        elif not self._live.receive(wait_s=wait_s):
            self._drop_live()

    def _drop_live(self) -> None:
        if self._live is not None:
            self._live.close()
            self._live = None


def batches_between(connection: psycopg.Connection[Any], *, after_seq: int, through_seq: int) -> Iterator[Batch]:
    """Yield the committed batches that hold any number of a range, out of the table alone."""
    found = connection.execute(
        "select first_seq from trading_journal where first_seq <= %s order by first_seq desc limit 1", [after_seq + 1]
    ).fetchone()
    seq = int(found[0]) - 1 if found else after_seq
    for row in rows_after(connection, seq):
        if row.first_seq > through_seq:
            return
        if row.first_seq != seq + 1:
            raise JournalCorrupt(f"{row.name} does not follow number {seq}")
        seq = row.last_seq
        yield decode_batch(
            first_seq=row.first_seq,
            last_seq=row.last_seq,
            epoch=row.epoch,
            payload=row.payload,
            committed_ns=row.at_ns,
        )


class _LiveFeed:
    """The core's pushes. What is not read in time is dropped by the core, never waited for."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._splitter = protocol.FrameSplitter()
        self._frames: collections.deque[protocol.BatchFrame] = collections.deque()
        self.stamps: dict[int, int] = {}
        self.newest_seq = 0
        self._heard_s = time.monotonic()

    @classmethod
    def connect(cls, path: Path, *, name: str) -> _LiveFeed | None:
        """Return a feed, or None when no core listens."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(1.0)
        hello = protocol.Hello(version=protocol.PROTOCOL_VERSION, name=name, role=protocol.FOLLOWER)
        try:
            connection.connect(str(path))
            connection.sendall(protocol.up_frame(protocol.HELLO, protocol.encode(hello)))
        except OSError:
            connection.close()
            return None
        connection.setblocking(False)
        return cls(connection)

    def receive(self, *, wait_s: float) -> bool:
        """Take what has arrived, waiting for something at most `wait_s`; False when the link is gone."""
        if wait_s > 0 and not select.select([self._socket], [], [], wait_s)[0]:
            return True
        try:
            for _ in range(_RECEIVES_MAX):
                data = self._socket.recv(_RECEIVE_BYTES)
                if not data:
                    return False
                for frame in self._splitter.feed(data):
                    self._received(frame)
        except BlockingIOError:
            return True
        except (OSError, protocol.FrameError, msgspec.MsgspecError):
            return False
        return True

    def next_after(self, seq: int) -> protocol.BatchFrame | None:
        """Return the first frame that ends above a number, without checking that it follows."""
        while self._frames and self._frames[0].last_seq <= seq:
            self.stamps.pop(self._frames.popleft().first_seq, None)
        return self._frames[0] if self._frames else None

    @property
    def silent_s(self) -> float:
        """How long nothing has come."""
        return time.monotonic() - self._heard_s

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _received(self, frame: bytes) -> None:
        self._heard_s = time.monotonic()
        body = memoryview(frame)[protocol.DOWN_EXTRA :]
        if frame[0] == protocol.BATCH:
            batch = _decode_frame(body)
            self._frames.append(batch)
            self.stamps[batch.first_seq] = int.from_bytes(frame[1:9], "little")
            self.newest_seq = max(self.newest_seq, batch.last_seq)
        elif frame[0] == protocol.WELCOME:
            self.newest_seq = max(self.newest_seq, _decode_welcome(body).seq)
