"""The life of an order: every pair of state and trigger, allowed or not."""

import pytest

from trading.engine.counter.order_states import (
    ACCEPT,
    CANCEL,
    ENTERED,
    EXPIRE,
    FILL_PART,
    FILL_REST,
    HOLD,
    REJECT,
    REPLACE,
    STATES,
    TRIGGER,
    TRIGGERS,
    next_state,
)
from trading.engine.errors import EngineBrokenError
from trading.engine.types import CANCELED, EXPIRED, FILLED, HELD, NEW, PARTIALLY_FILLED, REJECTED

# Written down a second time on purpose: a slip in the table must disagree with somebody.
ALLOWED = {
    ENTERED: {ACCEPT: NEW, REJECT: REJECTED, HOLD: HELD},
    HELD: {TRIGGER: NEW, CANCEL: CANCELED, EXPIRE: EXPIRED, REPLACE: HELD},
    NEW: {
        FILL_PART: PARTIALLY_FILLED,
        FILL_REST: FILLED,
        CANCEL: CANCELED,
        EXPIRE: EXPIRED,
        REPLACE: NEW,
    },
    PARTIALLY_FILLED: {
        FILL_PART: PARTIALLY_FILLED,
        FILL_REST: FILLED,
        CANCEL: CANCELED,
        EXPIRE: EXPIRED,
        REPLACE: PARTIALLY_FILLED,
    },
    FILLED: {},
    CANCELED: {},
    REJECTED: {},
    EXPIRED: {},
}


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize("state", STATES)
def test_every_pair_is_either_in_the_table_or_impossible(state: int, trigger: int) -> None:
    expected = ALLOWED[state].get(trigger)
    if expected is None:
        with pytest.raises(EngineBrokenError):
            next_state(state, trigger)
    else:
        assert next_state(state, trigger) == expected


def test_nothing_leaves_a_terminal_state() -> None:
    assert [state for state in STATES if not ALLOWED[state]] == [FILLED, CANCELED, REJECTED, EXPIRED]
