"""Which terms may come together in one order. What is wrong here is wrong at any price and in any state."""

from __future__ import annotations

from typing import Final

from trading.engine import rejects
from trading.engine.bounds import NAME_LEN_MAX, PRICE_TICKS_MAX, QTY_MAX, trading_day_ok
from trading.engine.commands import PlaceOrder
from trading.engine.terms import Terms
from trading.engine.types import (
    AUCTION,
    AUTO,
    BUY,
    CLOSE,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    DAY,
    FOK,
    GTC,
    GTD,
    IOC,
    LIMIT,
    MARKET,
    OPEN,
    SELL,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
)

STOPS: Final = frozenset({STOP, STOP_LIMIT, TRAILING_STOP})
UNPRICED: Final = frozenset({MARKET, STOP, TRAILING_STOP})
RESTING: Final = frozenset({DAY, GTD, GTC})
GUARD_SUFFIX_LEN: Final = 8
"""Room that the client order id of a bracket leaves for those of its protecting orders."""

_SIDES: Final = (BUY, SELL)
_OFFSETS: Final = (OPEN, CLOSE, CLOSE_TODAY, CLOSE_YESTERDAY, AUTO)

PLAIN: Final = frozenset(
    (side, offset, order_type, time_in_force)
    for side in _SIDES
    for offset in _OFFSETS
    for order_type, lives in ((LIMIT, (DAY, IOC, FOK, GTC, AUCTION)), (MARKET, (DAY, IOC, FOK)))
    for time_in_force in lives
)
"""What needs no further terms."""

_SHAPES: Final = PLAIN | frozenset(
    (side, offset, order_type, time_in_force)
    for side in _SIDES
    for offset in _OFFSETS
    for order_type, lives in (
        (LIMIT, (GTD,)),
        (STOP, RESTING),
        (STOP_LIMIT, RESTING),
        (TRAILING_STOP, RESTING),
    )
    for time_in_force in lives
)


def terms_problem(command: PlaceOrder, terms: Terms) -> str:
    """The code of what is wrong with an order's terms, its quantity and price being in bounds; empty when all fits."""
    if not has_shape(command) or not _in_bounds(terms):
        return rejects.FIELD_BAD
    return rejects.TERMS_BAD if misfit(command, terms) else ""


def has_shape(command: PlaceOrder) -> bool:
    """Say whether orders of this side, offset, type and life exist at all."""
    return (command.side, command.offset, command.order_type, command.time_in_force) in _SHAPES


def misfit(command: PlaceOrder, terms: Terms) -> str:
    """The name of the first term that does not fit the order or another term; empty when all fit."""
    order_type, lives = command.order_type, command.time_in_force
    if not _trail_fits(order_type, terms):
        return "trail_ticks"
    if not _trigger_fits(order_type, terms):
        return "trigger_ticks"
    if terms.min_qty and (lives != IOC or terms.min_qty > command.qty):
        return "min_qty"
    if terms.display_qty and (not _rests(order_type, lives) or terms.display_qty >= command.qty):
        return "display_qty"
    if terms.post_only and not _rests(order_type, lives):
        return "post_only"
    if not (trading_day_ok(terms.good_till) if lives == GTD else terms.good_till == 0):
        return "good_till"
    if terms.other_leg and order_type not in STOPS:
        return "other_leg"
    return _misfit_guard(command, terms)


def _in_bounds(terms: Terms) -> bool:
    prices = (terms.trigger_ticks, terms.trail_ticks, terms.take_profit_ticks, terms.stop_loss_ticks)
    return (
        all(0 <= ticks <= PRICE_TICKS_MAX for ticks in prices)
        and 0 <= terms.min_qty <= QTY_MAX
        and 0 <= terms.display_qty <= QTY_MAX
        and len(terms.other_leg) <= NAME_LEN_MAX
        and terms.parent_id == 0
        and terms.force_reason == 0
    )


def _trail_fits(order_type: int, terms: Terms) -> bool:
    return (terms.trail_ticks > 0) == (order_type == TRAILING_STOP)


def _trigger_fits(order_type: int, terms: Terms) -> bool:
    return (terms.trigger_ticks > 0) == (order_type in STOPS and order_type != TRAILING_STOP)


def _rests(order_type: int, lives: int) -> bool:
    return order_type == LIMIT and lives in RESTING


def _misfit_guard(command: PlaceOrder, terms: Terms) -> str:
    """Protection belongs to an order that opens, on the right sides of its price."""
    gain, loss, price = terms.take_profit_ticks, terms.stop_loss_ticks, command.price_ticks
    if not gain and not loss:
        return ""
    if command.offset != OPEN or command.order_type not in (LIMIT, MARKET):
        return "take_profit_ticks" if gain else "stop_loss_ticks"
    if len(command.client_order_id) > NAME_LEN_MAX - GUARD_SUFFIX_LEN:
        return "client_order_id"
    sign = -1 if command.side == SELL else 1
    if gain and price and (gain - price) * sign <= 0:
        return "take_profit_ticks"
    if loss and ((price and (loss - price) * sign >= 0) or (gain and (gain - loss) * sign <= 0)):
        return "stop_loss_ticks"
    return ""
