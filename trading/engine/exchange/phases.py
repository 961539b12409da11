"""The phases of trading as a table: which may follow which, and what clients may do in each."""

from __future__ import annotations

from typing import Final

from trading.engine.types import AUCTION_ENTRY, AUCTION_MATCH, BREAK, CLOSED, CONTINUOUS, HALTED, SETTLEMENT

TRANSITIONS: Final[frozenset[tuple[int, int]]] = frozenset(
    {
        (CLOSED, AUCTION_ENTRY),
        (CLOSED, CONTINUOUS),  # a market that never sleeps has no auction
        (CLOSED, SETTLEMENT),
        (AUCTION_ENTRY, AUCTION_MATCH),
        (AUCTION_ENTRY, HALTED),
        (AUCTION_MATCH, CONTINUOUS),
        (AUCTION_MATCH, BREAK),
        (CONTINUOUS, BREAK),
        (CONTINUOUS, CLOSED),
        (CONTINUOUS, HALTED),
        (CONTINUOUS, AUCTION_ENTRY),
        (BREAK, CONTINUOUS),
        (BREAK, AUCTION_ENTRY),
        (BREAK, CLOSED),
        (BREAK, HALTED),
        (HALTED, AUCTION_ENTRY),
        (HALTED, CONTINUOUS),
        (HALTED, CLOSED),
        (SETTLEMENT, CLOSED),
    }
)
"""(from, to); what is not in it cannot happen."""

ENTRY_ALLOWED: Final = frozenset({AUCTION_ENTRY, CONTINUOUS})
"""Phases in which new orders and changed ones are taken."""

CANCEL_REFUSED: Final = frozenset({AUCTION_MATCH, SETTLEMENT})
"""Phases in which a client's cancel, and every change, is refused: the orders are being matched, or the books made."""

CROSSED_ALLOWED: Final = frozenset({AUCTION_ENTRY, HALTED})
"""Phases in which bids may stand above asks."""
