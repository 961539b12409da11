"""One-sided markets (单边市): in the window before the close only one side stands, at its limit.

The rule (domain facts, 2.3; the exchanges' text): from the beginning of the window to the close, after every command,
the best bid is the upper limit and nobody asks, or the best ask is the lower limit and nobody bids; what comes from
the other side trades at once, and at the limit only. Stops that wait are no quotes.
"""

from __future__ import annotations

from trading.engine.exchange.market import Market
from trading.engine.ladders import Watch
from trading.engine.types import BUY, SELL


def one_sided_now(market: Market) -> int:
    """The side that alone stands at its limit; 0: none does."""
    bid, ask = market.book.bids.best, market.book.asks.best
    if ask is None and bid is not None and bid.price_ticks == market.upper_ticks:
        return BUY
    if bid is None and ask is not None and ask.price_ticks == market.lower_ticks:
        return SELL
    return 0


def still_one_sided(market: Market, watch: Watch) -> bool:
    """Whether a watched market has not been opened: same side, and every trade since at its limit."""
    limit = market.upper_ticks if watch.side == BUY else market.lower_ticks
    traded = market.volume - watch.volume
    return one_sided_now(market) == watch.side and market.turnover_ticks - watch.turnover_ticks == traded * limit
