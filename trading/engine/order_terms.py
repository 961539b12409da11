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
    order_type, lives = command.order_type, command.time_in_force
    if (command.side, command.offset, order_type, lives) not in _SHAPES or not _in_bounds(terms):
        return rejects.FIELD_BAD
    fits = (
        _trigger_fits(order_type, terms)
        and (terms.min_qty == 0 or (lives == IOC and terms.min_qty <= command.qty))
        and (terms.display_qty == 0 or (_rests(order_type, lives) and terms.display_qty < command.qty))
        and (not terms.post_only or _rests(order_type, lives))
        and (trading_day_ok(terms.good_till) if lives == GTD else terms.good_till == 0)
        and (not terms.other_leg or order_type in STOPS)
        and (not _is_bracket(terms) or _guards_fit(command, terms))
    )
    return "" if fits else rejects.TERMS_BAD


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


def _trigger_fits(order_type: int, terms: Terms) -> bool:
    if order_type == TRAILING_STOP:
        return terms.trail_ticks > 0 and terms.trigger_ticks == 0
    return terms.trail_ticks == 0 and (terms.trigger_ticks > 0) == (order_type in STOPS)


def _rests(order_type: int, lives: int) -> bool:
    return order_type == LIMIT and lives in RESTING


def _is_bracket(terms: Terms) -> bool:
    return terms.take_profit_ticks > 0 or terms.stop_loss_ticks > 0


def _guards_fit(command: PlaceOrder, terms: Terms) -> bool:
    """Protection belongs to an order that opens, on the right sides of its price."""
    if command.offset != OPEN or command.order_type not in (LIMIT, MARKET):
        return False
    if len(command.client_order_id) > NAME_LEN_MAX - GUARD_SUFFIX_LEN:
        return False
    gain, loss, price = terms.take_profit_ticks, terms.stop_loss_ticks, command.price_ticks
    if command.side == SELL:
        gain, loss, price = -gain, -loss, -price
    if gain and loss and gain <= loss:
        return False
    return not price or ((not gain or gain > price) and (not loss or loss < price))
