"""Tables that move a contract's terms from day to day: the ladder of one-sided markets, and the road to delivery.

Both are data: a venue's rules, put by commands. The engine knows how a table is walked, never a figure of one
(domain facts, 2.1, 2.3 and 2.4).
"""

from typing import Final

import msgspec

STEPS_MAX: Final = 16
CLOSE_WINDOW_S: Final = 300
"""The window before a close in seconds, where a ladder says none: the last five minutes (domain facts, 2.3)."""
CLOSE_WINDOW_S_MAX: Final = 4 * 3_600


class LimitStep(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What follows a contract's n-th one-sided day (单边市) in a row, all in the same direction."""

    add_ppm: int  # points of the price limit above the limit of the first such day
    margin_over_ppm: int  # points of the margin above the new limit
    halts: bool = False  # the contract does not trade on the day that follows


class Rung(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Where a contract stands on the ladder of one-sided markets."""

    step: int  # 1 after the first one-sided day
    side: int  # BUY: nobody sold at the upper limit; SELL: nobody bought at the lower one
    base_ppm: int  # the limit of the first one-sided day
    limit_ppm: int
    margin_ppm: int
    halts: bool


class Watch(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A market that has been one-sided since the window before its close began, with the day's figures of then."""

    side: int
    volume: int
    turnover_ticks: int


class DeliveryStep(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What holds for a contract from a trading day on, until the next step begins."""

    from_day: int  # YYYYMMDD, counted by the calendar before it came here
    margin_ppm: int = 0  # the least margin; what is higher anyway wins
    lot_multiple: int = 1  # orders to open and to close are multiples of this
    position_limit: int = 0  # lots of one account in one direction; 0: none of this step


class Delivery(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A contract's road to its end, days resolved. A contract that has one expires after its last trading day."""

    steps: list[DeliveryStep]  # by day
    natural_open_day: int = 0  # the last day on which natural persons may open; 0: no such rule
    natural_zero_day: int = 0  # by the close of this day they must hold nothing


BEFORE_DELIVERY: Final = DeliveryStep(0)
"""In force where no step is."""


def delivery_step(delivery: Delivery | None, trading_day: int) -> DeliveryStep:
    """The step in force on a trading day."""
    found = BEFORE_DELIVERY
    if delivery is not None:
        for step in delivery.steps:
            if step.from_day <= trading_day:
                found = step
    return found
