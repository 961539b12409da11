"""The daily price band around the previous settlement price.

SHFE rounds both limits down to the tick (seven of seven recorded days: 402.06 at 6 % gives 426.18 and 377.92); DCE and
CZCE round to the nearest tick, halves up. The rounding is a property of the contract's venue.
"""

from trading.engine.bounds import RATE_PPM_MAX


def price_band(*, settlement_ticks: int, limit_ppm: int, rounds_down: bool) -> tuple[int, int]:
    """Give the lowest and the highest price, in ticks. No price is below one tick."""
    half = 0 if rounds_down else RATE_PPM_MAX // 2
    lower = (settlement_ticks * (RATE_PPM_MAX - limit_ppm) + half) // RATE_PPM_MAX
    upper = (settlement_ticks * (RATE_PPM_MAX + limit_ppm) + half) // RATE_PPM_MAX
    return max(lower, 1), max(upper, 1)
