"""From the calendar to commands: which contracts must move now, and by which steps of the table of phases.

The answer follows from the machine's state and the clock alone, so that a core that was down needs no memory of its
own: what stands where it should is passed over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

from trading.calendar.model import product_key
from trading.calendar.timeline import Calendar
from trading.engine.commands import SetPhase
from trading.engine.exchange.phases import TRANSITIONS
from trading.engine.types import AUCTION_ENTRY, AUCTION_MATCH, BREAK, CLOSED, CONTINUOUS, HALTED, SETTLEMENT

ACTOR: Final = "system"

# Steps on the way are taken at once, one behind the other. Continuous trading and halts are never among them: the one
# would set off stops in a market that is not open, and out of the other only the operator leads.
_ON_THE_WAY: Final = (AUCTION_ENTRY, AUCTION_MATCH, BREAK, CLOSED)

_HANDS_OFF: Final = frozenset({HALTED, SETTLEMENT})
"""What the operator has halted or is settling stays until he moves it."""


class Standing(NamedTuple):
    """One contract as the machine has it."""

    instrument_id: int
    venue: str
    product: str
    phase: int


@cache
def steps(before: int, wanted: int) -> tuple[int, ...]:
    """Return the phases to walk through to the wanted one, which is the last; none when already there.

    The shortest way by the table. An auction that was slept through is matched on the way.
    """
    ways: deque[tuple[int, ...]] = deque([()])
    seen = {before}
    while ways:
        way = ways.popleft()
        last = way[-1] if way else before
        if last == wanted:
            return way
        for phase in (wanted, *_ON_THE_WAY):
            if (last, phase) in TRANSITIONS and phase not in seen:
                seen.add(phase)
                ways.append((*way, phase))
    raise ValueError(f"no way leads from phase {before} to {wanted}")


def wanted_phase(calendar: Calendar, *, product: str, market_ns: int, trading_day: int) -> int:
    """Return the phase a product should be in. A trading day whose eve is not settled yet does not begin."""
    phase, day = calendar.phase_at(market_ns, product)
    return phase if day == trading_day or not calendar.timed else CLOSED


def moves(calendar: Calendar, standings: Iterable[Standing], *, market_ns: int, trading_day: int) -> list[SetPhase]:
    """Return the commands that bring contracts to where the clock wants them: those that move together in one."""
    groups: dict[tuple[int, ...], list[int]] = {}
    wanted: dict[str, int] = {}
    for standing in standings:
        if standing.phase in _HANDS_OFF:
            continue
        product = product_key(standing.venue, standing.product)
        if calendar.timed and not calendar.knows(product):
            continue
        if product not in wanted:
            wanted[product] = wanted_phase(calendar, product=product, market_ns=market_ns, trading_day=trading_day)
        if standing.phase != wanted[product]:
            groups.setdefault(steps(standing.phase, wanted[product]), []).append(standing.instrument_id)
    reason = f"calendar {calendar.name}"
    return [SetPhase(0, sorted(ids), phase, reason, ACTOR) for way, ids in sorted(groups.items()) for phase in way]


_MOST_OPEN_FIRST: Final = (CONTINUOUS, AUCTION_ENTRY, AUCTION_MATCH, BREAK, HALTED, SETTLEMENT, CLOSED)


def market_phase(phases: Iterable[int]) -> int:
    """Return one phase for a whole market: that of the contract which is open furthest; no contract, no obstacle."""
    present = set(phases)
    return next((phase for phase in _MOST_OPEN_FIRST if phase in present), CONTINUOUS)
