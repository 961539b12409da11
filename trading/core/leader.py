"""Who may write: an advisory lock keeps a second core waiting, an epoch in every write fences a stale one.

The lock alone is not enough, because a restart of PostgreSQL drops it while the old core lives; the epoch alone is
not enough, because two fresh cores would bump it in turn. The lock sits on a connection that is always idle: a
backend that is killed inside a query would keep it until the query ends.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from typing import Any, Final

import psycopg

from trading.core.writer import connect

log = logging.getLogger(__name__)

LOCK_KEY: Final = 0x4155_5255_4D01  # "AURUM", core
_POLL_S: Final = 0.05
_TAKE_OVER_S: Final = 15.0
_REGAIN_S: Final = 10.0


class NotLeader(Exception):  # noqa: N818
    """Another core leads; the text says which."""


class Leadership:
    """This process's right to write. `on_lost` is called once, from the loop, when another core has taken it."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._lock: psycopg.AsyncConnection[Any] | None = None
        self._descriptor = -1
        self._on_lost: Callable[[str], None] = lambda reason: None
        self._regaining: asyncio.Task[None] | None = None
        self.epoch = 0

    async def acquire(self, *, take_over: bool, wait_s: float) -> int:
        """Become the leader and return the new epoch, or raise `NotLeader` with the name of the one that leads."""
        connection = await connect(self._dsn, name="aurum-core-lock")
        try:
            if take_over:
                self.epoch = await self._bump(connection)
                await self._evict(connection)
                wait_s = _TAKE_OVER_S
            if not await _lock_within(connection, wait_s=wait_s):
                raise NotLeader(await leader_words(connection))
            # Whoever took over while we waited has a higher epoch: ours is taken under the lock in any case.
            self.epoch = await self._bump(connection)
        except BaseException:
            await connection.close()
            raise
        self._lock = connection
        return self.epoch

    def watch(self, on_lost: Callable[[str], None]) -> None:
        """From now on notice when the lock's connection breaks, and get the lock back or give up."""
        self._on_lost = on_lost
        assert self._lock is not None  # noqa: S101
        self._descriptor = self._lock.pgconn.socket
        asyncio.get_running_loop().add_reader(self._descriptor, self._readable)

    async def release(self) -> None:
        """Give the lock back."""
        if self._regaining is not None:
            self._regaining.cancel()
        if self._lock is not None:
            if self._descriptor >= 0:
                asyncio.get_running_loop().remove_reader(self._descriptor)
            await self._lock.close()
            self._lock = None

    def _readable(self) -> None:
        assert self._lock is not None  # noqa: S101
        try:
            self._lock.pgconn.consume_input()
            return
        except psycopg.OperationalError:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            self._lock.pgconn.finish()
            self._lock = None
        self._regaining = asyncio.get_running_loop().create_task(self._regain(), name="core-lock")

    async def _regain(self) -> None:
        """After a restart of PostgreSQL the lock is free again: take it, unless somebody else leads by now."""
        started: float | None = None
        while True:
            try:
                connection = await connect(self._dsn, name="aurum-core-lock")
                row = await (await connection.execute("select epoch from trading_epoch")).fetchone()
                if row is None or int(row[0]) != self.epoch:
                    self._on_lost(await leader_words(connection))
                    return
                if await _lock_within(connection, wait_s=0.0):
                    self._lock = connection
                    self.watch(self._on_lost)
                    return
                started = started or time.monotonic()
                if time.monotonic() - started > _REGAIN_S:
                    self._on_lost(await leader_words(connection))
                    return
                await connection.close()
            except (psycopg.Error, OSError, TimeoutError):
                pass
            await asyncio.sleep(_POLL_S * 4)

    async def _bump(self, connection: psycopg.AsyncConnection[Any]) -> int:
        row = await (
            await connection.execute(
                "update trading_epoch set epoch = epoch + 1, leader = %s, leads_since = now() returning epoch",
                [f"process {os.getpid()} on {socket.gethostname()}"],
            )
        ).fetchone()
        if row is None:
            raise NotLeader("the table trading_epoch is empty: run `manage.py migrate`")
        return int(row[0])

    async def _evict(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """End the lock holder's session; its process notices that its epoch is stale and exits when it runs again."""
        await connection.execute(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted"
            " and pid <> pg_backend_pid() and database = (select oid from pg_database where datname ="
            " current_database()) and ((classid::bigint << 32) | objid::bigint) = %s",
            [LOCK_KEY],
        )


async def _lock_within(connection: psycopg.AsyncConnection[Any], *, wait_s: float) -> bool:
    deadline = time.monotonic() + wait_s
    while True:
        row = await (await connection.execute("select pg_try_advisory_lock(%s)", [LOCK_KEY])).fetchone()
        if row is not None and row[0]:
            return True
        if time.monotonic() >= deadline:
            return False
        await asyncio.sleep(_POLL_S)


async def leader_words(connection: psycopg.AsyncConnection[Any]) -> str:
    """Return a sentence about the core that leads."""
    row = await (await connection.execute("select epoch, leader, leads_since from trading_epoch")).fetchone()
    if row is None:
        return "nobody leads"
    since = f" since {row[2]:%Y-%m-%d %H:%M:%S %Z}" if row[2] else ""
    return f"epoch {row[0]} is led by {row[1] or 'nobody'}{since}"
