"""The slow model's pre-trade rules. Each gives the stable code of a refusal, empty when there is none."""

from __future__ import annotations

from dataclasses import dataclass

from trading.engine.commands import PlaceOrder
from trading.engine.terms import Terms
from trading.engine.types import (
    AUCTION,
    AUCTION_ENTRY,
    AUTO,
    BLOCKED,
    BUY,
    CLOSE,
    CLOSE_ONLY,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    CONTINUOUS,
    DAY,
    FOK,
    GTC,
    GTD,
    IOC,
    LIMIT,
    LONG,
    MARKET,
    OPEN,
    SELL,
    SHORT,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
)

from .reference_market import UNPRICED
from .reference_parameters import smallest
from .reference_state import RefAccount, RefContract, RefOrder, RefWorld

BILLION = 1_000_000_000
STOPS = (STOP, STOP_LIMIT, TRAILING_STOP)
RESTING = (DAY, GTD, GTC)


@dataclass
class Wish:
    """An order that somebody wants: what is known of it so far."""

    account: RefAccount
    contract: RefContract
    side: int
    offset: int
    order_type: int
    qty: int
    price: int
    from_today: int = 0
    from_yesterday: int = 0
    margin_unit: int = 0
    fee_unit: int = 0

    @property
    def direction(self) -> int:
        """The position it would act on."""
        return LONG if (self.side == BUY) == (self.offset == OPEN) else SHORT


def name_ok(text: str) -> bool:
    """A name is 1 to 64 printable characters."""
    return 1 <= len(text) <= 64 and text.isprintable()


def reason_ok(text: str) -> bool:
    """A reason is up to 500 characters without NUL."""
    return len(text) <= 500 and chr(0) not in text


def day_ok(day: int) -> bool:
    """YYYYMMDD from 1990 on."""
    month, date = day // 100 % 100, day % 100
    return 19900101 <= day <= 99991231 and 1 <= month <= 12 and 1 <= date <= 31


def nonsense(command: PlaceOrder) -> str:
    """What makes no sense as an order at any price and in any state."""
    kind, terms = command.order_type, command.terms
    if not 1 <= command.qty <= BILLION:
        return "quantity"
    if kind in (LIMIT, STOP_LIMIT) and not 1 <= command.price_ticks <= BILLION:
        return "price_tick"
    if kind in UNPRICED and command.price_ticks != 0:
        return "price_tick"
    shape = _shape_ok(command)
    if terms is not None and not (shape and _terms_bounded(terms)):
        return "invalid_field"
    if terms is not None and not _terms_fit(command, terms):
        return "order_terms"
    return "" if shape and name_ok(command.client_order_id) and name_ok(command.actor) else "invalid_field"


def _shape_ok(command: PlaceOrder) -> bool:
    lives = {LIMIT: [DAY, IOC, FOK, GTC, AUCTION], MARKET: [DAY, IOC, FOK]}
    if command.terms is not None:
        lives[LIMIT].append(GTD)
        lives |= {kind: [DAY, GTD, GTC] for kind in STOPS}
    return (
        command.side in (BUY, SELL)
        and command.offset in (OPEN, CLOSE, CLOSE_TODAY, CLOSE_YESTERDAY, AUTO)
        and command.time_in_force in lives.get(command.order_type, [])
    )


def _terms_bounded(terms: Terms) -> bool:
    numbers = (
        terms.trigger_ticks, terms.trail_ticks, terms.min_qty, terms.display_qty,
        terms.take_profit_ticks, terms.stop_loss_ticks,
    )  # fmt: skip
    own = terms.parent_id == 0 and terms.force_reason == 0
    return own and all(0 <= number <= BILLION for number in numbers) and len(terms.other_leg) <= 64


def _terms_fit(command: PlaceOrder, terms: Terms) -> bool:
    kind, lives = command.order_type, command.time_in_force
    wants_trigger, wants_trail = kind in (STOP, STOP_LIMIT), kind == TRAILING_STOP
    may_rest = kind == LIMIT and lives in RESTING
    return (
        (terms.trigger_ticks > 0) == wants_trigger
        and (terms.trail_ticks > 0) == wants_trail
        and (not terms.min_qty or (lives == IOC and terms.min_qty <= command.qty))
        and (not terms.display_qty or (may_rest and terms.display_qty < command.qty))
        and (not terms.post_only or may_rest)
        and (day_ok(terms.good_till) if lives == GTD else not terms.good_till)
        and (not terms.other_leg or kind in STOPS)
        and _guards_fit(command, terms)
    )


def _guards_fit(command: PlaceOrder, terms: Terms) -> bool:
    gain, loss = terms.take_profit_ticks, terms.stop_loss_ticks
    if not gain and not loss:
        return True
    if command.offset != OPEN or command.order_type not in (LIMIT, MARKET) or len(command.client_order_id) > 56:
        return False
    low, high = (loss, gain) if command.side == BUY else (gain, loss)
    if low and high and low >= high:
        return False
    price = command.price_ticks
    return not price or ((not low or low < price) and (not high or price < high))


def standing(world: RefWorld, account: RefAccount, contract: RefContract) -> str:
    """Who and what may trade at all now."""
    if world.venue_killed or contract.killed or any(tenant == account.tenant_id for tenant, _ in world.killed_tenants):
        return "kill_switch"
    if account.status == BLOCKED:
        return "account_frozen"
    open_day = 0 < world.trading_day <= contract.spec.last_trading_day
    closed = "contract_expired" if contract.expired else "market_closed"
    return "" if contract.spec.tradable and open_day else closed


def phase(contract: RefContract, order_type: int, lives: int) -> str:
    """In the auction only what can rest or wait; auction orders nowhere else."""
    if contract.phase == CONTINUOUS and lives != AUCTION:
        return ""
    if contract.phase == AUCTION_ENTRY and (lives == AUCTION or (lives in RESTING and order_type != MARKET)):
        return ""
    return "wrong_phase"


def rate(account: RefAccount, at_ns: int) -> str:
    """At most so many orders within any second."""
    limit = account.limits[3]
    recent = [time for time in account.entry_times if time > at_ns - BILLION]
    return "rate_limited" if limit and len(recent) >= limit else ""


def in_band(contract: RefContract, *prices: int) -> bool:
    """Whether all prices that are not 0 lie inside the day's limits."""
    return all(contract.lower <= price <= contract.upper for price in prices if price)


def special(world: RefWorld, wish: Wish, terms: Terms) -> str:
    """What an order's terms ask of the market: its trigger, its place in the book, its protection, its days."""
    contract, side, last = wish.contract, wish.side, wish.contract.last
    if wish.order_type in STOPS:
        trigger = trigger_of(wish, terms)
        # Price 0 is no price, and below the band like any other that is too low.
        if not contract.lower <= trigger <= contract.upper:
            return "price_band"
        if trigger <= last if side == BUY else trigger >= last:
            return "stop_side"
    code = own_price(world, wish, terms)
    if code:
        return code
    return "order_terms" if terms.good_till and terms.good_till < world.trading_day else ""


def own_price(world: RefWorld, wish: Wish, terms: Terms) -> str:
    """What its terms ask of an order's own price: to rest, and to lie between its protection."""
    contract, side = wish.contract, wish.side
    if terms.post_only:
        others = [order.price for order in world.resting(contract, SELL if side == BUY else BUY)]
        if others and (wish.price >= min(others) if side == BUY else wish.price <= max(others)):
            return "post_only"
    gain, loss = terms.take_profit_ticks, terms.stop_loss_ticks
    if gain or loss:
        low, high = (loss, gain) if side == BUY else (gain, loss)
        price = wish.price or contract.last
        if not in_band(contract, gain, loss) or (low and low >= price) or (high and high <= price):
            return "protection_price"
    return ""


def trigger_of(wish: Wish, terms: Terms) -> int:
    """The price that a stop waits for; a trailing one begins at its distance from the last price."""
    if wish.order_type != TRAILING_STOP:
        return terms.trigger_ticks
    return wish.contract.last + (terms.trail_ticks if wish.side == BUY else -terms.trail_ticks)


def bound_price(wish: Wish) -> str:
    """A limit lies inside the band; what has none is bounded by the band's edge."""
    if wish.order_type in UNPRICED:
        wish.price = wish.contract.upper if wish.side == BUY else wish.contract.lower
        return ""
    return "" if wish.contract.lower <= wish.price <= wish.contract.upper else "price_band"


def order_qty(wish: Wish) -> str:
    """The smaller of the contract's and the account's largest order."""
    of_rows = smallest(wish.contract, wish.account, "max_order_qty")
    limits = [limit for limit in (wish.account.limits[0], wish.contract.spec.max_order_qty, of_rows) if limit]
    return "order_quantity_limit" if wish.qty > min(limits) else ""


def resolve(world: RefWorld, wish: Wish, own: RefOrder | None = None, *, known: bool = False) -> str:
    """Find the lots to close; what `own`, an order being replaced, holds frozen is free.

    `known`: the order has been resolved before, and its CLOSE means both buckets.
    """
    wish.from_today = wish.from_yesterday = 0
    if wish.offset == OPEN:
        return ""
    side = SHORT if wish.side == BUY else LONG
    held = world.position(wish.account, wish.contract.number, side)
    today = held.today_qty - held.frozen_today + (own.from_today if own else 0)
    yesterday = held.yesterday_qty - held.frozen_yesterday + (own.from_yesterday if own else 0)
    if wish.offset == CLOSE and wish.contract.spec.close_means_yesterday and own is None and not known:
        wish.offset = CLOSE_YESTERDAY
    if wish.offset == AUTO:
        if today + yesterday < wish.qty:
            wish.offset = OPEN
            return ""
        wish.offset = CLOSE_YESTERDAY if yesterday >= wish.qty else CLOSE if yesterday else CLOSE_TODAY
    if wish.offset == CLOSE_TODAY:
        wish.from_today = wish.qty
        return "over_close_today" if wish.qty > today else ""
    if wish.offset == CLOSE_YESTERDAY:
        wish.from_yesterday = wish.qty
        return "over_close_yesterday" if wish.qty > yesterday else ""
    wish.from_yesterday = min(wish.qty, yesterday)
    wish.from_today = wish.qty - wish.from_yesterday
    return "over_close" if wish.qty > today + yesterday else ""


def road(wish: Wish) -> str:
    """On the road to delivery: whole delivery units, and no more opening by natural persons."""
    if wish.qty % wish.contract.step().lot_multiple:
        return "lot_multiple"
    barred = wish.offset == OPEN and wish.account.natural and wish.contract.no_natural_opens
    return "natural_person" if barred else ""


def price_units(wish: Wish) -> None:
    """What one lot of it freezes."""
    contract, account = wish.contract, wish.account
    wish.margin_unit = 0
    kinds = ["close_today"] * bool(wish.from_today) + ["close"] * bool(wish.from_yesterday)
    if wish.offset == OPEN:
        kinds = ["open"]
        wish.margin_unit = contract.margin_unit(account=account, side=wish.direction, price_ticks=contract.settlement)
    fees = [contract.fee_frozen(account=account, kind=kind, price_ticks=wish.price) for kind in kinds]
    wish.fee_unit = max(fees, default=0)


def unconfirmed(world: RefWorld, account: RefAccount) -> str:
    """A broker may want the last statement confirmed before anything new is opened."""
    wanted = world.rules_of(account.tenant_id).confirms and account.statements
    return "settlement_not_confirmed" if wanted and not account.statements[-1].agreed else ""


def opening(world: RefWorld, wish: Wish, own: RefOrder | None = None, entry_fee: int = 0) -> str:
    """Opening needs the right, room under the position limit, and money; what `own` holds counts as free."""
    account, side = wish.account, wish.direction
    if account.status == CLOSE_ONLY:
        return "close_only"
    freed = own.open_qty if own else 0
    ruled = (smallest(wish.contract, account, "max_position_qty"), wish.contract.step().position_limit)
    limits = [one for one in (account.limits[1], *ruled) if one]
    if limits:
        held = sum(lot.qty for lot in account.lots.get((wish.contract.number, side), ()))
        working = world.opening_qty(account, wish.contract, side) - freed
        if held + working + wish.qty > min(limits):
            return "position_limit"
    # Played through: what is charged with this order among the others, in the place of the one it replaces.
    before = world.margin(account, orders=True)
    unit, spare = (own.margin_unit, own.fee_unit * own.open_qty) if own is not None else (0, 0)
    if own is not None:
        own.margin_unit = 0
    after = world.margin(account, as_order(wish), orders=True)
    if own is not None:
        own.margin_unit = unit
    fees = wish.qty * wish.fee_unit - spare
    return "" if after - before + fees + entry_fee <= world.available(account) else "insufficient_margin"


def as_order(wish: Wish) -> RefOrder:
    """The order that a wish would become."""
    return RefOrder(
        0, wish.account, wish.contract, "", wish.side, wish.offset, wish.order_type, DAY, wish.qty, wish.price, Terms(),
        margin_unit=wish.margin_unit,
    )  # fmt: skip
