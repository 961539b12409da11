"""Bars, trades and depth as stored."""

from __future__ import annotations

from collections.abc import Collection

from trading.models import Bar, ContractDay, Depth, MarketDay, Tick

BARS_MAX = 2000


def bars_list(*, instrument_id: int, period_s: int, limit: int = 600, until_s: int | None = None) -> list[Bar]:
    """Return up to `limit` bars that began at or before `until_s`, oldest first."""
    rows = Bar.objects.filter(instrument_id=instrument_id, period_s=period_s)
    if until_s is not None:
        rows = rows.filter(start_s__lte=until_s)
    return list(rows.order_by("-start_s")[: max(1, min(limit, BARS_MAX))])[::-1]


def trades_list(*, instrument_id: int, limit: int = 100, before_trade_id: int | None = None) -> list[Tick]:
    """Return the newest public trades of a contract, newest first."""
    rows = Tick.objects.filter(instrument_id=instrument_id)
    if before_trade_id is not None:
        rows = rows.filter(trade_id__lt=before_trade_id)
    return list(rows.order_by("-trade_id")[: max(1, min(limit, 1000))])


def depth_last(*, instrument_id: int) -> Depth | None:
    """Return the last stored depth of a contract; the core's own answer is fresher while it runs."""
    return Depth.objects.filter(instrument_id=instrument_id).order_by("-minute_s").first()


def contract_days(*, instrument_id: int, trading_days: Collection[int]) -> dict[int, ContractDay]:
    """Return what held for a contract on these trading days, by day."""
    rows = ContractDay.objects.filter(instrument_id=instrument_id, trading_day__in=set(trading_days))
    return {row.trading_day: row for row in rows}


def contract_days_running(days: Collection[MarketDay]) -> dict[int, ContractDay]:
    """Return what holds for contracts on their running trading day, by contract."""
    running = {day.instrument_id: day.trading_day for day in days}
    rows = ContractDay.objects.filter(instrument_id__in=running, trading_day__in=set(running.values()))
    return {row.instrument_id: row for row in rows if running[row.instrument_id] == row.trading_day}
