"""The message list as commands of accounts: through the whole engine, live as the core does it, and again in replay.

Before the list every account trades once, so that it holds a position, as accounts that trade all day do.
"""

from __future__ import annotations

import gc
import itertools
import tracemalloc
from collections.abc import Iterator
from time import process_time
from typing import Any, Final

import msgspec

from tests.benchmarks.engine_bench_exchanges import OurRun, count_fills
from tests.benchmarks.engine_bench_list import CANCEL, CHANGE, MARKET_ORDER, Message, MessageList
from trading.core.journal import EMPTY_HEAD, Row, encode_records, sealed_row
from trading.core.replay import Recovered, replay_row
from trading.core.rig.market import FIRST_ACCOUNT_ID, INSTRUMENT_ID, TRADING_DAY, opening_commands, tenant_of
from trading.engine.book_order import BookOrder
from trading.engine.commands import AnyCommand, CancelOrder, PlaceOrder, ReplaceOrder
from trading.engine.events import CommandRefused, OrderRejected, Trade
from trading.engine.exchange.book import Book
from trading.engine.machine import Machine
from trading.engine.types import AUTO, BUY, DAY, ENGINE_VERSION, IOC, LIMIT, MARKET, OPEN, SELL

TENANTS: Final = 10
FRAME: Final = 32
"""Commands that a link brings in one message."""
BATCH: Final = 128
"""Commands of one journal row."""
_MIDDLE: Final = 39_000
_decode_frame: Final = msgspec.msgpack.Decoder(list[AnyCommand]).decode


class CommandRun:
    """A machine with its accounts and a stream of commands; `replica` is a second one that executes them again."""

    def __init__(self, *, accounts: int, resting: int, count: int, replica: bool) -> None:
        self._count, self._with_replica = count, replica
        self._listed = MessageList(resting=resting, accounts=accounts)
        self._first = accounts  # numbers of orders before the list
        self._qty_of: dict[int, int] = {}
        self._check = OurRun()
        self.machine = Machine()
        self._at_ns = 1
        self._seq = 0
        self._rows: list[Row] = []
        self._replica = Recovered(Machine(), EMPTY_HEAD, 0, 0, 0, 0, 0.0)
        resting_orders = self._listed.opening()
        self._check.run(resting_orders)
        for command in itertools.chain(_opening(accounts), map(self._command, resting_orders)):
            self.machine.apply(command, 1, 1)
            if replica:
                self._replica.machine.apply(command, 1, 1)
        self._seq = self.machine.seq

    def stretch(self, what: str) -> dict[str, Any]:
        """Run the next commands one way: apply alone, live, or what was journaled again."""
        gc.collect()
        return self.replay() if what == "replay" else self.go_on(live=what == "live")

    def go_on(self, *, live: bool) -> dict[str, Any]:
        """Run the next commands as the core does, a journal row at a time: decode, apply, encode, forget.

        The clock runs for all of it when `live`, else for apply alone. Events are not kept past their row, because the
        core keeps none, and what is fresh in a cache there must be so here.
        """
        messages = self._listed.next(self._count)
        fills = {"fills": 0, "lots": 0, "turnover": 0}
        apply, at_ns, took_s = self.machine.apply, self._at_ns, 0.0
        for frames in self._batches(messages):
            started_s = process_time()
            commands = [command for frame in frames for command in _decode_frame(frame)]
            if not live:
                started_s = process_time()
            times = range(at_ns + 1, at_ns + 1 + len(commands))
            told = list(map(apply, commands, times, times))  # no loop of our own in what is measured
            if not live:
                took_s += process_time() - started_s
            records = list(zip(commands, times, times, told, strict=True))
            at_ns += len(records)
            payload = encode_records(records)
            if live:
                took_s += process_time() - started_s
            _count_trades(records, fills)
            self._journal(payload, len(records), at_ns)
        self._at_ns = at_ns
        wanted = count_fills("matching", self._check.run(messages))
        if fills != wanted:
            raise SystemExit(f"the machine gave {fills}, the exchange alone {wanted}")
        return {"per_s": len(messages) / took_s} | fills

    def _batches(self, messages: list[Message]) -> Iterator[list[bytes]]:
        """The commands as the links' frames that make up one journal row each."""
        commands = [self._command(message) for message in messages]
        frames = [msgspec.msgpack.encode(commands[at : at + FRAME]) for at in range(0, len(commands), FRAME)]
        for at in range(0, len(frames), BATCH // FRAME):
            yield frames[at : at + BATCH // FRAME]

    def replay(self) -> dict[str, Any]:
        """What was done since the last replay, executed again from the journal's bytes and compared with them."""
        before = self._replica.commands
        started_s = process_time()
        for row in self._rows:
            replay_row(self._replica, row)
        took_s = process_time() - started_s
        self._rows.clear()
        return {"per_s": (self._replica.commands - before) / took_s}

    def _journal(self, payload: bytes, count: int, at_ns: int) -> None:
        """Keep a row for the replica."""
        if self._with_replica:
            self._rows.append(
                sealed_row(
                    prev_hash=EMPTY_HEAD.hash, first_seq=self._seq + 1, last_seq=self._seq + count, epoch=1,
                    engine_version=ENGINE_VERSION, at_ns=at_ns, payload=payload,
                )
            )  # fmt: skip
        self._seq += count

    def _command(self, message: Message) -> AnyCommand:
        account_id = FIRST_ACCOUNT_ID + message.account
        tenant_id, order_id = tenant_of(message.account, tenants=TENANTS), self._first + message.number
        if message.kind == CANCEL:
            return CancelOrder(tenant_id, account_id, order_id, "", "bench")
        if message.kind == CHANGE:
            return ReplaceOrder(
                tenant_id, account_id, order_id, self._qty_of[message.number], message.price_ticks, "bench"
            )
        self._qty_of[message.number] = message.qty
        market = message.kind == MARKET_ORDER
        return PlaceOrder(
            tenant_id, account_id, f"b-{message.number}", TRADING_DAY, INSTRUMENT_ID, message.side,
            AUTO if message.closes else OPEN, MARKET if market else LIMIT, IOC if market else DAY, message.qty,
            message.price_ticks, "bench",
        )  # fmt: skip


def _count_trades(records: list[tuple[Any, int, int, list[Any]]], fills: dict[str, int]) -> None:
    """Add up the trades; nothing of the list may be refused, or the flow would not be the list's."""
    for command, _at_ns, _market_ns, events in records:
        if type(events[0]) in (CommandRefused, OrderRejected):
            raise SystemExit(f"{command} was refused: {events[0]}")
        for event in events:
            if type(event) is Trade:
                fills["fills"] += 1
                fills["lots"] += event.qty
                fills["turnover"] += event.qty * event.price_ticks


def _opening(accounts: int) -> list[AnyCommand]:
    """The market, the accounts, and a trade between each two of them."""
    commands: list[Any] = opening_commands(accounts=accounts, tenants=TENANTS)
    for number in range(accounts):
        side, price = (SELL, _MIDDLE) if number % 2 == 0 else (BUY, _MIDDLE)
        tenant_id, account_id = tenant_of(number, tenants=TENANTS), FIRST_ACCOUNT_ID + number
        commands.append(
            PlaceOrder(
                tenant_id, account_id, f"o-{number}", TRADING_DAY, INSTRUMENT_ID, side, OPEN, LIMIT, DAY, 1, price,
                "bench",
            )
        )  # fmt: skip
    return commands


def bytes_per_node(count: int = 100_000, levels: int = 160) -> int:
    """What one resting order takes in the book: its node with its numbers, and its share of the levels."""
    gc.collect()
    group_key = 14_002
    tracemalloc.start()
    book = Book()
    for number in range(count):
        side = BUY if number % 2 else SELL
        away = 1 + number // 2 % (levels // 2)
        book.add(BookOrder(number + 1_000_000, side, _MIDDLE + (away if side == SELL else -away), 5, group_key))
    size, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return round(size / count)


def bytes_per_open_order(count: int = 100_000, accounts: int = 1_000) -> int:
    """What one open order takes in the whole engine: node, counter's side, indexes, and the day's memory of it."""
    machine = Machine()
    for command in _opening(accounts):
        machine.apply(command, 1, 1)
    encoded = []
    for number in range(count):
        account, side = number % accounts, BUY if number % 2 else SELL
        price = _MIDDLE + (1 + number // 2 % 80) * (1 if side == SELL else -1)
        command = PlaceOrder(
            tenant_of(account, tenants=TENANTS), FIRST_ACCOUNT_ID + account, f"b-{number}", TRADING_DAY,
            INSTRUMENT_ID, side, OPEN, LIMIT, DAY, 5, price, "bench",
        )  # fmt: skip
        encoded.append(msgspec.msgpack.encode([command]))
    gc.collect()
    tracemalloc.start()
    for at_ns, frame in enumerate(encoded, 2):
        machine.apply(_decode_frame(frame)[0], at_ns, at_ns)
    size, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    if len(machine.state.orders) != count:
        raise SystemExit(f"{len(machine.state.orders)} of {count} orders are open")
    return round(size / count)
