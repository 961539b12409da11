"""What the sockets read from the database, off the event loop's thread, each question in its tenant's scope."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from django.db import DatabaseError, close_old_connections

from accounts.tenancy.context import tenant_scope
from trading.models import Bar, ContractDay, FollowerPosition, KillSwitch
from trading.selectors import account_stream
from trading.shapes.contracts import Contracts
from trading.shapes.orders import OrderState
from trading.sockets.market import MinuteBar

THREADS: Final = 4
_Result = TypeVar("_Result")
_pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="socket-db")

StoredFrames = list[tuple[int, bytes]]


class StoreUnavailable(Exception):  # noqa: N818  (the name is the statement)
    """The database did not answer."""


class Store(Protocol):
    """What the hub asks; tests answer from memory."""

    async def frames_after(
        self, *, tenant_id: int, account_id: int, after_seq: int, limit: int, contracts: Contracts
    ) -> StoredFrames:
        """Return (number, frame) of an account's events above a number, as far as they are stored."""

    async def order(self, *, tenant_id: int, account_id: int, order_id: int, contracts: Contracts) -> OrderState | None:
        """Return an order as it is stored."""

    async def minute(self, *, instrument_id: int) -> tuple[int, MinuteBar | None, int]:
        """Return (number the bars reach, newest minute, number it reaches)."""

    async def contract_day(self, *, instrument_id: int, trading_day: int) -> tuple[int, int | None] | None:
        """Return (open interest of the day before, settlement price) of a contract's day; None when it is not there."""

    async def kills(self, *, tenant_id: int) -> list[tuple[int, int]]:
        """Return the (scope, target) of the kill switches that are thrown, as a tenant may know them."""


class DatabaseStore:
    """The query tables."""

    async def frames_after(
        self, *, tenant_id: int, account_id: int, after_seq: int, limit: int, contracts: Contracts
    ) -> StoredFrames:
        """See `Store`."""
        ask = partial(
            account_stream.frames_after,
            tenant_id=tenant_id,
            account_id=account_id,
            after_seq=after_seq,
            limit=limit,
            contracts=contracts,
        )
        return await _ask(partial(_scoped, tenant_id, ask))

    async def order(self, *, tenant_id: int, account_id: int, order_id: int, contracts: Contracts) -> OrderState | None:
        """See `Store`."""
        ask = partial(account_stream.stored_order, account_id=account_id, order_id=order_id, contracts=contracts)
        return await _ask(partial(_scoped, tenant_id, ask))

    async def minute(self, *, instrument_id: int) -> tuple[int, MinuteBar | None, int]:
        """See `Store`."""
        return await _ask(partial(_minute, instrument_id))

    async def contract_day(self, *, instrument_id: int, trading_day: int) -> tuple[int, int | None] | None:
        """See `Store`."""
        return await _ask(partial(_contract_day, instrument_id, trading_day))

    async def kills(self, *, tenant_id: int) -> list[tuple[int, int]]:
        """See `Store`."""
        return await _ask(partial(_scoped, tenant_id, _kills))


async def in_thread(work: Callable[[], _Result]) -> _Result:
    """Run a piece of database work on a thread of the sockets' own and give its connection back."""
    return await asyncio.get_running_loop().run_in_executor(_pool, partial(_with_connection, work))


async def _ask(work: Callable[[], Any]) -> Any:
    try:
        return await in_thread(work)
    except DatabaseError as problem:
        raise StoreUnavailable(str(problem)) from problem


def _with_connection(work: Callable[[], _Result]) -> _Result:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()


def _scoped(tenant_id: int, ask: Callable[[], Any]) -> Any:
    with tenant_scope(tenant_id=tenant_id):
        return ask()


def _kills() -> list[tuple[int, int]]:
    return list(KillSwitch.objects.filter(on=True).values_list("scope", "target_id"))


def _contract_day(instrument_id: int, trading_day: int) -> tuple[int, int | None] | None:
    rows = ContractDay.objects.filter(instrument_id=instrument_id, trading_day=trading_day)
    return rows.values_list("previous_open_interest", "settlement_ticks").first()


def _minute(instrument_id: int) -> tuple[int, MinuteBar | None, int]:
    row = Bar.objects.filter(instrument_id=instrument_id, period_s=60).order_by("-start_s").first()
    reached = FollowerPosition.objects.filter(name="marketdata").values_list("seq", flat=True).first() or 0
    if row is None:
        return reached, None, 0
    bar = MinuteBar(start_ns=row.start_s * 1_000_000_000, price=row.open_ticks)
    bar.high, bar.low, bar.close = row.high_ticks, row.low_ticks, row.close_ticks
    bar.volume, bar.open_interest, bar.seq = row.volume, row.open_interest, row.through_seq
    return reached, bar, row.through_seq
