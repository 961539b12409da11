"""Bars out of trades. Pure: trades in, bars out; the same trades give the same bars, however they are cut."""

from __future__ import annotations

import calendar
import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from trading.choices import BAR_PERIODS_S

DAY_S: Final = BAR_PERIODS_S["1d"]
INTRADAY_S: Final = tuple(period for period in BAR_PERIODS_S.values() if period < DAY_S)
STRETCH_S: Final = min(INTRADAY_S)
_STRETCH_NS: Final = STRETCH_S * 1_000_000_000
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
        if price_ticks > self.high_ticks:
            self.high_ticks = price_ticks
        elif price_ticks < self.low_ticks:
            self.low_ticks = price_ticks
        self.close_ticks = price_ticks
        self.volume += qty
        self.turnover_fen += turnover_fen
        self.open_interest = open_interest
        self.source = LIVE
        self.through_seq = seq

    def take_over(self, later: BarState) -> None:
        """Take all trades of a later stretch at once."""
        self.high_ticks = max(self.high_ticks, later.high_ticks)
        self.low_ticks = min(self.low_ticks, later.low_ticks)
        self.close_ticks = later.close_ticks
        self.volume += later.volume
        self.turnover_fen += later.turnover_fen
        self.open_interest = later.open_interest
        self.source = later.source
        self.through_seq = later.through_seq


def day_start_s(trading_day: int) -> int:
    """Return the begin of a trading day's bar: its date at 00:00 UTC."""
    return calendar.timegm((trading_day // 10_000, trading_day // 100 % 100, trading_day % 100, 0, 0, 0))


_NO_STRETCH: Final = (BarState(0, STRETCH_S, -1, 0, 0, 0, 0), 0)


class BarBuilder:
    """The running bar of every contract and period, and those changed since they were last taken.

    Trades gather in stretches that lie within one bar of the shortest period; only whole stretches reach the bars of
    all periods, so a busy minute costs one step a trade instead of one a trade and period.
    """

    def __init__(self) -> None:
        self._running: dict[tuple[int, int], BarState] = {}
        self._changed: dict[tuple[int, int, int], BarState] = {}
        self._stretches: dict[int, tuple[BarState, int]] = {}  # by contract: the stretch, its trading day

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
        """Take one trade."""
        start_s = market_ns // _STRETCH_NS * STRETCH_S
        stretch, day = self._stretches.get(instrument_id, _NO_STRETCH)
        if stretch.start_s != start_s or day != trading_day:
            self._close(instrument_id)
            stretch = BarState(instrument_id, STRETCH_S, start_s, *([price_ticks] * 4))
            self._stretches[instrument_id] = (stretch, trading_day)
        stretch.trade(price_ticks=price_ticks, qty=qty, turnover_fen=turnover_fen, open_interest=open_interest, seq=seq)

    def take_changed(self) -> list[BarState]:
        """Return the bars changed since the last call."""
        for instrument_id in list(self._stretches):
            self._close(instrument_id)
        changed, self._changed = self._changed, {}
        return list(changed.values())

    def _close(self, instrument_id: int) -> None:
        """Hand a stretch's trades to the bars of all periods."""
        stretch, trading_day = self._stretches.pop(instrument_id, _NO_STRETCH)
        if stretch is _NO_STRETCH[0]:
            return
        for period_s, start_s in self._starts(stretch.start_s, trading_day):
            bar = self._running.get((instrument_id, period_s))
            if bar is None or bar.start_s != start_s:
                bar = dataclasses.replace(stretch, period_s=period_s, start_s=start_s)
                self._running[instrument_id, period_s] = bar
            else:
                bar.take_over(stretch)
            self._changed[instrument_id, period_s, start_s] = bar

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
            merged.append(dataclasses.replace(bar, period_s=period_s, start_s=start_s))
        else:
            merged[-1].take_over(bar)
    return merged
