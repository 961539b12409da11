"""Margin of a lot. Everything else is a number of lots times it, so sums stay exact whatever way they are reached.

An opening order freezes margin at the previous settlement; lots opened today hold it at their opening price,
yesterday's at the previous settlement; after the settlement all lots hold it at the new one.
"""

from trading.engine.bounds import RATE_PPM_MAX


def margin_unit_fen(lot_value_fen: int, margin_ppm: int) -> int:
    """Margin of one lot of this value. Rounded to the nearest fen, halves up: the rule of Chinese statements."""
    return (lot_value_fen * margin_ppm + RATE_PPM_MAX // 2) // RATE_PPM_MAX
