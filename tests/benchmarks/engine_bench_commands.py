"""The message list as commands of accounts: through the whole engine, live as the core does it, and again in replay.

Before the list every account trades once, so that it holds a position, as accounts that trade all day do.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterable
from time import perf_counter
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
        self._machine = Machine()
        self._at_ns = 0
        self._seq = 0
        self._rows: list[Row] = []
        self._replica = Recovered(Machine(), EMPTY_HEAD, 0, 0, 0, 0, 0.0)
        resting_orders = self._listed.opening()
        self._check.run(resting_orders)
        for commands in (_opening(accounts), self._commands(resting_orders)):
            self._apply(commands)
            for command in commands if replica else ():
                self._replica.machine.apply(command, 1, 1)
        self._seq = self._machine.seq

    def stretch(self, what: str) -> dict[str, Any]:
        """Run the next commands one way: apply alone, live, or what was journaled again."""
        gc.collect()
        return {"command": self.command, "live": self.live, "replay": self.replay}[what]()

    def command(self) -> dict[str, Any]:
        """Apply alone."""
        messages = self._listed.next(self._count)
        commands = self._commands(messages)
        started_s = perf_counter()
        events = self._apply(commands)
        took_s = perf_counter() - started_s
        return self._answer(messages, commands, events, took_s)

    def live(self) -> dict[str, Any]:
        """Decode a frame, apply its commands, encode the journal's row when it is full: the core's own work."""
        messages = self._listed.next(self._count)
        commands = self._commands(messages)
        frames = [msgspec.msgpack.encode(commands[at : at + FRAME]) for at in range(0, len(commands), FRAME)]
        apply, at_ns = self._machine.apply, self._at_ns
        events, records, payloads = [], [], []
        started_s = perf_counter()
        for frame in frames:
            for command in _decode_frame(frame):
                at_ns += 1
                done = apply(command, at_ns, at_ns)
                records.append((command, at_ns, at_ns, done))
            if len(records) >= BATCH:
                payloads.append(encode_records(records))
                events += [record[3] for record in records]
                records = []
        if records:
            payloads.append(encode_records(records))
            events += [record[3] for record in records]
        took_s = perf_counter() - started_s
        self._at_ns = at_ns
        return self._answer(messages, commands, events, took_s)

    def replay(self) -> dict[str, Any]:
        """What was done since the last replay, executed again from the journal's bytes and compared with them."""
        before = self._replica.commands
        started_s = perf_counter()
        for row in self._rows:
            replay_row(self._replica, row)
        took_s = perf_counter() - started_s
        self._rows.clear()
        return {"per_s": (self._replica.commands - before) / took_s}

    def _apply(self, commands: Iterable[AnyCommand]) -> list[list[Any]]:
        apply, at_ns = self._machine.apply, self._at_ns
        events = []
        for command in commands:
            at_ns += 1
            events.append(apply(command, at_ns, at_ns))
        self._at_ns = at_ns
        return events

    def _answer(
        self, messages: list[Message], commands: list[AnyCommand], events: list[list[Any]], took_s: float
    ) -> dict[str, Any]:
        """The speed, after the fills were found equal to those of the bare exchange, and the rows for the replica."""
        trades = [event for done in events for event in done if type(event) is Trade]
        ours = {
            "fills": len(trades),
            "lots": sum(trade.qty for trade in trades),
            "turnover": sum(trade.qty * trade.price_ticks for trade in trades),
        }
        wanted = count_fills("matching", self._check.run(messages))
        refused = sum(type(done[0]) in (CommandRefused, OrderRejected) for done in events)
        if ours != wanted or refused:
            raise SystemExit(f"the machine gave {ours} and refused {refused}, the exchange alone {wanted}")
        if self._with_replica:
            self._journal(commands, events)
        return {"per_s": len(commands) / took_s} | ours

    def _journal(self, commands: list[AnyCommand], events: list[list[Any]]) -> None:
        first_ns = self._at_ns - len(commands) + 1
        for at in range(0, len(commands), BATCH):
            records = [
                (command, first_ns + number, first_ns + number, done)
                for number, (command, done) in enumerate(
                    zip(commands[at : at + BATCH], events[at : at + BATCH], strict=True), at
                )
            ]
            self._rows.append(
                sealed_row(
                    prev_hash=EMPTY_HEAD.hash, first_seq=self._seq + 1, last_seq=self._seq + len(records), epoch=1,
                    engine_version=ENGINE_VERSION, at_ns=records[-1][1], payload=encode_records(records),
                )
            )  # fmt: skip
            self._seq += len(records)

    def _commands(self, messages: list[Message]) -> list[AnyCommand]:
        return [self._command(message) for message in messages]

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
