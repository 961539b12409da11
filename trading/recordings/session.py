"""One replay from a file's packets to the figures: the engine in this process, commands and events kept in order."""

from __future__ import annotations

import time
from typing import Final

from trading.engine.commands import AnyCommand
from trading.engine.events import Event
from trading.engine.machine import Machine
from trading.engine.types import BUY, SELL
from trading.recordings.desk import INSTRUMENT_ID, Desk
from trading.recordings.foresight import look_ahead
from trading.recordings.judge import Outcome
from trading.recordings.records import Packet, Recording
from trading.recordings.replay import Replay

_TICK_NS: Final = 1_000


class Session:
    """Plays a recording through a machine; `commands` and `answers` are what went in and what came out."""

    def __init__(self, recording: Recording) -> None:
        self.machine: Final = Machine()
        self.commands: Final[list[AnyCommand]] = []
        self.answers: Final[list[list[Event]]] = []
        self._recording: Final = recording
        foresight = look_ahead(recording.packets)
        self.desk: Final = Desk(self._apply, groups=foresight.groups)
        self.replay: Final = Replay(recording, self.desk, foresight)

    def _apply(self, command: AnyCommand) -> list[Event]:
        self.commands.append(command)
        at_ns = len(self.commands) * _TICK_NS
        events = self.machine.apply(command, at_ns, at_ns)
        self.answers.append(events)
        return events

    def run(self) -> Outcome:
        """Play all of it and give the figures."""
        began = time.perf_counter()
        self.desk.open(highest_ticks=self._highest())
        for packet in self.replay.run():
            self._observe(packet)
        self._sum_up()
        self.replay.outcome.seconds = round(time.perf_counter() - began, 2)
        return self.replay.outcome

    def _highest(self) -> int:
        return max((record.price for packet in self._recording.packets for record in packet.records), default=1)

    def _observe(self, packet: Packet) -> None:
        """Look at the engine's book from outside and hold it against the recording's."""
        replay, recording = self.replay, self._recording
        bids, asks = self.machine.depth(INSTRUMENT_ID, len(packet.bids) if packet.bids else 1)
        if replay.in_auction:
            return
        if bids and asks and bids[0][0] >= asks[0][0]:
            replay.outcome.crossed_in_continuous += 1
        book = replay.book
        for side, levels in ((BUY, bids), (SELL, asks)):
            best = book.best(side)
            if levels[:1] != ([] if best is None else [(best, book.level_qty(side, best))]):
                recording.note("moments at which the best level is not the recording's")
        if packet.bids is not None and packet.asks is not None:
            recording.note("book rows compared")
            if (bids, asks) != (packet.bids, packet.asks):
                recording.note("book rows that differ")

    def _sum_up(self) -> None:
        outcome, desk, recording = self.replay.outcome, self.desk, self._recording
        bids, asks = self.machine.depth(INSTRUMENT_ID, 1)
        outcome.best_bid = recording.price(bids[0][0]) if bids else None
        outcome.best_ask = recording.price(asks[0][0]) if asks else None
        outcome.open_orders = len(desk.working)
        outcome.self_match = desk.self_matches
        for code, count in desk.refused.items():
            recording.note(f"commands refused: {code}", count)
        wrong = self._wrong_orders()
        if wrong:
            recording.note("orders of which the engine's book and the recording's differ at the end", wrong)

    def _wrong_orders(self) -> int:
        recorded = {order_id: (order.ticks, order.qty) for order_id, order in self.replay.book.orders.items()}
        engine = {order_id: (order.ticks, order.leaves) for order_id, order in self.desk.working.items()}
        return sum(1 for key in recorded.keys() | engine.keys() if recorded.get(key) != engine.get(key))
