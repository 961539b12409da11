"""What the exchange keeps of one contract: its book, its band, and the statistics of the trading day."""

from __future__ import annotations

from typing import Final

from trading.engine.exchange.book import Book
from trading.engine.exchange.stops import StopBook
from trading.engine.types import CONTINUOUS


class Market:
    """One contract on the exchange. `last_ticks` is the previous settlement until the day's first trade."""

    __slots__ = (
        "book",
        "high_ticks",
        "instrument_id",
        "last_ticks",
        "low_ticks",
        "lower_ticks",
        "one_sided",
        "open_interest",
        "open_ticks",
        "phase",
        "stops",
        "turnover_ticks",
        "upper_ticks",
        "volume",
        "watched_day",
    )

    def __init__(self, instrument_id: int) -> None:
        self.instrument_id: Final = instrument_id
        self.book: Final = Book()
        self.phase = CONTINUOUS
        self.stops: StopBook | None = None  # made for the first stop
        self.lower_ticks = 0
        self.upper_ticks = 0
        self.last_ticks = 0
        self.open_ticks = 0
        self.high_ticks = 0
        self.low_ticks = 0
        self.volume = 0
        self.turnover_ticks = 0  # sum of price x lots
        self.one_sided = 0  # at the close just past: BUY or SELL alone stood at its limit
        self.watched_day = 0  # trading day on which the window before the close has begun
        self.open_interest = 0  # one-sided: lots long = lots short

    def record_trade(self, price_ticks: int, qty: int, opened: int) -> int:
        """Take a trade into the statistics; `opened` counts the opening legs. Gives the open interest after it."""
        self.last_ticks = price_ticks
        self.turnover_ticks += price_ticks * qty
        if self.volume == 0:
            self.open_ticks = self.high_ticks = self.low_ticks = price_ticks
        elif price_ticks > self.high_ticks:
            self.high_ticks = price_ticks
        elif price_ticks < self.low_ticks:
            self.low_ticks = price_ticks
        self.volume += qty
        if opened == 2:
            self.open_interest += qty
        elif opened == 0:
            self.open_interest -= qty
        return self.open_interest

    def begin_day(self, *, settlement_ticks: int, lower_ticks: int, upper_ticks: int) -> None:
        """Start a trading day: new band, empty statistics."""
        self.lower_ticks = lower_ticks
        self.upper_ticks = upper_ticks
        self.last_ticks = settlement_ticks
        self.open_ticks = self.high_ticks = self.low_ticks = 0
        self.volume = 0
        self.turnover_ticks = 0
