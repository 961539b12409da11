"""How figures look on admin pages."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import timezone

from portal.lib.money import FEN_PER_YUAN


def money(fen: int) -> str:
    """Return fen as yuan with thousands apart."""
    sign = "-" if fen < 0 else ""
    whole, part = divmod(abs(fen), FEN_PER_YUAN)
    # Not by the language's format: that of zh-hans sets no separator at all.
    return f"{sign}{whole:,}.{part:02d}"


def ratio(ppm: int) -> str:
    """Return millionths as a percentage."""
    whole, part = divmod(ppm, 10_000)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".") + " %"


def day(number: int) -> str:
    """Return YYYYMMDD with dashes."""
    text = str(number)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 else text


def moment(at_ns: int | None) -> str:
    """Return a time in nanoseconds as local time to the millisecond."""
    if not at_ns:
        return "–"
    at = datetime.datetime.fromtimestamp(at_ns // 1_000_000 / 1000, tz=datetime.UTC)
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def price(row: Any, ticks: int) -> str:
    """Return a price of a row's contract."""
    return str(row.instrument.price_text(ticks))
