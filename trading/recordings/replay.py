"""Plays packets through a desk and keeps the engine's book at what the recording says.

Between packets the two books are equal, order by order. Where a trade came out otherwise than recorded, the difference
is judged first and then mended with cancels and new orders, so that one difference never causes the next.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from trading.engine.events import Trade
from trading.engine.types import AUCTION_ENTRY, AUCTION_MATCH, CONTINUOUS
from trading.recordings.desk import Desk
from trading.recordings.foresight import Foresight
from trading.recordings.judge import Fills, Judge, Outcome, Verdict
from trading.recordings.recorded_book import RecordedBook, Resting
from trading.recordings.records import ADD, CLEAR, FILL, MODIFY, PRINT, Packet, Record, Recording

_UNKNOWN: Final = "records about unknown order ids"
_PASSED: Final = "orders taken as gone, because a later one came to rest beyond them"


class Replay:
    """One recording on its way through one desk."""

    def __init__(self, recording: Recording, desk: Desk, foresight: Foresight) -> None:
        self.outcome: Final = Outcome()
        self.judge: Final = Judge(self.outcome)
        self.book: Final = RecordedBook()
        self._recording: Final = recording
        self._desk: Final = desk
        self._foresight: Final = foresight
        self._filled: dict[int, int] = {}  # in the packet at work: order → lots
        self.in_auction = False
        self._arrived: set[int] = set()  # in the packet at work: orders that came to a price
        self._passed: Final[set[int]] = set()
        self._dirty: set[int] = set()  # orders whose place or lots the engine has otherwise

    def run(self) -> Iterator[Packet]:
        """Play packet by packet; each is yielded once the engine stands as the recording does after it."""
        entries = self._foresight.entries
        for index, packet in enumerate(self._recording.packets):
            if index in entries:
                self._desk.phase(AUCTION_ENTRY)
                self.in_auction = True
            self._play(packet.records, opens=index in self._foresight.auctions)
            self._settle()
            yield packet

    def _play(self, records: list[Record], *, opens: bool) -> None:
        at = 0
        while at < len(records):
            record = records[at]
            at += 1
            if record.kind == PRINT:
                fills = list(itertools.takewhile(lambda one: one.kind == FILL, records[at:]))
                at += len(fills)
                self._print(record, fills, opens=opens)
            elif record.kind == CLEAR:
                for order_id in list(self.book.orders):
                    self._remove(order_id)
            elif record.kind == FILL:
                self._recording.note("fills without a trade")
            else:
                self._change(record)

    def _change(self, record: Record) -> None:
        filled = self._filled.pop(record.order_id, 0)
        order = self.book.get(record.order_id)
        if order is None:
            if record.kind != ADD and record.order_id not in self._passed:
                self._recording.note(_UNKNOWN)
            if record.kind in (ADD, MODIFY):
                self._add(record)
            return
        if record.kind == ADD:
            self._recording.note("orders added twice")
        if record.kind in (ADD, MODIFY):
            self._modify(record, order, filled)
        elif 0 < record.qty < order.qty:
            order.qty -= record.qty
            self._follow(record.order_id, order, kept=True)
        else:
            self._remove(record.order_id)

    def _add(self, record: Record) -> None:
        self.book.add(record.order_id, side=record.side, ticks=record.price, qty=record.qty)
        self._arrived.add(record.order_id)
        if self._desk.place(record.order_id, side=record.side, ticks=record.price, qty=record.qty):
            self._recording.note("trades that the recording does not have")

    def _modify(self, record: Record, order: Resting, filled: int) -> None:
        if record.side != order.side:
            self._remove(record.order_id)
            self._add(record)
            return
        kept = self.book.modify(record.order_id, ticks=record.price, qty=record.qty, filled=filled)
        self._arrived.add(record.order_id)
        self._follow(record.order_id, self.book.orders[record.order_id], kept=kept)

    def _remove(self, order_id: int) -> None:
        self.book.drop(order_id)
        if order_id in self._desk.working:
            self._desk.cancel(order_id)

    def _follow(self, order_id: int, order: Resting, *, kept: bool) -> None:
        """Bring the engine's order to the recorded one; what cannot keep its place is mended with its whole level."""
        working = self._desk.working.get(order_id)
        if working is None:
            if kept:
                self._dirty.add(order_id)
            else:
                self._desk.place(order_id, side=order.side, ticks=order.ticks, qty=order.qty)
        elif working.ticks != order.ticks or (working.leaves > order.qty if kept else working.leaves < order.qty):
            self._desk.replace(order_id, ticks=order.ticks, leaves=order.qty)
        elif working.leaves != order.qty or not kept:
            self._dirty.add(order_id)

    # -- trades

    def _print(self, record: Record, fills: list[Record], *, opens: bool) -> None:
        if record.side == 0:
            if opens:
                self._auction(record)
            return
        # The aggressor's own fill stands among them when it was a resting order that was moved.
        own = [fill for fill in fills if fill.order_id == record.order_id]
        fills = [fill for fill in fills if fill.order_id != record.order_id]
        if not fills or any(self.book.get(fill.order_id) is None for fill in fills):
            self._recording.note("trades with unknown orders, not compared")
            return
        hidden = self._show_hidden(fills)
        trades = self._take(record)
        for extra in hidden:
            self._withdraw(extra)
        for fill in [*fills, *own]:
            self._filled[fill.order_id] = self._filled.get(fill.order_id, 0) + fill.qty
        engine: Fills = [(self._desk.owner(one.maker.order_id), one.price_ticks, one.qty) for one in trades]
        recorded: Fills = [(fill.order_id, fill.price, fill.qty) for fill in fills]
        self.judge.compare(Verdict(record.line, recorded, engine, bool(hidden)))

    def _take(self, record: Record) -> list[Trade]:
        desk = self._desk
        if record.order_id in desk.working:
            return desk.replace(record.order_id, ticks=record.price, leaves=record.qty)
        return desk.take(record.order_id, side=record.side, ticks=record.price, qty=record.qty)

    def _auction(self, record: Record) -> None:
        self._desk.phase(AUCTION_MATCH)
        self._desk.phase(CONTINUOUS)
        self.in_auction = False
        ticks, qty = next(((ticks, qty) for ticks, qty in self._desk.auctions if qty), (record.price, 0))
        price = self._recording.price
        self._recording.note(
            f"auction: {qty} lots of the visible book at {price(ticks)}, recorded {record.qty} at {price(record.price)}"
        )
        self._desk.auctions.clear()

    def _show_hidden(self, fills: list[Record]) -> list[int]:
        """Feed the refreshes of icebergs: lots beyond what an order showed stand at the back of its queue.

        Gives the orders that hold them; whatever the trade leaves of those is withdrawn again.
        """
        wanted: dict[int, int] = {}
        for fill in fills:
            wanted[fill.order_id] = wanted.get(fill.order_id, 0) + fill.qty
        extras = []
        for order_id, qty in wanted.items():
            order = self.book.orders[order_id]
            hidden = qty - max(order.qty - self._filled.get(order_id, 0), 0)
            if hidden > 0:
                self._desk.place(-order_id, side=order.side, ticks=order.ticks, qty=hidden)
                extras.append(-order_id)
        return extras

    def _withdraw(self, order_id: int) -> None:
        if order_id in self._desk.working:
            self._desk.cancel(order_id)

    # -- the end of a packet

    def _settle(self) -> None:
        self.judge.close_packet()
        self._take_filled()
        touched, self._desk.touched = self._desk.touched, set()
        for order_id in touched:
            self._check(order_id)
        if self._recording.is_orderly and not self.in_auction and self.book.is_crossed():
            self._drop_passed()
        self._arrived.clear()
        if self._dirty and not self.book.is_crossed():
            self._mend()

    def _take_filled(self) -> None:
        """Fills that no change of the book followed took their lots all the same."""
        for order_id, qty in self._filled.items():
            order = self.book.get(order_id)
            if order is None:
                continue
            self._recording.note("fills that no change of the order followed")
            if qty < order.qty:
                order.qty -= qty
            else:
                self._remove(order_id)
            self._check(order_id)
        self._filled.clear()

    def _drop_passed(self) -> None:
        """An open market is never crossed: where an order rests beyond others, the others' end was not recorded."""
        for order_id in self._arrived:
            order = self.book.get(order_id)
            if order is not None:
                for other in self.book.reached(order.side, order.ticks):
                    if other not in self._arrived:
                        self._remove(other)
                        self._passed.add(other)
                        self._recording.note(_PASSED)

    def _check(self, order_id: int) -> None:
        order, working = self.book.get(order_id), self._desk.working.get(order_id)
        if order is None:
            self._withdraw(order_id)
        elif working is None or working.leaves < order.qty:
            self._dirty.add(order_id)
        elif working.leaves > order.qty:
            self._desk.replace(order_id, ticks=order.ticks, leaves=order.qty)

    def _mend(self) -> None:
        """Lay the queues again from the first wrong order on, as the recording has them."""
        dirty, self._dirty = self._dirty, set()
        orders = [order for order_id in dirty if (order := self.book.get(order_id)) is not None]
        for side, ticks in sorted({(order.side, order.ticks) for order in orders}):
            queue = self.book.queue(side, ticks)
            wrong = list(itertools.dropwhile(lambda order_id: order_id not in dirty, queue))
            for order_id in wrong:
                self._withdraw(order_id)
            for order_id in wrong:
                self._desk.place(order_id, side=side, ticks=ticks, qty=self.book.orders[order_id].qty)
            self._recording.note("orders entered again to mend a queue", len(wrong))
