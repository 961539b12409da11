"""Bars, trades and depth as stored."""

from __future__ import annotations

from trading.models import Bar, Depth, Tick

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
