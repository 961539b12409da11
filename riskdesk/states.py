"""The life of an alert as a table. What is not in the table raises.

A row that nobody has seen never closes by itself: when its condition ends before somebody acknowledged it, it stays
open (`cleared_at` is set) until an officer takes note.
"""

from __future__ import annotations

from typing import Final

from portal.lib.errors import Refused

OPEN: Final = "open"
ACKNOWLEDGED: Final = "acknowledged"
RESOLVED: Final = "resolved"
STATES: Final = (OPEN, ACKNOWLEDGED, RESOLVED)

REPEAT: Final = "repeat"  # the rule found it again
CLEAR: Final = "clear"  # the condition has ended
ACKNOWLEDGE: Final = "acknowledge"  # an officer took note; the condition stands
ACKNOWLEDGE_ENDED: Final = "acknowledge_ended"  # an officer took note of something that is over
TRIGGERS: Final = (REPEAT, CLEAR, ACKNOWLEDGE, ACKNOWLEDGE_ENDED)

TABLE: Final[dict[tuple[str, str], str]] = {
    (OPEN, REPEAT): OPEN,
    (OPEN, CLEAR): OPEN,  # unseen: it stays until somebody has seen it
    (OPEN, ACKNOWLEDGE): ACKNOWLEDGED,
    (OPEN, ACKNOWLEDGE_ENDED): RESOLVED,
    (ACKNOWLEDGED, REPEAT): ACKNOWLEDGED,  # counted on the row; whoever took note sees the count rise
    (ACKNOWLEDGED, CLEAR): RESOLVED,
}


def next_state(state: str, trigger: str) -> str:
    """Return the state after a trigger; refuse what the table does not know."""
    try:
        return TABLE[state, trigger]
    except KeyError:
        detail = f"An alert that is {state} cannot {trigger}."
        raise Refused("alert_state", {"state": state, "trigger": trigger}, detail=detail) from None
