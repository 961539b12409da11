"""Somebody who has no account and follows the books order by order, from what is public alone.

The core's steps go through the doors' own derivation; what it tells is kept here in one flat list a contract, as a
client would who knows only the page about the channel, and compared with the slow model's working orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from trading.core import protocol
from trading.core.order_steps import Step
from trading.engine.machine import Machine
from trading.engine.types import BUY, CONTINUOUS, SELL
from trading.engine.views import OrderBookView
from trading.marketdata.visible_book import BookBroken, Message, VisibleBook

from .auditor import must
from .reference_state import RefWorld

_decode: Final = msgspec.msgpack.Decoder(protocol.StepsFrame).decode

Row = list[int]  # order, side, price, lots shown; in the order in which they were told


class Onlooker:
    """Listens to every contract there is."""

    def __init__(self) -> None:
        self._books: dict[int, VisibleBook] = {}
        self._seen: dict[int, list[Row]] = {}
        self._phases: dict[int, int] = {}
        self.messages = 0

    def begin(self, machine: Machine) -> None:
        """A core leads: start from the books as it has them."""
        self._books.clear()
        self.listen(machine)

    def listen(self, machine: Machine) -> set[int]:
        """Start with the contracts that are not followed yet; gives all that are."""
        for spec, _lower, _upper in machine.instruments():
            view = None if spec.instrument_id in self._books else machine.order_book(spec.instrument_id)
            if view is not None:
                self._start(view)
        return set(self._books)

    def _start(self, view: OrderBookView) -> VisibleBook:
        book = self._books[view.instrument_id] = VisibleBook(view)
        self._phases[view.instrument_id] = book.phase
        self._seen[view.instrument_id] = [
            [order_id, side, price, shown]
            for side in (BUY, SELL)
            for price, orders in book.levels(side)
            for order_id, shown in orders
        ]
        return book

    def told(self, body: bytes) -> None:
        """Take one frame of the core."""
        by_contract: dict[int, list[Step]] = {}
        for step in _decode(body).steps:
            by_contract.setdefault(step.instrument_id, []).append(step)
        for number, steps in by_contract.items():
            book = self._books.get(number) or self._start(OrderBookView(number, CONTINUOUS, [], [], []))
            try:
                told = book.take(steps)
            except BookBroken as problem:
                must(False, "B2 the order-by-order feed:", problem)
                return
            for message in told:
                self.messages += 1
                self._take(number, message)

    def _take(self, number: int, message: Message) -> None:
        rows, kind = self._seen[number], message.kind
        if kind == "add":
            must(message.qty > 0, "B2 an order that shows nothing was told:", message.order_id)
            rows.append([message.order_id, message.side, message.price_ticks, message.qty])
        elif kind == "phase":
            self._phases[number] = message.qty
        elif kind != "trade":
            found = [row for row in rows if row[0] == message.order_id]
            must(len(found) == 1, "B2 told of order", message.order_id, "which stands", len(found), "times")
            row = found[0]
            if kind == "execute":
                row[3] -= message.qty
                must(row[3] == message.left >= 0, "B2 order", message.order_id, "is left with", message.left)
            elif kind == "change":
                must(0 < message.qty < row[3], "B2 order", message.order_id, "shows no less than before")
                row[3] = message.qty
            if kind == "delete" or row[3] == 0:
                rows.remove(row)

    def differences(self, world: RefWorld) -> Iterator[str]:
        """Every book that is not what the model shows."""
        for number, contract in world.contracts.items():
            if number not in self._seen:
                continue
            for side in (BUY, SELL):
                sign = -1 if side == BUY else 1
                rows = [row for row in self._seen[number] if row[1] == side]
                rows.sort(key=lambda row: row[2] * sign)  # stable: at one price as told
                seen = [(row[0], row[2], row[3]) for row in rows]
                shown = [(order.number, order.price, order.shown) for order in world.resting(contract, side)]
                if seen != shown:
                    yield f"the public book {number}: {seen}, the model shows {shown}"
            if self._phases[number] != contract.phase:
                yield f"the public phase {number}: {self._phases[number]}, the model says {contract.phase}"
