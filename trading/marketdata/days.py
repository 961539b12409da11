"""A contract's trading day: the figures that every trade moves, and the terms that hold all day. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from trading.engine import events as ev
from trading.engine.types import CONTINUOUS


@dataclass(slots=True)
class DayFigures:
    """A contract's figures of the running trading day; prices None until the first trade."""

    trading_day: int
    open_ticks: int | None = None
    high_ticks: int | None = None
    low_ticks: int | None = None
    last_ticks: int | None = None
    volume: int = 0
    turnover_fen: int = 0
    open_interest: int = 0
    market_ns: int = 0
    through_seq: int = 0
    phase: int = CONTINUOUS

    def trade(self, event: ev.Trade, *, turnover_fen: int, market_ns: int, seq: int) -> None:
        """Take one trade."""
        price = event.price_ticks
        self.open_ticks = price if self.open_ticks is None else self.open_ticks
        self.high_ticks = price if self.high_ticks is None else max(self.high_ticks, price)
        self.low_ticks = price if self.low_ticks is None else min(self.low_ticks, price)
        self.last_ticks = price
        self.volume += event.qty
        self.turnover_fen += turnover_fen
        self.open_interest = event.open_interest
        self.market_ns, self.through_seq = market_ns, seq

    def next_day(self, trading_day: int, *, market_ns: int, seq: int) -> DayFigures:
        """Return the figures with which the next day begins: last price, open interest and phase stay."""
        return DayFigures(
            trading_day,
            last_ticks=self.last_ticks,
            open_interest=self.open_interest,
            market_ns=market_ns,
            through_seq=seq,
            phase=self.phase,
        )


@dataclass(slots=True)
class DayTerms:
    """What holds for a contract through a day; the settlement price is None until the day is settled."""

    trading_day: int
    previous_settlement_ticks: int
    lower_ticks: int
    upper_ticks: int
    previous_open_interest: int
    settlement_ticks: int | None
    seq: int
