"""A settlement under way: what must survive a crash between two of its steps."""

from __future__ import annotations

from typing import Final


class Settling:
    """From BeginSettlement to EndSettlement. Accounts up to `through` are settled, the others are still to come."""

    __slots__ = ("next_trading_day", "old_prices", "phases", "prices", "through")

    def __init__(
        self, next_trading_day: int, prices: dict[int, int], old_prices: dict[int, int], phases: dict[int, int]
    ) -> None:
        self.next_trading_day: Final = next_trading_day
        self.prices: Final = prices  # settlement by contract, all contracts
        self.old_prices: Final = old_prices  # the settlement before: what lots not yet settled are marked at
        self.phases: Final = phases  # what each contract's phase was, and will be again
        self.through = 0
