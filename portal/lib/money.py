"""Money and prices as text: whole fen and whole ticks inside, decimal strings at the edge, no floats between."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_DECIMAL: Final = re.compile(r"(-?)(\d{1,15})(?:\.(\d{1,9}))?\Z", re.ASCII)
FEN_PER_YUAN: Final = 100


class AmountError(ValueError):
    """A text is not an exact amount or price of the wanted unit."""


def fen_to_text(fen: int) -> str:
    """Return whole fen as yuan with two decimals: 123456 → '1234.56'."""
    return _units_to_text(fen, decimals=2)


def text_to_fen(text: str) -> int:
    """Return yuan text as whole fen; more than two decimals is an error, never a rounding."""
    return _text_to_units(text, decimals=2)


def ticks_to_text(ticks: int, *, tick: str) -> str:
    """Return a price in whole ticks as text with the tick's own decimals: 39000 of '0.02' → '780.00'."""
    units, decimals = tick_units(tick)
    return _units_to_text(ticks * units, decimals=decimals)


def text_to_ticks(text: str, *, tick: str) -> int:
    """Return a price text as whole ticks; a price between two ticks is an error."""
    units, decimals = tick_units(tick)
    # Trailing zeros beyond the tick's decimals say nothing new: "780.020" is "780.02".
    whole = _text_to_units(text, decimals=max(decimals, _decimals_of(text)))
    scale = _power_of_ten(max(0, _decimals_of(text) - decimals))
    quotient, rest = divmod(whole, units * scale)
    if rest:
        raise AmountError(f"price {text} is not a multiple of the tick {tick}")
    return quotient


@lru_cache(maxsize=256)
def tick_units(tick: str) -> tuple[int, int]:
    """Return a tick text as (units, decimals): '0.02' → (2, 2), '10' → (10, 0)."""
    decimals = _decimals_of(tick)
    units = _text_to_units(tick, decimals=decimals)
    if units <= 0:
        raise AmountError(f"tick {tick} is not positive")
    return units, decimals


def _power_of_ten(exponent: int) -> int:
    return int("1" + "0" * exponent)


def _decimals_of(text: str) -> int:
    return len(text.partition(".")[2])


def _units_to_text(units: int, *, decimals: int) -> str:
    if decimals == 0:
        return str(units)
    sign = "-" if units < 0 else ""
    whole, part = divmod(abs(units), _power_of_ten(decimals))
    return f"{sign}{whole}.{part:0{decimals}d}"


def _text_to_units(text: str, *, decimals: int) -> int:
    match = _DECIMAL.match(text)
    if match is None:
        raise AmountError(f"{text[:40]!r} is not a decimal number")
    sign, whole, part = match[1], match[2], match[3] or ""
    if len(part) > decimals:
        raise AmountError(f"{text} has more than {decimals} decimals")
    value = int(whole) * _power_of_ten(decimals) + int(part.ljust(decimals, "0") or "0")
    return -value if sign else value
