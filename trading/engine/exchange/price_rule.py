"""The price of a trade in continuous trading."""

from __future__ import annotations


def median_price(maker_ticks: int, taker_ticks: int, last_ticks: int) -> int:
    """The middle one of the two orders' prices and the last price: SHFE's 撮合价."""
    low, high = (maker_ticks, taker_ticks) if maker_ticks < taker_ticks else (taker_ticks, maker_ticks)
    if last_ticks <= low:
        return low
    return high if last_ticks >= high else last_ticks
