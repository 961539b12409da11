"""A past for a market that has just begun: bars of some sessions before now, so that charts are not empty.

Made out of real recorded bars where they lie at hand (marked imported) and of a seeded walk where not (marked
synthetic). It ends at the contract's present price and at the last full hour; what is traded here is never touched.
"""

from __future__ import annotations

import datetime
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

from trading.choices import BAR_PERIODS_S, BarSource
from trading.marketdata import store
from trading.marketdata.bars import DAY_S, BarState, coarser, day_start_s
from trading.marketdata.recorded import Point, open_recording

# The recordings of gold that are looked for, the best first.
MINUTE_FILES: Final = ("shfe_au*_1min*.csv*", "comex_gc_minute_*_trade.zip")
DAY_FILES: Final = ("shfe_gold_main_daily*.csv*", "shfe_au*_daily.csv*")
DAYS_SHOWN: Final = 240
_HOUR_S: Final = 3600
_SHANGHAI_S: Final = 8 * _HOUR_S
# Begin and length in minutes of the sessions of a calendar day, Shanghai time; a night's lasts into the next one.
_SESSIONS: Final = ((9 * 60, 75), (10 * 60 + 30, 60), (13 * 60 + 30, 90), (21 * 60, 330))
_MINUTES_A_DAY: Final = 555
_MINUTE_SIGMA: Final = 0.00035
_DAY_SIGMA: Final = 0.011


@dataclass(frozen=True, slots=True)
class Contract:
    """What the past of a contract must end with."""

    instrument_id: int
    last_ticks: int
    tick_value_fen: int
    lower_ticks: int
    upper_ticks: int
    open_interest: int


@dataclass(frozen=True, slots=True)
class _Shape:
    """A bar without a contract: prices as multiples of the last close."""

    start_s: int
    open: float
    high: float
    low: float
    close: float
    volume: int


def history_seed(
    connection: psycopg.Connection[Any], *, now_s: int, sessions: int = 5, data: Path | None = None, seed: int = 1
) -> int:
    """Write the past of every contract; an older made-up past is replaced. Return how many bars were written."""
    with connection.transaction(), connection.cursor() as cursor:
        contracts, trading_day = _contracts(cursor), _trading_day(cursor)
        minutes = _recorded(data, MINUTE_FILES)
        days = _recorded(data, DAY_FILES)
        written = 0
        for contract in contracts:
            cursor.execute("DELETE FROM trading_bar WHERE instrument_id = %s AND source <> 0", [contract.instrument_id])
            bars = past(
                contract, now_s=now_s, trading_day=trading_day, sessions=sessions, seed=seed, minutes=minutes, days=days
            )
            written += store.write_history(cursor, bars)
        return written


def past(
    contract: Contract,
    *,
    now_s: int,
    trading_day: int,
    sessions: int,
    seed: int,
    minutes: Sequence[Point] | None = None,
    days: Sequence[Point] | None = None,
) -> list[BarState]:
    """Return a contract's bars of all periods before now. Pure: `minutes` and `days` are recorded bars, if any."""
    dice = random.Random(f"{seed}-{contract.instrument_id}")  # noqa: S311  (a picture of the past is no secret)
    end_s = now_s - now_s % _HOUR_S
    shapes = _walked_minutes(end_s, sessions, dice) if minutes is None else _shifted_minutes(minutes, end_s, sessions)
    source = BarSource.SYNTHETIC if minutes is None else BarSource.IMPORTED
    fine = _bars(shapes, contract, period_s=60, source=source)
    bars = list(fine)
    for period_s in BAR_PERIODS_S.values():
        if 60 < period_s < DAY_S:
            bars += coarser(fine, period_s=period_s)
    day_shapes = _walked_days(trading_day, dice) if days is None else _shifted_days(days, trading_day)
    day_source = BarSource.SYNTHETIC if days is None else BarSource.IMPORTED
    return bars + _bars(day_shapes, contract, period_s=DAY_S, source=day_source)


def _bars(shapes: Sequence[_Shape], contract: Contract, *, period_s: int, source: int) -> list[BarState]:
    """Scale shapes so that they end at the contract's price."""
    bars = []
    lots = contract.open_interest
    for shape in shapes:
        parts = shape.open, shape.high, shape.low, shape.close
        prices = [max(1, round(part * contract.last_ticks)) for part in parts]
        first, high, low, last = prices[0], max(prices), min(prices), prices[3]
        turnover = (first + high + low + last) * shape.volume * contract.tick_value_fen // 4
        bars.append(
            BarState(
                contract.instrument_id,
                period_s,
                shape.start_s,
                first,
                high,
                low,
                last,
                shape.volume,
                turnover,
                lots,
                int(source),
            )
        )
    return bars


# -- out of a walk


def _walked_minutes(end_s: int, sessions: int, dice: random.Random) -> list[_Shape]:
    starts = list(_session_minutes(end_s, sessions))[-sessions * _MINUTES_A_DAY :]
    closes = _walk_back(len(starts), _MINUTE_SIGMA, dice)
    return [
        _shape(start_s, opens, closes_at, _MINUTE_SIGMA, dice, lots=60)
        for start_s, opens, closes_at in zip(starts, [closes[0], *closes], closes, strict=False)
    ]


def _walked_days(trading_day: int, dice: random.Random) -> list[_Shape]:
    dates = _weekdays_before(trading_day, DAYS_SHOWN)
    closes = _walk_back(len(dates), _DAY_SIGMA, dice)
    return [
        _shape(day_start_s(date), opens, closes_at, _DAY_SIGMA, dice, lots=30_000)
        for date, opens, closes_at in zip(dates, [closes[0], *closes], closes, strict=False)
    ]


def _walk_back(count: int, sigma: float, dice: random.Random) -> list[float]:
    """Return a walk of closes that ends at 1; volatility comes in waves."""
    level, wave = 0.0, 0.0
    levels = []
    for _ in range(count):
        levels.append(level)
        wave = 0.97 * wave + dice.gauss(0, 0.12)
        level += dice.gauss(0, sigma) * math.exp(min(wave, 1.2))
    return [math.exp(value) for value in reversed(levels)]


def _shape(start_s: int, opens: float, closes: float, sigma: float, dice: random.Random, *, lots: int) -> _Shape:
    high = max(opens, closes) * (1 + abs(dice.gauss(0, sigma / 2)))
    low = min(opens, closes) * (1 - abs(dice.gauss(0, sigma / 2)))
    moved = abs(closes - opens) / sigma
    volume = max(1, round(lots * math.exp(dice.gauss(0, 0.5)) * (0.6 + moved)))
    return _Shape(start_s, opens, high, low, closes, volume)


def _session_minutes(end_s: int, sessions: int) -> Iterator[int]:
    """Yield the minutes of trading days before a time, oldest first: enough for so many days."""
    midnight = (end_s + _SHANGHAI_S) // DAY_S * DAY_S - _SHANGHAI_S
    for back in range(sessions * 2 + 4, -1, -1):
        day_s = midnight - back * DAY_S
        if datetime.datetime.fromtimestamp(day_s + _SHANGHAI_S, tz=datetime.UTC).weekday() >= 5:
            continue
        for begin, length in _SESSIONS:
            for minute in range(begin, begin + length):
                if day_s + minute * 60 < end_s:
                    yield day_s + minute * 60


def _weekdays_before(trading_day: int, count: int) -> list[int]:
    date = datetime.date(trading_day // 10_000, trading_day // 100 % 100, trading_day % 100)
    found: list[int] = []
    while len(found) < count:
        date -= datetime.timedelta(days=1)
        if date.weekday() < 5:
            found.append(date.year * 10_000 + date.month * 100 + date.day)
    return found[::-1]


# -- out of a recording


def _shifted_minutes(recorded: Sequence[Point], end_s: int, sessions: int) -> list[_Shape]:
    """The last days of a recording, moved by whole days to end before now."""
    points = recorded[-sessions * _MINUTES_A_DAY :]
    shift_s = (end_s - 60 - points[-1].at_ns // 1_000_000_000) // DAY_S * DAY_S
    base = points[-1].close_e6
    return [
        _Shape(
            point.at_ns // 1_000_000_000 + shift_s,
            point.open_e6 / base,
            point.high_e6 / base,
            point.low_e6 / base,
            point.close_e6 / base,
            point.volume,
        )
        for point in points
    ]


def _shifted_days(recorded: Sequence[Point], trading_day: int) -> list[_Shape]:
    """The last days of a recording under the last weekdays before the trading day."""
    points = recorded[-DAYS_SHOWN:]
    dates = _weekdays_before(trading_day, len(points))
    base = points[-1].close_e6
    return [
        _Shape(
            day_start_s(date),
            point.open_e6 / base,
            point.high_e6 / base,
            point.low_e6 / base,
            point.close_e6 / base,
            point.volume,
        )
        for date, point in zip(dates, points, strict=True)
    ]


def _recorded(data: Path | None, patterns: Iterable[str]) -> list[Point] | None:
    """Return the bars of the first recording at hand; a folder without any is no error, a broken file is."""
    if data is None or not data.is_dir():
        return None
    for pattern in patterns:
        for path in sorted(data.glob(pattern)):
            return list(open_recording(path).points()) or None
    return None


def _contracts(cursor: store.Cursor) -> list[Contract]:
    cursor.execute(
        "SELECT i.id, coalesce(d.last_ticks, i.previous_settlement_ticks), i.tick_value_fen, i.lower_ticks,"
        " i.upper_ticks, coalesce(d.open_interest, 0) FROM trading_instrument i"
        " LEFT JOIN trading_market_day d ON d.instrument_id = i.id ORDER BY i.id"
    )
    return [Contract(*row) for row in cursor.fetchall()]


def _trading_day(cursor: store.Cursor) -> int:
    row = cursor.execute("SELECT trading_day FROM trading_day ORDER BY day_number DESC LIMIT 1").fetchone()
    if row is None:
        raise LookupError("no trading day has begun: contracts and the first day come before their history")
    return int(row[0])
