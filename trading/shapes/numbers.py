"""Numbers and times at the edge: fen, millionths, trading days and nanoseconds as the texts that JSON carries."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

NS_PER_S: Final = 1_000_000_000
_DAY_TEXT: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})\Z", re.ASCII)
_SECOND_TEXTS_MAX: Final = 4096
CENTS: Final = tuple(f".{cents:02d}" for cents in range(100))
"""The end of an amount. The frames of an account put `{fen // 100}{CENTS[fen % 100]}` into their own texts, for fen
that are not negative: a dozen amounts a frame, and a call of `money` costs as much again as the text."""

_THREE: Final = tuple(f"{number:03d}" for number in range(1000))
_THREE_CUT: Final = tuple(text.rstrip("0") for text in _THREE)
# The first three decimals when there are no more, by the least number of decimals.
_ENDS: Final = tuple(
    tuple(f".{text.ljust(least, '0')}" if text or least else "" for text in _THREE_CUT) for least in range(5)
)
_second_texts: dict[int, str] = {}
_last = (-1, "")
_last_second = (0, "")
_DAY_TEXTS_MAX: Final = 4096
_day_texts: dict[int, str] = {}


def money(fen: int) -> str:
    """Return fen as yuan with two decimals: -105 → '-1.05'."""
    if fen >= 0:
        return f"{fen // 100}{CENTS[fen % 100]}"
    return f"-{-fen // 100}{CENTS[-fen % 100]}"


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


def millionths_json(millionths: int, decimals_min: int) -> str:
    """Return millionths that are not negative as a JSON string, without zeros past `decimals_min` (at most 4).

    It is `quotient` for the mean prices of a fill, at a third of the time.
    """
    rest = millionths % 1_000_000
    last = rest % 1000
    if last:
        return f'"{millionths // 1_000_000}.{_THREE[rest // 1000]}{_THREE_CUT[last]}"'
    return f'"{millionths // 1_000_000}{_ENDS[decimals_min][rest // 1000]}"'


def time_text(ns: int) -> str:
    """Return nanoseconds since 1970 as RFC 3339 with microseconds."""
    return time_json(ns)[1:-1]


def time_json(ns: int) -> str:
    """Return nanoseconds since 1970 as RFC 3339 with microseconds, as a JSON string."""
    global _last
    # The parts of one event share their time. Pairs, replaced whole: other threads ask too.
    last = _last
    if ns == last[0]:
        return last[1]
    start_ns, text = _last_second
    micros = (ns - start_ns) // 1000
    if not 0 <= micros < 1_000_000:
        text = _second_text(ns // NS_PER_S)
        micros = ns % NS_PER_S // 1000
    text = f'{text}{_THREE[micros // 1000]}{_THREE[micros % 1000]}Z"'
    _last = (ns, text)
    return text


def _second_text(second: int) -> str:
    global _last_second
    text = _second_texts.get(second)
    if text is None:
        if len(_second_texts) >= _SECOND_TEXTS_MAX:
            _second_texts.clear()
        text = datetime.fromtimestamp(second, tz=UTC).strftime('"%Y-%m-%dT%H:%M:%S.')
        _second_texts[second] = text
    _last_second = (second * NS_PER_S, text)
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
