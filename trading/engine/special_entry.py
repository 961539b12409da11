"""Entering orders that are more than plain: what their terms ask of the market and the account at this moment."""

from __future__ import annotations

from msgspec.structs import replace

from trading.engine import rejects
from trading.engine.commands import PlaceOrder
from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Contract
from trading.engine.counter.freezing import freeze
from trading.engine.counter.orders import Order
from trading.engine.counter.pretrade import Plan, assess, check_delivery, check_price
from trading.engine.counter.specials import Special, link
from trading.engine.exchange.market import Market
from trading.engine.exchange.phases import ENTRY_ALLOWED
from trading.engine.order_terms import RESTING, STOPS
from trading.engine.state import State
from trading.engine.terms import Terms
from trading.engine.types import AUCTION, AUCTION_ENTRY, BUY, HELD, MARKET, OPEN, SELL, TRAILING_STOP


def check_phase(plan: Plan, phase: int, order_type: int, time_in_force: int) -> str:
    """Whether an order may be entered now. In the auction only what can rest, or wait for its trigger."""
    if phase in ENTRY_ALLOWED:
        if phase == AUCTION_ENTRY:
            if time_in_force == AUCTION or (time_in_force in RESTING and order_type != MARKET):
                return ""
        elif time_in_force != AUCTION:
            return ""
    plan.figures["phase"] = phase
    return rejects.WRONG_PHASE


def assess_special(
    state: State,
    plan: Plan,
    command: PlaceOrder,
    terms: Terms,
    account: Account,
    contract: Contract,
    market: Market,
) -> str:
    """All checks of a new order with terms; the plan then says what it would freeze."""
    code = _check_trigger(plan, command, terms, market) or check_post_only(
        plan, command.side, command.price_ticks, terms, market
    )
    code = code or check_guards(plan, command.side, command.price_ticks, terms, market)
    if code:
        return code
    if terms.good_till and terms.good_till < state.trading_day:
        plan.figures = {"good_till": terms.good_till, "trading_day": state.trading_day}
        return rejects.TERMS_BAD
    if terms.display_qty % contract.lot_multiple:
        plan.figures = {"qty": terms.display_qty, "multiple": contract.lot_multiple}
        return rejects.LOT_MULTIPLE
    if terms.other_leg:
        return _assess_leg(state, plan, command, terms, account, market)
    return assess(plan, account, contract, command, market.lower_ticks, market.upper_ticks)


def _trigger(command: PlaceOrder, terms: Terms, market: Market) -> int:
    if command.order_type != TRAILING_STOP:
        return terms.trigger_ticks
    trail = terms.trail_ticks
    return market.last_ticks + trail if command.side == BUY else market.last_ticks - trail


def _check_trigger(plan: Plan, command: PlaceOrder, terms: Terms, market: Market) -> str:
    """A trigger lies beyond the last price, where it still can be reached."""
    if command.order_type not in STOPS:
        return ""
    trigger, last = _trigger(command, terms, market), market.last_ticks
    if not market.lower_ticks <= trigger <= market.upper_ticks:
        plan.figures = {"price_ticks": trigger, "lower_ticks": market.lower_ticks, "upper_ticks": market.upper_ticks}
        return rejects.PRICE_BAND
    if trigger > last if command.side == BUY else trigger < last:
        return ""
    plan.figures = {"trigger_ticks": trigger, "last_ticks": last}
    return rejects.STOP_SIDE


def check_post_only(plan: Plan, side: int, price: int, terms: Terms, market: Market) -> str:
    """An order that wants only to rest must not reach the other side, neither on entry nor when it is moved."""
    if not terms.post_only:
        return ""
    best = market.book.asks.best if side == BUY else market.book.bids.best
    if best is None or (price < best.price_ticks if side == BUY else price > best.price_ticks):
        return ""
    plan.figures = {"price_ticks": price, "best_ticks": best.price_ticks}
    return rejects.POST_ONLY


def check_guards(plan: Plan, side: int, price_ticks: int, terms: Terms, market: Market) -> str:
    """Protecting prices lie inside the band; those of a market order on the right sides of the last price."""
    gain, loss = terms.take_profit_ticks, terms.stop_loss_ticks
    if not gain and not loss:
        return ""
    price = price_ticks or market.last_ticks
    sign = -1 if side == SELL else 1
    inside = all(market.lower_ticks <= ticks <= market.upper_ticks for ticks in (gain, loss) if ticks)
    if inside and (not gain or gain * sign > price * sign) and (not loss or loss * sign < price * sign):
        return ""
    plan.figures = {"price_ticks": price, "take_profit_ticks": gain, "stop_loss_ticks": loss}
    return rejects.GUARD_PRICE


def fellow_of(state: State, account: Account, terms: Terms) -> Order | None:
    """The working order that an order's terms name as its other leg."""
    return state.orders.get(account.order_under(terms.other_leg))


def _assess_leg(state: State, plan: Plan, command: PlaceOrder, terms: Terms, account: Account, market: Market) -> str:
    """The second leg waits and freezes nothing: it wants no more than its fellow holds, and takes over from it."""
    fellow = fellow_of(state, account, terms)
    if fellow is None or fellow.account is not account:
        return rejects.LEG_UNKNOWN
    wanted, offset = command.qty, command.offset
    linked = fellow.special is not None and fellow.special.fellow is not None
    # "close" as given may have become "close yesterday" when the first leg was entered.
    if (
        linked
        or fellow.is_forced()  # or the stop's trigger would end the forced order
        or fellow.contract.instrument_id != command.instrument_id
        or fellow.side != command.side
        or wanted > fellow.open_qty()
        or (offset != fellow.offset and (offset == OPEN) != (fellow.offset == OPEN))
    ):
        plan.figures = {"qty": wanted, "other_qty": fellow.open_qty(), "linked": int(linked)}
        return rejects.LEG_BAD
    code = check_price(
        plan, command.side, command.order_type, command.price_ticks, market.lower_ticks, market.upper_ticks
    )
    plan.offset = fellow.offset
    plan.holding, plan.position = fellow.holding, fellow.position
    plan.margin_unit = plan.fee_unit = plan.from_today = plan.from_yesterday = 0
    if not code and fellow.contract.restricted:
        code = check_delivery(plan, account, fellow.contract, wanted)
    return code


def begin_special(state: State, plan: Plan, order: Order, terms: Terms, market: Market) -> Terms:
    """Give an accepted order its special side and freeze what it needs; gives the terms as they are now known."""
    if order.order_type in STOPS:
        order.status = HELD
        trigger = terms.trigger_ticks
        if not trigger:
            trail = terms.trail_ticks
            trigger = market.last_ticks + trail if order.side == BUY else market.last_ticks - trail
            terms = replace(terms, trigger_ticks=trigger)
    special = order.special = Special(terms)
    order.display_qty = terms.display_qty
    fellow = fellow_of(state, order.account, terms) if terms.other_leg else None
    if fellow is None:
        freeze(order, order.qty)
        return terms
    special.is_frozen = False
    if fellow.special is None:
        fellow.special = Special(Terms())
    link(order, fellow)
    return terms
