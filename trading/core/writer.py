"""Appends journal rows over one libpq connection that the core's own event loop drives: no thread, no extra hop.

While a row is being committed the loop goes on reading frames, so the running commit is the batching window.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Callable
from typing import Any, Final

import psycopg
from psycopg import pq

from trading.core.journal import APPEND_SQL, APPEND_TYPES, EMPTY_HEAD, HEAD_SQL, Head, Row

log = logging.getLogger(__name__)

_CONNECT_TIMEOUT_S: Final = 3
_STATEMENT: Final = b"append"
_BINARY_FORMATS: Final = [pq.Format.BINARY] * len(APPEND_TYPES)
_TYPE_OIDS: Final = {"bigint": 20, "integer": 23, "bytea": 17}
_INT8: Final = struct.Struct("!q").pack
_INT4: Final = struct.Struct("!i").pack

# A silent peer must be noticed, a commit must be durable whatever the server's default is, and a killed core's
# backend must not go on working for nobody.
SESSION_SQL: Final = "set synchronous_commit = on; set client_connection_check_interval = '1s'"
_TCP_OPTIONS: Final[dict[str, Any]] = {
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


async def connect(dsn: str, *, name: str) -> psycopg.AsyncConnection[Any]:
    """Open a connection of the core without stopping its loop."""
    connection = await asyncio.wait_for(
        psycopg.AsyncConnection.connect(
            dsn, autocommit=True, application_name=name, connect_timeout=_CONNECT_TIMEOUT_S, **_TCP_OPTIONS
        ),
        timeout=_CONNECT_TIMEOUT_S + 1,
    )
    await connection.execute(SESSION_SQL)
    return connection


class JournalWriter:
    """One row in flight at a time.

    `on_written(rows)` is called when the server has said what became of the row: 1 committed, 0 the epoch is no
    longer ours. `on_lost(error)` is called when that is unknown, and when the idle connection breaks.
    """

    def __init__(self, dsn: str, *, on_written: Callable[[int], None], on_lost: Callable[[str], None]) -> None:
        self._dsn = dsn
        self._on_written = on_written
        self._on_lost = on_lost
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._pgconn: pq.abc.PGconn
        self._descriptor = -1
        self._in_flight = False
        self._writing = False
        self._results: list[pq.abc.PGresult] = []

    async def open(self) -> tuple[Head, int]:
        """Connect and return the journal's head and the epoch in force; then the writer is ready."""
        self.close()
        connection = await connect(self._dsn, name="aurum-core-journal")
        try:
            head_row = await (await connection.cursor(binary=True).execute(HEAD_SQL)).fetchone()
            epoch_row = await (await connection.execute("select epoch from trading_epoch")).fetchone()
        except BaseException:
            await connection.close()
            raise
        self._take(connection)
        return (Head(*head_row) if head_row else EMPTY_HEAD), int(epoch_row[0]) if epoch_row else 0

    def append(self, row: Row) -> None:
        """Send the row and its commit; the outcome comes by callback."""
        self._in_flight = True
        self._results.clear()
        parameters = [
            _INT8(row.first_seq),
            _INT8(row.last_seq),
            _INT8(row.epoch),
            _INT4(row.engine_version),
            _INT8(row.at_ns),
            row.prev_hash,
            row.hash,
            row.payload,
        ]
        try:
            self._pgconn.send_query_prepared(_STATEMENT, parameters, _BINARY_FORMATS, pq.Format.BINARY)
            self._flush()
        except psycopg.OperationalError as problem:
            # From inside the caller's turn the loss must arrive like any other: later, from the loop.
            asyncio.get_running_loop().call_soon(self._lost, self._connection, str(problem))

    def close(self) -> None:
        """Let the connection go without waiting for anything."""
        if self._connection is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._descriptor)
        loop.remove_writer(self._descriptor)
        self._connection.pgconn.finish()
        self._connection = None
        self._in_flight = False
        self._writing = False

    def _take(self, connection: psycopg.AsyncConnection[Any]) -> None:
        pgconn = connection.pgconn
        result = pgconn.prepare(_STATEMENT, APPEND_SQL.encode(), [_TYPE_OIDS[name] for name in APPEND_TYPES])
        if result.status != pq.ExecStatus.COMMAND_OK:
            message = pgconn.get_error_message()
            pgconn.finish()
            raise psycopg.OperationalError(message)
        pgconn.nonblocking = 1
        self._connection, self._pgconn, self._descriptor = connection, pgconn, pgconn.socket
        asyncio.get_running_loop().add_reader(self._descriptor, self._readable)

    def _flush(self) -> None:
        # A big row may not fit into the socket's buffer; the rest goes when there is room.
        blocked = self._pgconn.flush() == 1
        if blocked and not self._writing:
            asyncio.get_running_loop().add_writer(self._descriptor, self._writable)
        elif not blocked and self._writing:
            asyncio.get_running_loop().remove_writer(self._descriptor)
        self._writing = blocked

    def _writable(self) -> None:
        try:
            # The server may be waiting for us to read before it reads on.
            self._pgconn.consume_input()
            self._flush()
        except psycopg.OperationalError as problem:
            self._lost(self._connection, str(problem))

    def _readable(self) -> None:
        pgconn = self._pgconn
        try:
            pgconn.consume_input()
            if not self._in_flight:
                if pgconn.status != pq.ConnStatus.OK:
                    self._lost(self._connection, "the connection to the journal was closed")
                return
            # CommandComplete may come before the commit; only the end of the results says it is durable.
            while not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    self._finished()
                    return
                self._results.append(result)
        except psycopg.OperationalError as problem:
            self._lost(self._connection, str(problem))

    def _finished(self) -> None:
        self._in_flight = False
        last = self._results[-1] if self._results else None
        if last is None or last.status != pq.ExecStatus.COMMAND_OK or len(self._results) != 1:
            message = last.error_message.decode(errors="replace").strip() if last is not None else "no result"
            self._lost(self._connection, message)
            return
        self._on_written(last.command_tuples or 0)

    def _lost(self, connection: psycopg.AsyncConnection[Any] | None, message: str) -> None:
        if connection is None or connection is not self._connection:
            return
        log.warning("the journal's connection is lost: %s", message.strip())
        self.close()
        self._on_lost(message.strip())
