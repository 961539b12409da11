"""Bars out of trades. Pure: trades in, bars out; the same trades give the same bars, however they are cut."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from trading.choices import BAR_PERIODS_S

DAY_S: Final = BAR_PERIODS_S["1d"]
INTRADAY_S: Final = tuple(period for period in BAR_PERIODS_S.values() if period < DAY_S)
LIVE: Final = 0


@dataclass(slots=True)
class BarState:
    """One bar as it stands."""

    instrument_id: int
    period_s: int
    start_s: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    close_ticks: int
    volume: int = 0
    turnover_fen: int = 0
    open_interest: int = 0
    source: int = LIVE
    through_seq: int = 0

    def trade(self, *, price_ticks: int, qty: int, turnover_fen: int, open_interest: int, seq: int) -> None:
        """Take one more trade."""
        self.high_ticks = max(self.high_ticks, price_ticks)
        self.low_ticks = min(self.low_ticks, price_ticks)
        self.close_ticks = price_ticks
        self.volume += qty
        self.turnover_fen += turnover_fen
        self.open_interest = open_interest
        self.source = LIVE
        self.through_seq = seq


def day_start_s(trading_day: int) -> int:
    """Return the begin of a trading day's bar: its date at 00:00 UTC."""
    return calendar.timegm((trading_day // 10_000, trading_day // 100 % 100, trading_day % 100, 0, 0, 0))


class BarBuilder:
    """The running bar of every contract and period, and those changed since they were last taken."""

    def __init__(self) -> None:
        self._running: dict[tuple[int, int], BarState] = {}
        self._changed: dict[tuple[int, int, int], BarState] = {}

    def load(self, bar: BarState) -> None:
        """Go on with a stored bar."""
        self._running[bar.instrument_id, bar.period_s] = bar

    def trade(
        self,
        *,
        instrument_id: int,
        price_ticks: int,
        qty: int,
        turnover_fen: int,
        open_interest: int,
        market_ns: int,
        trading_day: int,
        seq: int,
    ) -> None:
        """Put one trade into the bars of all periods."""
        second = market_ns // 1_000_000_000
        for period_s, start_s in self._starts(second, trading_day):
            bar = self._running.get((instrument_id, period_s))
            if bar is None or bar.start_s != start_s:
                bar = BarState(instrument_id, period_s, start_s, *([price_ticks] * 4))
                self._running[instrument_id, period_s] = bar
            bar.trade(price_ticks=price_ticks, qty=qty, turnover_fen=turnover_fen, open_interest=open_interest, seq=seq)
            self._changed[instrument_id, period_s, start_s] = bar

    def take_changed(self) -> list[BarState]:
        """Return the bars changed since the last call."""
        changed, self._changed = self._changed, {}
        return list(changed.values())

    @staticmethod
    def _starts(second: int, trading_day: int) -> Iterator[tuple[int, int]]:
        for period_s in INTRADAY_S:
            yield period_s, second - second % period_s
        if trading_day:
            yield DAY_S, day_start_s(trading_day)


def coarser(bars: list[BarState], *, period_s: int) -> list[BarState]:
    """Return the bars of a longer intraday period out of one-minute bars in time order."""
    merged: list[BarState] = []
    for bar in bars:
        start_s = bar.start_s - bar.start_s % period_s
        if not merged or merged[-1].start_s != start_s:
            merged.append(
                BarState(
                    bar.instrument_id,
                    period_s,
                    start_s,
                    bar.open_ticks,
                    bar.high_ticks,
                    bar.low_ticks,
                    bar.close_ticks,
                    source=bar.source,
                )
            )
        into = merged[-1]
        into.high_ticks = max(into.high_ticks, bar.high_ticks)
        into.low_ticks = min(into.low_ticks, bar.low_ticks)
        into.close_ticks = bar.close_ticks
        into.volume += bar.volume
        into.turnover_fen += bar.turnover_fen
        into.open_interest = bar.open_interest
    return merged
