"""Numbers and times at the edge: fen, millionths, trading days and nanoseconds as the texts that JSON carries."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

NS_PER_S: Final = 1_000_000_000
_DAY_TEXT: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})\Z", re.ASCII)
_SECOND_TEXTS_MAX: Final = 4096
_CENTS: Final = tuple(f".{cents:02d}" for cents in range(100))
_second_texts: dict[int, str] = {}
_last = (-1, "")
_DAY_TEXTS_MAX: Final = 4096
_day_texts: dict[int, str] = {}


def money(fen: int) -> str:
    """Return fen as yuan with two decimals: -105 → '-1.05'."""
    if fen >= 0:
        return f"{fen // 100}{_CENTS[fen % 100]}"
    return f"-{-fen // 100}{_CENTS[-fen % 100]}"


def ratio(ppm: int) -> str:
    """Return millionths as a plain decimal: 160000 → '0.16'."""
    text = f"{abs(ppm) // 1_000_000}.{abs(ppm) % 1_000_000:06d}".rstrip("0").rstrip(".")
    return f"-{text}" if ppm < 0 else text


def quotient(numerator: int, denominator: int, *, decimals_min: int, decimals_max: int = 6) -> str:
    """Return a fraction to `decimals_max` places (half away from zero), without zeros past `decimals_min`."""
    scale = 10**decimals_max
    whole = (2 * abs(numerator) * scale + denominator) // (2 * denominator)
    part = f"{whole % scale:0{decimals_max}d}".rstrip("0").ljust(decimals_min, "0")
    text = f"{whole // scale}.{part}" if part else str(whole // scale)
    return f"-{text}" if numerator < 0 and whole else text


def time_text(ns: int) -> str:
    """Return nanoseconds since 1970 as RFC 3339 with microseconds."""
    global _last
    # The parts of one event share their time. One pair, replaced whole: other threads ask too.
    last = _last
    if ns == last[0]:
        return last[1]
    second = ns // NS_PER_S
    text = _second_texts.get(second)
    if text is None:
        if len(_second_texts) >= _SECOND_TEXTS_MAX:
            _second_texts.clear()
        text = datetime.fromtimestamp(second, tz=UTC).strftime("%Y-%m-%dT%H:%M:%S")
        _second_texts[second] = text
    text = f"{text}.{ns % NS_PER_S // 1000:06d}Z"
    _last = (ns, text)
    return text


def day_text(day: int) -> str:
    """Return a trading day as the API writes it: 20261123 → '2026-11-23'."""
    text = _day_texts.get(day)
    if text is None:
        if len(_day_texts) >= _DAY_TEXTS_MAX:
            _day_texts.clear()
        text = _day_texts[day] = f"{day // 10000:04d}-{day // 100 % 100:02d}-{day % 100:02d}"
    return text


def parse_day(text: str) -> int | None:
    """Return a trading day text as YYYYMMDD, or None when it names no day."""
    match = _DAY_TEXT.match(text)
    if match is None:
        return None
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    try:
        date(year, month, day)
    except ValueError:
        return None
    return year * 10000 + month * 100 + day
