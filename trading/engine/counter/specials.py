"""What an order carries that most orders do not: a trigger, a fellow leg, protection to come, a life past its day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trading.engine.terms import Terms

if TYPE_CHECKING:
    from trading.engine.counter.orders import Order


class Special:
    """The special side of an order."""

    __slots__ = (
        "entered_day",
        "entered_ns",
        "entered_seq",
        "fellow",
        "filled_now",
        "guards",
        "is_frozen",
        "terms",
        "trigger_ticks",
    )

    def __init__(self, terms: Terms) -> None:
        self.terms: Final = terms
        self.trigger_ticks = terms.trigger_ticks  # as it stands; once triggered, as it stood
        self.fellow: Order | None = None  # the other leg: when one trades or ends, the other ends
        self.is_frozen = True  # a held leg freezes nothing: its fellow holds what both would need
        self.filled_now = 0  # lots opened by the command at work, not yet protected
        self.guards = 0  # pairs of protecting orders made so far
        self.entered_day = 0  # set when the order outlives its trading day: what the day's memory then forgets
        self.entered_seq = 0
        self.entered_ns = 0


def link(order: Order, fellow: Order) -> None:
    """Make two orders legs of one pair."""
    if order.special is None or fellow.special is None:
        return
    order.special.fellow = fellow
    fellow.special.fellow = order


def unlink(order: Order) -> Order | None:
    """Take a leg out of its pair; gives the other one."""
    special = order.special
    if special is None or special.fellow is None:
        return None
    fellow = special.fellow
    special.fellow = None
    if fellow.special is not None:
        fellow.special.fellow = None
    return fellow
