"""How market data lies in the database: bars, ticks, the day's figures, the last depth of a minute."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import psycopg

from trading.marketdata.bars import BarState
from trading.projections.copy_text import Target, int_array

Cursor = psycopg.Cursor[Any]

TICKS: Final = Target(
    "trading_tick",
    (
        ("instrument_id", "integer"),
        ("trade_id", "bigint"),
        ("price_ticks", "bigint"),
        ("qty", "integer"),
        ("taker_side", "smallint"),
        ("taker_offset", "smallint"),
        ("maker_offset", "smallint"),
        ("open_interest", "bigint"),
        ("market_ns", "bigint"),
        ("seq", "bigint"),
    ),
)

_BAR_COLUMNS: Final = (
    "instrument_id, period_s, start_s, open_ticks, high_ticks, low_ticks, close_ticks, volume, turnover_fen,"
    " open_interest, source, through_seq"
)
_BAR_VALUES: Final = (
    f"INSERT INTO trading_bar AS b ({_BAR_COLUMNS}) SELECT * FROM unnest(%s::integer[], %s::integer[], %s::bigint[],"  # noqa: S608
    " %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],"
    " %s::smallint[], %s::bigint[]) ON CONFLICT (instrument_id, period_s, start_s) DO "
)
_UPDATE: Final = (
    "UPDATE SET open_ticks = excluded.open_ticks, high_ticks = excluded.high_ticks, low_ticks = excluded.low_ticks,"
    " close_ticks = excluded.close_ticks, volume = excluded.volume, turnover_fen = excluded.turnover_fen,"
    " open_interest = excluded.open_interest, source = excluded.source, through_seq = excluded.through_seq"
)


def write_bars(cursor: Cursor, bars: Sequence[BarState]) -> None:
    """Write bars as they stand; a bar that exists is replaced."""
    if bars:
        cursor.execute(_BAR_VALUES + _UPDATE, _bar_arrays(bars))


def write_history(cursor: Cursor, bars: Sequence[BarState]) -> int:
    """Write bars of the past; replaces older history but never a bar that was traded here. Return how many."""
    if not bars:
        return 0
    cursor.execute(_BAR_VALUES + _UPDATE + " WHERE b.source <> 0", _bar_arrays(bars))
    return cursor.rowcount


def running_bars(cursor: Cursor) -> list[BarState]:
    """Return the newest bar of every contract and period."""
    cursor.execute(
        f"SELECT DISTINCT ON (instrument_id, period_s) {_BAR_COLUMNS} FROM trading_bar"  # noqa: S608
        " ORDER BY instrument_id, period_s, start_s DESC"
    )
    return [BarState(*row) for row in cursor.fetchall()]


def write_depth(
    cursor: Cursor,
    *,
    instrument_id: int,
    bids: Sequence[tuple[int, int]],
    asks: Sequence[tuple[int, int]],
    market_ns: int,
    seq: int,
) -> None:
    """Keep the depth as the last one of its minute."""
    second = market_ns // 1_000_000_000
    cursor.execute(
        "INSERT INTO trading_depth (instrument_id, minute_s, bids, asks, market_ns, seq)"
        " VALUES (%s, %s, %s::jsonb, %s::jsonb, %s, %s) ON CONFLICT (instrument_id, minute_s) DO UPDATE SET"
        " bids = excluded.bids, asks = excluded.asks, market_ns = excluded.market_ns, seq = excluded.seq",
        [instrument_id, second - second % 60, json.dumps(bids), json.dumps(asks), market_ns, seq],
    )


def _bar_arrays(bars: Sequence[BarState]) -> list[str]:
    return [
        int_array([bar.instrument_id for bar in bars]),
        int_array([bar.period_s for bar in bars]),
        int_array([bar.start_s for bar in bars]),
        int_array([bar.open_ticks for bar in bars]),
        int_array([bar.high_ticks for bar in bars]),
        int_array([bar.low_ticks for bar in bars]),
        int_array([bar.close_ticks for bar in bars]),
        int_array([bar.volume for bar in bars]),
        int_array([bar.turnover_fen for bar in bars]),
        int_array([bar.open_interest for bar in bars]),
        int_array([bar.source for bar in bars]),
        int_array([bar.through_seq for bar in bars]),
    ]
