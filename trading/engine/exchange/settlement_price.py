"""The settlement price of a day: the volume-weighted average of all its trades (design: domain facts, 2.7)."""

from __future__ import annotations

from trading.engine.exchange.market import Market


def settlement_price(market: Market, *, previous_ticks: int) -> int:
    """Give the price in ticks, to the nearest one; a day without a trade keeps the previous settlement."""
    if market.volume == 0:
        return previous_ticks
    return (2 * market.turnover_ticks + market.volume) // (2 * market.volume)
