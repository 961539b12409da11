"""The life of an order as a table. What is not in it cannot happen."""

from typing import Final

from trading.engine.errors import EngineBrokenError
from trading.engine.types import CANCELED, EXPIRED, FILLED, HELD, NEW, PARTIALLY_FILLED, REJECTED

ENTERED: Final = 6  # before the counter has answered; no order is ever seen in it
STATES: Final = (NEW, PARTIALLY_FILLED, FILLED, CANCELED, REJECTED, EXPIRED, ENTERED, HELD)

ACCEPT: Final = 0
REJECT: Final = 1
FILL_PART: Final = 2
FILL_REST: Final = 3
CANCEL: Final = 4
EXPIRE: Final = 5
REPLACE: Final = 6
HOLD: Final = 7
TRIGGER: Final = 8
TRIGGERS: Final = (ACCEPT, REJECT, FILL_PART, FILL_REST, CANCEL, EXPIRE, REPLACE, HOLD, TRIGGER)

TRANSITIONS: Final[dict[tuple[int, int], int]] = {
    (ENTERED, ACCEPT): NEW,
    (ENTERED, REJECT): REJECTED,
    (ENTERED, HOLD): HELD,
    (HELD, TRIGGER): NEW,
    (HELD, CANCEL): CANCELED,
    (HELD, EXPIRE): EXPIRED,
    (HELD, REPLACE): HELD,
    (NEW, FILL_PART): PARTIALLY_FILLED,
    (NEW, FILL_REST): FILLED,
    (NEW, CANCEL): CANCELED,
    (NEW, EXPIRE): EXPIRED,
    (NEW, REPLACE): NEW,
    (PARTIALLY_FILLED, FILL_PART): PARTIALLY_FILLED,
    (PARTIALLY_FILLED, FILL_REST): FILLED,
    # A cancelled order keeps its fills: the status says how it ended, filled_qty how far it came.
    (PARTIALLY_FILLED, CANCEL): CANCELED,
    (PARTIALLY_FILLED, EXPIRE): EXPIRED,
    # The new quantity is always above what is filled, so a replaced order is never complete.
    (PARTIALLY_FILLED, REPLACE): PARTIALLY_FILLED,
}


# The same table laid out flat: a look-up by tuple would cost three times as much on every fill.
_FLAT: Final = tuple(TRANSITIONS.get((state, trigger), -1) for state in sorted(STATES) for trigger in TRIGGERS)
_WIDTH: Final = len(TRIGGERS)


def _after(trigger: int) -> tuple[int, ...]:
    return tuple(TRANSITIONS.get((state, trigger), -1) for state in range(max(STATES) + 1))


# The rows that every fill and cancel asks, by state: a call would cost more than the answer. Below 0 there is none.
AFTER_PART: Final = _after(FILL_PART)
AFTER_REST: Final = _after(FILL_REST)
AFTER_CANCEL: Final = _after(CANCEL)


def next_state(state: int, trigger: int) -> int:
    """The state after a trigger; a pair outside the table is our bug."""
    after = _FLAT[state * _WIDTH + trigger]
    if after < 0:
        raise EngineBrokenError(f"order in state {state} met trigger {trigger}")
    return after
