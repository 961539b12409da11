"""What the events of a commit did to the order books, without a word about whose orders they are.

The order-by-order channel of the doors is built from these steps (`trading.marketdata.visible_book`). They are made
only for contracts that a door listens to, and only after the answers of the commit have left.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import msgspec

from trading.engine import events as ev
from trading.engine import venue_events
from trading.engine.order_terms import STOPS
from trading.engine.types import SETTLEMENT

# What happened to a book. Doors never see stops that wait: the side and the slice of one are told before they matter,
# because its trigger does not repeat them.
ENTERS: Final = 1  # comes to the book: `side`, `price_ticks`, `qty` wanted, `display_qty`
WAITS: Final = 2  # a stop that does not come yet: `side`, `display_qty`
TRIGGERED: Final = 3  # and now it does: `price_ticks`, `qty`
SHRINKS: Final = 4  # wants less and keeps its place: `qty` left
MOVES: Final = 5  # comes anew: `price_ticks`, `qty` left
LEAVES: Final = 6
TRADES: Final = 7  # `price_ticks`, `qty`, `side` of the later order; `order_id` of the earlier one
PHASE: Final = 8  # `qty` is the phase


class Step(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One step of one contract's book. Fields that a kind does not name are 0."""

    seq: int
    market_ns: int
    instrument_id: int
    kind: int
    order_id: int = 0
    side: int = 0
    price_ticks: int = 0
    qty: int = 0
    display_qty: int = 0
    left: int = 0  # of the earlier order, all lots, shown or not
    trade_id: int = 0
    other_id: int = 0  # the later order of a trade
    other_left: int = 0


Records = Sequence[tuple[Any, int, int, Sequence[Any]]]


def steps_of(records: Records, *, first_seq: int, wanted: Collection[int]) -> list[Step]:
    """Return the steps of some contracts, in order."""
    steps: list[Step] = []
    for seq, (_command, _at_ns, market_ns, events) in enumerate(records, first_seq):
        for event in events:
            about = _ABOUT_ORDERS.get(type(event))
            if about is None:
                many = _ABOUT_CONTRACTS.get(type(event))
                if many is not None:
                    steps += [step for step in many(event, seq, market_ns) if step.instrument_id in wanted]
            elif event.instrument_id in wanted:
                steps.append(about(event, seq, market_ns))
    return steps


def _accepted(event: ev.OrderAccepted, seq: int, market_ns: int) -> Step:
    display_qty = event.terms.display_qty if event.terms is not None else 0
    if event.order_type in STOPS:
        return Step(seq, market_ns, event.instrument_id, WAITS, event.order_id, event.side, display_qty=display_qty)
    return Step(
        seq, market_ns, event.instrument_id, ENTERS, event.order_id, event.side, event.price_ticks, event.qty,
        display_qty,
    )  # fmt: skip


def _triggered(event: ev.OrderTriggered, seq: int, market_ns: int) -> Step:
    return Step(
        seq, market_ns, event.instrument_id, TRIGGERED, event.order_id, price_ticks=event.price_ticks, qty=event.qty
    )


def _replaced(event: ev.OrderReplaced, seq: int, market_ns: int) -> Step:
    left = event.qty - event.filled_qty
    if event.kept_place:
        return Step(seq, market_ns, event.instrument_id, SHRINKS, event.order_id, qty=left)
    return Step(seq, market_ns, event.instrument_id, MOVES, event.order_id, price_ticks=event.price_ticks, qty=left)


def _canceled(event: ev.OrderCanceled, seq: int, market_ns: int) -> Step:
    return Step(seq, market_ns, event.instrument_id, LEAVES, event.order_id)


def _traded(event: ev.Trade, seq: int, market_ns: int) -> Step:
    maker, taker = event.maker, event.taker
    return Step(
        seq, market_ns, event.instrument_id, TRADES, maker.order_id, event.taker_side, event.price_ticks, event.qty,
        0, maker.order_leaves_qty, event.trade_id, taker.order_id, taker.order_leaves_qty,
    )  # fmt: skip


def _phase_changed(event: ev.PhaseChanged, seq: int, market_ns: int) -> list[Step]:
    return [Step(seq, market_ns, number, PHASE, qty=event.phase) for number, _before in event.moved]


def _settlement_begun(event: ev.SettlementBegun, seq: int, market_ns: int) -> list[Step]:
    return [Step(seq, market_ns, row[0], PHASE, qty=SETTLEMENT) for row in event.rows]


def _contracts_moved(event: venue_events.ContractsMoved, seq: int, market_ns: int) -> list[Step]:
    """Rules of the venue halt and close contracts without a change of phase of their own."""
    return [Step(seq, market_ns, row.instrument_id, PHASE, qty=row.phase) for row in event.rows]


_ABOUT_ORDERS: Final[dict[type, Callable[[Any, int, int], Step]]] = {
    ev.OrderAccepted: _accepted,
    ev.OrderTriggered: _triggered,
    ev.OrderReplaced: _replaced,
    ev.OrderCanceled: _canceled,
    ev.Trade: _traded,
}
_ABOUT_CONTRACTS: Final[dict[type, Callable[[Any, int, int], list[Step]]]] = {
    ev.PhaseChanged: _phase_changed,
    ev.SettlementBegun: _settlement_begun,
    venue_events.ContractsMoved: _contracts_moved,
}
