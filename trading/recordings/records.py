"""What a recording is made of, whatever its format: packets of records, prices in ticks, quantities in lots."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from math import gcd
from typing import Final

import msgspec

from trading.engine.bounds import ORDER_QTY_MAX, PRICE_TICKS_MAX
from trading.marketdata.recorded.points import RecordingError

ADD: Final = 1
MODIFY: Final = 2  # to this price and quantity
REMOVE: Final = 3  # that many lots less; 0 lots: all of them
PRINT: Final = 4  # a trade as its aggressor sees it; side 0 when there was none
FILL: Final = 5  # a resting order's part in the print before it
CLEAR: Final = 6  # everything is gone

E9: Final = 1_000_000_000
PRICED: Final = frozenset({ADD, MODIFY, PRINT, FILL})

Levels = list[tuple[int, int]]


class Record(msgspec.Struct, gc=False):
    """One line of a recording, or a part of its meaning. `order_id` of a print is its aggressor's, 0 when not told."""

    kind: int
    line: int
    order_id: int
    side: int
    price: int  # billionths while it is read, ticks from then on; 0 where it says nothing
    qty: int


class Packet(msgspec.Struct, gc=False):
    """What happened at one moment. `bids` and `asks`: the best levels after it, where the recording has them."""

    at_ns: int
    records: list[Record]
    bids: Levels | None = None
    asks: Levels | None = None


@dataclass(slots=True)
class Recording:
    """A file that was read: packets in order, and how its figures became ticks and lots."""

    name: str
    packets: list[Packet]
    tick_e9: int = 0
    base_e9: int = 0  # the price of tick 0; other than 0 only where prices fall to zero or below
    is_orderly: bool = True  # no packet leaves an open market crossed; a stream told out of turn may
    lot: int = 1  # units of the file's own quantities in one lot
    notes: dict[str, int] = field(default_factory=dict)  # what the reader had to count

    def price(self, ticks: int) -> Decimal:
        """A price as people write it."""
        return (Decimal(ticks * self.tick_e9 + self.base_e9) / E9).normalize() + 0

    def note(self, what: str, count: int = 1) -> None:
        """Count something that a reader of the figures should know."""
        self.notes[what] = self.notes.get(what, 0) + count

    def scale_prices(self, *, tick_e9: int = 0) -> None:
        """Turn billionths into ticks; the tick is the largest one that fits all prices, unless it is given."""
        priced = [record for packet in self.packets for record in packet.records if record.kind in PRICED]
        lowest = min((record.price for record in priced), default=1)
        tick = tick_e9 or gcd(*(record.price for record in priced)) or 1
        self.tick_e9, self.base_e9 = tick, 0 if lowest > 0 else lowest - tick
        for record in priced:
            ticks, rest = divmod(record.price - self.base_e9, tick)
            if rest:
                raise RecordingError(
                    self.name, record.line, f"expected a price in steps of {Decimal(tick) / E9}, found {_text(record)}"
                )
            if ticks > PRICE_TICKS_MAX // 2:
                raise RecordingError(
                    self.name, record.line, f"{_text(record)} is {ticks} ticks, more than can be played; give --tick"
                )
            record.price = ticks
        self._scale_levels()

    def _scale_levels(self) -> None:
        for packet in self.packets:
            if packet.bids is not None and packet.asks is not None:
                packet.bids = [((price - self.base_e9) // self.tick_e9, qty) for price, qty in packet.bids]
                packet.asks = [((price - self.base_e9) // self.tick_e9, qty) for price, qty in packet.asks]

    def check_sizes(self) -> None:
        """Refuse an order that is larger than any the engine takes."""
        for packet in self.packets:
            for record in packet.records:
                if record.kind in (ADD, MODIFY) and record.qty > ORDER_QTY_MAX:
                    raise RecordingError(
                        self.name, record.line, f"an order of {record.qty} lots; at most {ORDER_QTY_MAX} can be played"
                    )


def _text(record: Record) -> str:
    return str(Decimal(record.price) / E9)
