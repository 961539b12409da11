"""The ladder of lines of a broker: from which risk degree on he warns, calls, takes rights, closes by force.

Degrees are margin divided by equity in millionths, rounded up; a line is met when the degree is at or above it, and a
level is left again only `LEAVE_BELOW_PPM` below its line, so that a price that rests on it does not ring twice. What
the lines are is the broker's own data; the numbers here are only what a new broker begins with [M].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from trading.engine.types import BASIS_COMPANY, BASIS_EXCHANGE

LEAVE_BELOW_PPM: Final = 20_000
BEYOND_PPM: Final = 900_000_000
MINUTES_A_DAY: Final = 24 * 60

NONE: Final = 0
WARN: Final = 1
MARGIN_CALL: Final = 2
CLOSE_ONLY: Final = 3
LIQUIDATE: Final = 4
LEVELS: Final = (WARN, MARGIN_CALL, CLOSE_ONLY, LIQUIDATE)


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one basis, in millionths, ascending; `target_ppm` is where a liquidation is over.

    `pay_by_min` is the time of the next trading day, in minutes after midnight, by which a margin call must be met.
    """

    basis: int
    warn_ppm: int
    call_ppm: int
    close_only_ppm: int
    liquidate_ppm: int
    target_ppm: int
    automatic: bool = False
    pay_by_min: int | None = None

    def of(self, level: int) -> int:
        """The line of a level."""
        return (0, self.warn_ppm, self.call_ppm, self.close_only_ppm, self.liquidate_ppm)[level]

    def as_list(self) -> list[int]:
        """The four lines as a liquidation's command carries them."""
        return [self.of(level) for level in LEVELS]


# Common practice [M]: by the company's margin 80 % warns and 100 % calls for money and takes the right to open; by the
# exchange's own margin 100 % is closed by force.
FIRST_LINES: Final = (
    Lines(BASIS_COMPANY, 800_000, 1_000_000, 1_000_000, 1_500_000, 900_000),
    Lines(BASIS_EXCHANGE, 700_000, 850_000, 900_000, 1_000_000, 800_000),
)


def lines_problem(lines: Lines) -> str:
    """Say what is wrong with lines; empty when they make a ladder."""
    four = lines.as_list()
    if lines.basis not in (BASIS_COMPANY, BASIS_EXCHANGE):
        return "basis"
    if four[0] <= 0 or four[-1] > BEYOND_PPM or four != sorted(four):
        return "lines"
    if lines.pay_by_min is not None and not 0 <= lines.pay_by_min < MINUTES_A_DAY:
        return "pay_by"
    return "" if 0 < lines.target_ppm < lines.liquidate_ppm else "target"


def level_of(lines: Lines, degree_ppm: int, standing: int = NONE) -> int:
    """The level of a degree; one that stands is kept until the degree is clearly below its line."""
    level = NONE
    for each in LEVELS:
        leeway = LEAVE_BELOW_PPM if each <= standing else 0
        if degree_ppm >= lines.of(each) - leeway:
            level = each
    return level
