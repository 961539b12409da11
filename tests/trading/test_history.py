"""The made-up past ends at the present price, is marked as what it is, and never touches what was traded here."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.trading.feed import AU, START_NS, Feed
from trading.choices import BAR_PERIODS_S, BarSource
from trading.marketdata.bars import DAY_S, BarBuilder, BarState, coarser, day_start_s
from trading.marketdata.history import Contract, history_seed, past

NOW_S = START_NS // 1_000_000_000 + 5 * 3600 + 17
CONTRACT = Contract(AU, 40_000, 2000, 34_400, 45_600, 120)


def _of(bars: list[BarState], period_s: int) -> list[BarState]:
    return [bar for bar in bars if bar.period_s == period_s]


def test_ends_at_the_present_price_and_before_now() -> None:
    bars = past(CONTRACT, now_s=NOW_S, trading_day=20261124, sessions=5, seed=1)
    for period_s in BAR_PERIODS_S.values():
        rows = _of(bars, period_s)
        assert rows[-1].close_ticks == 40_000
        assert [row.start_s for row in rows] == sorted({row.start_s for row in rows})
        assert all(row.low_ticks <= min(row.open_ticks, row.close_ticks) for row in rows)
        assert all(row.high_ticks >= max(row.open_ticks, row.close_ticks) for row in rows)
        assert {row.source for row in rows} == {BarSource.SYNTHETIC}
    minutes = _of(bars, 60)
    assert len(minutes) == 5 * 555
    assert minutes[-1].start_s + 60 <= NOW_S - NOW_S % 3600
    assert max(row.start_s for row in _of(bars, DAY_S)) < day_start_s(20261124)


def test_is_the_same_for_the_same_seed() -> None:
    one = past(CONTRACT, now_s=NOW_S, trading_day=20261124, sessions=2, seed=7)
    assert one == past(CONTRACT, now_s=NOW_S, trading_day=20261124, sessions=2, seed=7)
    assert one != past(CONTRACT, now_s=NOW_S, trading_day=20261124, sessions=2, seed=8)


def test_longer_bars_hold_the_shorter_ones() -> None:
    bars = past(CONTRACT, now_s=NOW_S, trading_day=20261124, sessions=2, seed=1)
    minutes = _of(bars, 60)
    for period_s in (300, 900, 3600):
        assert sum(bar.volume for bar in _of(bars, period_s)) == sum(bar.volume for bar in minutes)
        assert max(bar.high_ticks for bar in _of(bars, period_s)) == max(bar.high_ticks for bar in minutes)
    assert _of(bars, 300) == coarser(minutes, period_s=300)


def test_never_touches_what_was_traded_here(projected: Feed, db_core: psycopg.Connection[Any]) -> None:
    live = "select * from trading_bar where source = 0 order by instrument_id, period_s, start_s"
    before = db_core.execute(live).fetchall()
    now_s = projected.at_ns // 1_000_000_000 + 7200
    first = history_seed(db_core, now_s=now_s, sessions=3)
    count = "select count(*) from trading_bar where source <> 0"
    made = db_core.execute(count).fetchone()
    again = history_seed(db_core, now_s=now_s, sessions=3)
    assert (first, made, db_core.execute(count).fetchone()) == (again, (first,), (first,))
    assert first > 2 * 3 * 555
    assert db_core.execute(live).fetchall() == before
    starts = db_core.execute(
        "select count(*) from trading_bar where period_s = 60 and start_s >= %s and source <> 0", [now_s]
    ).fetchone()
    assert starts == (0,)


def test_builds_bars_of_all_periods_from_trades() -> None:
    builder = BarBuilder()
    minute_s = 1_795_395_600
    for seq, (second, price, qty) in enumerate(
        [(0, 100, 2), (59, 90, 1), (60, 95, 4), (299, 120, 1), (300, 110, 3)], 1
    ):
        builder.trade(
            instrument_id=AU,
            price_ticks=price,
            qty=qty,
            turnover_fen=price * qty,
            open_interest=seq,
            market_ns=(minute_s + second) * 1_000_000_000,
            trading_day=20261123,
            seq=seq,
        )
    bars = {(bar.period_s, bar.start_s - minute_s): bar for bar in builder.take_changed()}
    assert bars[60, 0] == BarState(AU, 60, minute_s, 100, 100, 90, 90, 3, 290, 2, 0, 2)
    assert bars[300, 0] == BarState(AU, 300, minute_s, 100, 120, 90, 120, 8, 790, 4, 0, 4)
    assert bars[300, 300].volume == 3
    assert bars[3600, 0] == BarState(AU, 3600, minute_s, 100, 120, 90, 110, 11, 1120, 5, 0, 5)
    day = bars[86_400, day_start_s(20261123) - minute_s]
    assert (day.open_ticks, day.close_ticks, day.volume, day.turnover_fen) == (100, 110, 11, 1120)
    assert builder.take_changed() == []
