"""How market data lies in the database: bars, ticks, the day's figures, the last depth of a minute."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import psycopg

from trading.marketdata.bars import LIVE, BarState
from trading.marketdata.days import DayFigures, DayTerms
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
        ("trading_day", "integer"),
        ("volume", "bigint"),
        ("turnover_fen", "bigint"),
        ("phase", "smallint"),
    ),
)

_DAY_COLUMNS: Final = (
    "trading_day",
    "open_ticks",
    "high_ticks",
    "low_ticks",
    "last_ticks",
    "volume",
    "turnover_fen",
    "open_interest",
    "market_ns",
    "through_seq",
    "phase",
)
_TERMS_COLUMNS: Final = (
    "trading_day",
    "previous_settlement_ticks",
    "lower_ticks",
    "upper_ticks",
    "previous_open_interest",
    "settlement_ticks",
    "seq",
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
    """Return the newest bar of every contract and period that was traded here.

    Bars of a made past are left alone: what was traded must follow from the journal and nothing else.
    """
    cursor.execute(
        f"SELECT DISTINCT ON (instrument_id, period_s) {_BAR_COLUMNS} FROM trading_bar"  # noqa: S608
        f" WHERE source = {LIVE} ORDER BY instrument_id, period_s, start_s DESC"
    )
    return [BarState(*row) for row in cursor.fetchall()]


def running_days(cursor: Cursor) -> dict[int, DayFigures]:
    """Return the running day's figures of every contract."""
    cursor.execute(f"SELECT instrument_id, {', '.join(_DAY_COLUMNS)} FROM trading_market_day")  # noqa: S608
    return {row[0]: DayFigures(*row[1:]) for row in cursor.fetchall()}


def write_days(cursor: Cursor, days: Mapping[int, DayFigures]) -> None:
    """Write the day's figures of contracts as they stand."""
    if days:
        changes = ", ".join(f"{name} = excluded.{name}" for name in _DAY_COLUMNS)
        cursor.execute(
            f"INSERT INTO trading_market_day (instrument_id, {', '.join(_DAY_COLUMNS)}) SELECT * FROM unnest("  # noqa: S608
            f"{', '.join(['%s::bigint[]'] * (1 + len(_DAY_COLUMNS)))})"
            f" ON CONFLICT (instrument_id) DO UPDATE SET {changes}",
            [int_array(list(days)), *(int_array([getattr(d, name) for d in days.values()]) for name in _DAY_COLUMNS)],
        )


def running_terms(cursor: Cursor) -> dict[int, DayTerms]:
    """Return the newest day's terms of every contract."""
    cursor.execute(
        f"SELECT DISTINCT ON (instrument_id) instrument_id, {', '.join(_TERMS_COLUMNS)} FROM trading_contract_day"  # noqa: S608
        " ORDER BY instrument_id, trading_day DESC"
    )
    return {row[0]: DayTerms(*row[1:]) for row in cursor.fetchall()}


def write_terms(cursor: Cursor, terms: Mapping[tuple[int, int], DayTerms]) -> None:
    """Write the terms of days; a day that exists is replaced. Keys are (contract, trading day)."""
    if terms:
        changes = ", ".join(f"{name} = excluded.{name}" for name in _TERMS_COLUMNS[1:])
        cursor.execute(
            f"INSERT INTO trading_contract_day (instrument_id, {', '.join(_TERMS_COLUMNS)}) SELECT * FROM unnest("  # noqa: S608
            f"{', '.join(['%s::bigint[]'] * (1 + len(_TERMS_COLUMNS)))})"
            f" ON CONFLICT (instrument_id, trading_day) DO UPDATE SET {changes}",
            [
                int_array([key[0] for key in terms]),
                *(int_array([getattr(each, name) for each in terms.values()]) for name in _TERMS_COLUMNS),
            ],
        )


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
