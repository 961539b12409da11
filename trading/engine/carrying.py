"""Orders at the end of a trading day: which end with it, and what those take along that live on."""

from __future__ import annotations

from trading.engine.counter.freezing import freeze, release
from trading.engine.counter.orders import Order
from trading.engine.counter.pretrade import Plan, price_units
from trading.engine.counter.specials import Special
from trading.engine.delivery_flow import may_live_on
from trading.engine.events import Event
from trading.engine.execution import Execution
from trading.engine.order_terms import UNPRICED
from trading.engine.state import State
from trading.engine.terms import Terms
from trading.engine.types import (
    CANCELED_BAND,
    CANCELED_DAY_END,
    CANCELED_DELIVERY,
    CANCELED_EXPIRED,
    CANCELED_GTD,
    GTC,
    GTD,
    HELD,
)


def end_day_orders(state: State, execution: Execution, next_trading_day: int, actor: str, events: list[Event]) -> None:
    """End every order that does not live on; the lots it held frozen are free before they roll."""
    for order in list(state.orders.values()):
        if not order.is_listed:
            continue  # the other leg of one that has just ended
        if order.contract.ends_before(next_trading_day):
            execution.end(order, CANCELED_EXPIRED, actor, events)
        elif order.time_in_force == GTD and _good_till(order) < next_trading_day:
            execution.end(order, CANCELED_GTD, actor, events)
        elif order.time_in_force not in (GTC, GTD) or _closes_today(order):
            execution.end(order, CANCELED_DAY_END, actor, events)


def _good_till(order: Order) -> int:
    return order.special.terms.good_till if order.special is not None else 0


def _closes_today(order: Order) -> bool:
    """Lots of today are yesterday's tomorrow: an order that closes them would mean other lots then."""
    holder = order
    if order.special is not None and not order.special.is_frozen and order.special.fellow is not None:
        holder = order.special.fellow
    return holder.from_today > 0


def carry_orders(state: State, execution: Execution, actor: str, events: list[Event]) -> None:
    """Take the orders that live on into the new day: frozen anew on the new prices, ended outside the new band."""
    plan = Plan()
    for order in list(state.orders.values()):
        if not order.is_listed:
            continue
        market = state.markets[order.contract.instrument_id]
        special = _remember(state, order)
        # Its protection too must find room in the new band, as it had to when the order was entered.
        terms = special.terms
        prices = [
            0 if order.order_type in UNPRICED else order.price_ticks, terms.take_profit_ticks, terms.stop_loss_ticks
        ]  # fmt: skip
        if order.status == HELD and market.stops is not None:
            prices.append(market.stops.trigger_of(order.order_id))
        if not all(market.lower_ticks <= ticks <= market.upper_ticks for ticks in prices if ticks):
            execution.end(order, CANCELED_BAND, actor, events)
        elif not may_live_on(order):
            execution.end(order, CANCELED_DELIVERY, actor, events)
        elif special.is_frozen:
            _freeze_anew(plan, order)


def _remember(state: State, order: Order) -> Special:
    special = order.special
    if special is None:
        special = order.special = Special(Terms())
    if not special.entered_day:
        special.entered_day = state.trading_day
        special.entered_seq, special.entered_ns = state.memory.entry_of(order.order_id)
    return special


def _freeze_anew(plan: Plan, order: Order) -> None:
    today, yesterday = order.from_today, order.from_yesterday
    open_qty = order.open_qty()
    release(order, open_qty)
    plan.offset, plan.price_ticks = order.offset, order.price_ticks
    plan.from_today, plan.from_yesterday = today, yesterday
    price_units(plan, order.contract.tariff(order.account.tariff_key), order.contract, order.side)
    order.margin_unit, order.fee_unit = plan.margin_unit, plan.fee_unit
    order.from_today, order.from_yesterday = today, yesterday
    freeze(order, open_qty)
