"""What trades bring about in the slow model: stops that were reached, legs that go, protection of what was opened."""

from __future__ import annotations

from trading.engine.events import OrderTriggered
from trading.engine.terms import Terms
from trading.engine.types import (
    BUY,
    CANCELED_UNCOVERED,
    CLOSE,
    CLOSE_TODAY,
    CONTINUOUS,
    GTC,
    LIMIT,
    OPEN,
    SELL,
    STOP,
)

from . import reference_rules as rules
from .reference_market import end, end_fellow, note_price, run
from .reference_orders import ACTOR, accepted, make, number_order
from .reference_rules import Wish
from .reference_state import RefContract, RefOrder, RefWorld


def settle(world: RefWorld) -> None:
    """Go on until nothing follows any more."""
    while world.touched or world.traded is not None:
        touched, world.touched = world.touched, []
        for order in touched:
            end_fellow(world, order, ACTOR)
        traded, world.traded = world.traded, None
        if traded is not None:
            elect(world, *traded)
        for order in touched:
            filled, order.filled_now = order.filled_now, 0
            if filled and order.is_guarded:
                protect(world, order, filled)


def waiting(world: RefWorld, contract: RefContract) -> list[RefOrder]:
    """The stops that wait, in the order in which they are reached: buys from below, then sells from above."""
    found = [order for order in world.orders if order.trigger and order.contract is contract]
    sign = {BUY: 1, SELL: -1}
    return sorted(found, key=lambda order: (order.side != BUY, order.trigger * sign[order.side], order.number))


def elect(world: RefWorld, contract: RefContract, low: int, high: int) -> None:
    """Trigger the stops that trades between two prices have reached; trailing ones then follow."""
    if contract.phase != CONTINUOUS:
        return
    while True:
        due = [o for o in waiting(world, contract) if (o.trigger <= high if o.side == BUY else o.trigger >= low)]
        if not due:
            break
        trigger(world, due[0])
    for order in waiting(world, contract):
        trail = order.terms.trail_ticks
        if trail:
            order.trigger = min(order.trigger, low + trail) if order.side == BUY else max(order.trigger, high - trail)


def trigger(world: RefWorld, order: RefOrder) -> None:
    """A stop becomes an order like any other, when what it needs is there."""
    account, contract, at = order.account, order.contract, order.trigger
    end_fellow(world, order, ACTOR)
    wish = Wish(account, contract, order.side, order.offset, order.order_type, order.qty, order.price)
    rules.bound_price(wish)
    if not order.is_frozen:
        code = rules.resolve(world, wish, known=True)
        if not code:
            rules.price_units(wish)
            code = rules.opening(world, wish) if wish.offset == OPEN else ""
        if code:
            end(world, order, CANCELED_UNCOVERED, ACTOR)
            return
        order.offset, order.is_frozen = wish.offset, True
        order.margin_unit, order.fee_unit = wish.margin_unit, wish.fee_unit
        order.from_today, order.from_yesterday = wish.from_today, wish.from_yesterday
    order.trigger, order.price = 0, wish.price
    account.seq += 1
    world.events.append(
        OrderTriggered(
            account.tenant_id, account.number, account.seq, order.number, contract.number, order.qty, order.price,
            at, contract.last, world.funds(account), world.position_of(order),
        )
    )  # fmt: skip
    run(world, order, ACTOR)


def protect(world: RefWorld, parent: RefOrder, qty: int) -> None:
    """Enter the orders that close what `parent` has just opened."""
    account, contract, terms = parent.account, parent.contract, parent.terms
    side = SELL if parent.side == BUY else BUY
    offset = CLOSE_TODAY if contract.spec.close_means_yesterday else CLOSE
    wish = Wish(account, contract, side, offset, LIMIT, qty, terms.take_profit_ticks)
    if rules.resolve(world, wish):
        return  # closed again meanwhile
    parent.guards += 1
    gain: RefOrder | None = None
    if terms.take_profit_ticks:
        gain = _enter(world, parent, wish, "tp", Terms(parent_id=parent.number))
        accepted(world, gain, ACTOR, gain.terms)
    if terms.stop_loss_ticks:
        wish.order_type, wish.price = STOP, 0
        rules.bound_price(wish)
        stop = Terms(
            trigger_ticks=terms.stop_loss_ticks,
            other_leg=gain.client_order_id if gain is not None else "",
            parent_id=parent.number,
        )
        loss = _enter(world, parent, wish, "sl", stop)
        if gain is not None:
            loss.is_frozen = False
            loss.margin_unit = loss.fee_unit = loss.from_today = loss.from_yesterday = 0
            loss.fellow, gain.fellow = gain, loss
        accepted(world, loss, ACTOR, stop)
        loss.trigger = terms.stop_loss_ticks
        note_price(world, contract, contract.last)
    if gain is not None:
        run(world, gain, ACTOR)


def _enter(world: RefWorld, parent: RefOrder, wish: Wish, kind: str, terms: Terms) -> RefOrder:
    rules.price_units(wish)
    number = parent.guards
    while f"{parent.client_order_id}.{kind}{number}" in parent.account.client_ids:
        number += 1
    client_order_id = f"{parent.client_order_id}.{kind}{number}"
    order = make(wish, number_order(world, parent.account, client_order_id), client_order_id, GTC, terms)
    world.orders.append(order)
    return order
