"""Orders in the making: a new order's whole row, or what changed on one that has a row already."""

from __future__ import annotations

from typing import Final

import msgspec

from trading.engine import types as t
from trading.engine.events import Leg, OrderAccepted, OrderCanceled, OrderRejected, OrderReplaced, OrderTriggered
from trading.engine.order_terms import STOPS
from trading.engine.terms import Terms, wanted_of
from trading.projections.copy_text import NULL, escaped, nullable

_SMALLINT_MAX: Final = 32_767
_BIGINT_MAX: Final = 9_223_372_036_854_775_807
_INTEGER_MAX: Final = 2_147_483_647

Order = OrderAccepted | OrderRejected


def _bounded(value: int, limit: int) -> int:
    """Keep what a refused order asked for inside its column: it may have asked for any 64-bit number."""
    return max(-limit, min(value, limit))


class OrderChange:
    """The fields of an order that events can change; None means unchanged (only where the row exists already)."""

    __slots__ = (
        "account_id",
        "cancel_reason",
        "canceled_qty",
        "filled_qty",
        "filled_ticks",
        "fixed",
        "last_seq",
        "leaves_qty",
        "order_id",
        "price_ticks",
        "qty",
        "reject",
        "replaced_seq",
        "status",
        "tenant_id",
        "terms",
        "trigger_ticks",
        "triggered_seq",
        "updated_ns",
    )

    def __init__(self, *, tenant_id: int, account_id: int, order_id: int) -> None:
        self.tenant_id = tenant_id
        self.account_id = account_id
        self.order_id = order_id
        self.fixed = ""  # the unchanging columns of a new row, as a piece of its COPY line
        self.qty: int | None = None
        self.price_ticks: int | None = None
        self.filled_qty: int | None = None
        self.leaves_qty: int | None = None
        self.canceled_qty: int | None = None
        self.filled_ticks: int | None = None
        self.status: int | None = None
        self.reject = f"{NULL}\t{NULL}"
        self.cancel_reason: str | None = None
        self.replaced_seq: int | None = None
        self.trigger_ticks: int | None = None
        self.triggered_seq: int | None = None
        self.terms = NULL
        self.updated_ns = 0
        self.last_seq = 0

    def filled(self, leg: Leg) -> None:
        """Take over what the order's side of a trade says of it."""
        self.filled_qty = leg.order_filled_qty
        self.leaves_qty = leg.order_leaves_qty
        self.filled_ticks = leg.order_filled_ticks
        self.status = t.PARTIALLY_FILLED if leg.order_leaves_qty else t.FILLED

    def canceled(self, event: OrderCanceled) -> None:
        """The rest is gone."""
        self.filled_qty = event.filled_qty
        self.leaves_qty = 0
        self.canceled_qty = event.canceled_qty
        self.status = t.EXPIRED if event.reason in t.EXPIRING else t.CANCELED
        self.cancel_reason = event.reason

    def replaced(self, event: OrderReplaced, *, seq: int) -> None:
        """New total quantity and price; the fills stay."""
        self.replaced_seq = seq
        self.qty = event.qty
        self.price_ticks = event.price_ticks
        self.filled_qty = event.filled_qty
        self.leaves_qty = event.qty - event.filled_qty
        self.status = t.PARTIALLY_FILLED if event.filled_qty else t.NEW
        if event.trigger_ticks:
            self.status = t.HELD
            self.trigger_ticks = event.trigger_ticks

    def triggered(self, event: OrderTriggered) -> None:
        """The price was reached: an order like any other from now on."""
        self.price_ticks = event.price_ticks
        self.filled_qty = 0
        self.leaves_qty = event.qty
        self.status = t.NEW
        self.trigger_ticks = event.trigger_ticks
        self.triggered_seq = event.account_seq

    def line(self) -> str:
        """Return the COPY line of a new row."""
        return (
            f"{self.fixed}\t{self.qty}\t{self.price_ticks}\t{self.filled_qty}\t{self.leaves_qty}\t{self.canceled_qty}"
            f"\t{self.filled_ticks}\t{self.status}\t{self.reject}\t{nullable(self.cancel_reason)}"
            f"\t{NULL if self.replaced_seq is None else self.replaced_seq}\t{self.updated_ns}\t{self.last_seq}"
            f"\t{NULL if self.trigger_ticks is None else self.trigger_ticks}"
            f"\t{NULL if self.triggered_seq is None else self.triggered_seq}\t{self.terms}\n"
        )


def _put_terms(row: OrderChange, event: OrderAccepted, terms: Terms) -> None:
    row.terms = escaped(msgspec.json.encode(wanted_of(terms)).decode())
    if event.order_type in STOPS:
        row.status = t.HELD
        row.trigger_ticks = terms.trigger_ticks


def new_order(event: Order, *, trading_day: int, seq: int, at_ns: int) -> OrderChange:
    """Return the row of an order that has just got its number."""
    row = OrderChange(tenant_id=event.tenant_id, account_id=event.account_id, order_id=event.order_id)
    row.filled_qty = row.canceled_qty = row.filled_ticks = 0
    if isinstance(event, OrderAccepted):
        row.qty = row.leaves_qty = event.qty
        row.price_ticks = event.price_ticks
        row.status = t.NEW
        if event.terms is not None:
            _put_terms(row, event, event.terms)
        codes = f"{event.instrument_id}\t{event.side}\t{event.offset}\t{event.order_type}\t{event.time_in_force}"
    else:
        row.qty = _bounded(event.qty, _BIGINT_MAX)
        row.price_ticks = _bounded(event.price_ticks, _BIGINT_MAX)
        row.leaves_qty = 0
        row.status = t.REJECTED
        row.reject = f"{escaped(event.code)}\t{escaped(msgspec.json.encode(event.figures).decode())}"
        wanted = (event.side, event.offset, event.order_type, event.time_in_force)
        codes = str(_bounded(event.instrument_id, _INTEGER_MAX))
        codes += "".join(f"\t{_bounded(code, _SMALLINT_MAX)}" for code in wanted)
    row.fixed = (
        f"{event.tenant_id}\t{event.account_id}\t{event.order_id}\t{escaped(event.client_order_id)}\t{trading_day}"
        f"\t{codes}\t{escaped(event.actor)}\t{at_ns}\t{seq}"
    )
    return row
