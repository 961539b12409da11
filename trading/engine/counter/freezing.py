"""Freezing what an accepted order may need, and giving back what it no longer can."""

from __future__ import annotations

from trading.engine.counter.orders import Order
from trading.engine.types import OPEN


def freeze(order: Order, qty: int) -> None:
    """Set aside money and lots for `qty` lots; a closing order's split is already on the order."""
    account = order.account
    account.frozen_fee_fen += qty * order.fee_unit
    position = order.position
    if order.offset == OPEN:
        margin = qty * order.margin_unit
        account.frozen_margin_fen += margin
        if account.nets:
            position.opening_margin_fen += margin
        position.opening_qty += qty
    else:
        position.frozen_today += order.from_today
        position.frozen_yesterday += order.from_yesterday


def release(order: Order, qty: int) -> None:
    """Give back money and lots of `qty` lots; today's lots first, because fills take yesterday's first."""
    account = order.account
    account.frozen_fee_fen -= qty * order.fee_unit
    position = order.position
    if order.offset == OPEN:
        margin = qty * order.margin_unit
        account.frozen_margin_fen -= margin
        if account.nets:
            position.opening_margin_fen -= margin
        position.opening_qty -= qty
        return
    today = min(qty, order.from_today)
    order.from_today -= today
    position.frozen_today -= today
    order.from_yesterday -= qty - today
    position.frozen_yesterday -= qty - today
