"""The slow model's counter: entering, changing and cancelling orders."""

from __future__ import annotations

from msgspec.structs import replace as changed

from trading.engine.commands import CancelAll, CancelOrder, CancelOverdue, PlaceOrder, ReplaceOrder, SetCancelAfter
from trading.engine.events import (
    CancelAfterSet,
    CommandRefused,
    OrderAccepted,
    OrderRejected,
    OrderRepeated,
    OrderReplaced,
)
from trading.engine.terms import Terms
from trading.engine.types import AUCTION_MATCH, BUY, CLOSE_ONLY, LIMIT, MARKET, OPEN, SELL, SETTLEMENT, STOP_LIMIT

from . import reference_rules as rules
from .reference_market import charge, end, rest, run
from .reference_parameters import message_fee
from .reference_rules import BILLION, STOPS, Wish
from .reference_state import RefAccount, RefOrder, RefWorld

ACTOR = "system"
ENTERED, CANCELED = 1, 2


def refuse(world: RefWorld, tenant_id: int, account_id: int, code: str, order_id: int = 0) -> None:
    """Refuse a command: one event, nothing changed. The model says why, not with what figures."""
    largest = 2**31 - 1
    tenant_id = tenant_id if 0 <= tenant_id <= largest else 0
    account_id = account_id if 0 <= account_id <= largest else 0
    world.events.append(CommandRefused(tenant_id, account_id, order_id, code, {}))


def account_for(
    world: RefWorld, command: PlaceOrder | CancelOrder | ReplaceOrder | CancelAll | SetCancelAfter
) -> RefAccount | None:
    """The account, when it is the tenant's; refuses the command when not."""
    account = world.accounts.get(command.account_id)
    if account is not None and account.tenant_id == command.tenant_id:
        return account
    refuse(world, command.tenant_id, command.account_id, "account_not_found")
    return None


def place(world: RefWorld, command: PlaceOrder) -> None:
    """Enter an order."""
    account = account_for(world, command)
    if account is None:
        return
    contract = world.contracts.get(command.instrument_id)
    if command.trading_day != world.trading_day:
        refuse(world, account.tenant_id, account.number, "trading_day")
    elif command.client_order_id in account.client_ids:
        first = account.client_ids[command.client_order_id]
        world.events.append(OrderRepeated(account.tenant_id, account.number, first, 0, "", {}))
    elif contract is None:
        refuse(world, account.tenant_id, account.number, "instrument_not_found")
    elif code := rules.nonsense(command):
        refuse(world, account.tenant_id, account.number, code)
    else:
        number = number_order(world, account, command.client_order_id)
        wish = Wish(
            account, contract, command.side, command.offset, command.order_type, command.qty, command.price_ticks
        )
        code = assess(world, wish, command)
        if code:
            reject(world, wish, command, number, code)
        else:
            accept(world, wish, command, number)


def number_order(world: RefWorld, account: RefAccount, client_order_id: str) -> int:
    """Give an order its number and file it."""
    number, world.next_order = world.next_order, world.next_order + 1
    world.entered[number] = account.number
    account.client_ids[client_order_id] = number
    account.seq += 1
    return number


def assess(world: RefWorld, wish: Wish, command: PlaceOrder) -> str:
    """All checks of a new order, in their order."""
    account, contract, terms = wish.account, wish.contract, command.terms
    code = rules.standing(world, account, contract) or rules.phase(contract, wish.order_type, command.time_in_force)
    code = code or rules.rate(account, world.at_ns)
    if code:
        return code
    if account.limits[3]:
        account.entry_times.append(world.at_ns)
    if terms is not None:
        code = rules.special(world, wish, terms)
        if not code and terms.display_qty % contract.step().lot_multiple:
            code = "lot_multiple"
        if code or terms.other_leg:
            return code or assess_leg(world, wish, terms)
    code = rules.bound_price(wish) or rules.order_qty(wish) or rules.resolve(world, wish)
    if not code and account.limits[2] and len(world.orders_of(account)) >= account.limits[2]:
        code = "working_orders_limit"
    code = code or rules.road(wish)
    if code:
        return code
    rules.price_units(wish)
    if wish.offset == OPEN:
        entry_fee = message_fee(contract, account, "order_fen")
        code = rules.unconfirmed(world, account) or rules.opening(world, wish, entry_fee=entry_fee)
    opposite = SELL if wish.side == BUY else BUY
    return code or ("no_liquidity" if wish.order_type == MARKET and not world.resting(contract, opposite) else "")


def leg_of(world: RefWorld, account: RefAccount, terms: Terms) -> RefOrder | None:
    """The working order that terms name as the other leg."""
    return world.order(account.client_ids.get(terms.other_leg, 0)) if terms.other_leg else None


def assess_leg(world: RefWorld, wish: Wish, terms: Terms) -> str:
    """A second leg freezes nothing: it wants no more than its fellow holds."""
    fellow = leg_of(world, wish.account, terms)
    if fellow is None:
        return "other_leg_not_found"
    fits = (
        fellow.fellow is None
        and not fellow.terms.force_reason
        and fellow.contract is wish.contract
        and fellow.side == wish.side
        and fellow.open_qty >= wish.qty
        and (wish.offset == fellow.offset or (wish.offset != OPEN and fellow.offset != OPEN))
    )
    if not fits:
        return "other_leg_not_allowed"
    wish.offset = fellow.offset
    return rules.bound_price(wish) or rules.road(wish)


def reject(world: RefWorld, wish: Wish, command: PlaceOrder, number: int, code: str) -> None:
    """Keep a refused order."""
    world.events.append(
        OrderRejected(
            wish.account.tenant_id, wish.account.number, wish.account.seq, number, command.client_order_id,
            command.instrument_id, command.side, wish.offset, command.order_type, command.time_in_force, command.qty,
            command.price_ticks, command.actor, code, {},
        )
    )  # fmt: skip


def accept(world: RefWorld, wish: Wish, command: PlaceOrder, number: int) -> None:
    """Take an order among the working ones: a stop waits, everything else meets the market."""
    terms = command.terms
    fellow = leg_of(world, wish.account, terms) if terms is not None else None
    if terms is not None and command.order_type in STOPS:
        terms = changed(terms, trigger_ticks=rules.trigger_of(wish, terms))
    order = make(wish, number, command.client_order_id, command.time_in_force, terms or Terms())
    world.orders.append(order)
    if fellow is not None:
        order.is_frozen = False
        order.fellow, fellow.fellow = fellow, order
    accepted(world, order, command.actor, terms)
    charge(world, order, ENTERED)
    if command.order_type in STOPS:
        order.trigger = order.terms.trigger_ticks
    else:
        run(world, order, command.actor)


def make(wish: Wish, number: int, client_order_id: str, lives: int, terms: Terms) -> RefOrder:
    """Turn a wish into an order."""
    return RefOrder(
        number, wish.account, wish.contract, client_order_id, wish.side, wish.offset, wish.order_type, lives,
        wish.qty, wish.price, terms, margin_unit=wish.margin_unit, fee_unit=wish.fee_unit,
        from_today=wish.from_today, from_yesterday=wish.from_yesterday,
    )  # fmt: skip


def accepted(world: RefWorld, order: RefOrder, actor: str, terms: Terms | None) -> None:
    """Say that an order was accepted."""
    account = order.account
    world.events.append(
        OrderAccepted(
            account.tenant_id, account.number, account.seq, order.number, order.client_order_id,
            order.contract.number, order.side, order.offset, order.order_type, order.lives, order.qty, order.price,
            actor, world.funds(account), world.position_of(order), terms,
        )
    )  # fmt: skip


def refuse_unknown(world: RefWorld, account: RefAccount, number: int) -> None:
    """An order that ended today is told from one that never was."""
    if world.order(number) is None and world.entered.get(number) == account.number:
        refuse(world, account.tenant_id, account.number, "too_late_to_cancel", number)
    else:
        refuse(world, account.tenant_id, account.number, "order_not_found")


def cancel(world: RefWorld, command: CancelOrder) -> None:
    """Cancel one order."""
    account = account_for(world, command)
    if account is None:
        return
    number = command.order_id or account.client_ids.get(command.client_order_id, 0)
    order = world.order(number)
    if order is None or order.account is not account:
        refuse_unknown(world, account, number)
    elif not rules.name_ok(command.actor):
        refuse(world, account.tenant_id, account.number, "invalid_field")
    elif order.contract.phase in (AUCTION_MATCH, SETTLEMENT):
        refuse(world, account.tenant_id, account.number, "wrong_phase", order.number)
    elif order.terms.force_reason:
        refuse(world, account.tenant_id, account.number, "forced_order", order.number)
    else:
        end(world, order, "client", command.actor)
        charge(world, order, CANCELED)


def cancel_all(world: RefWorld, command: CancelAll) -> None:
    """Cancel what works; with nothing there it is refused."""
    account = account_for(world, command)
    if account is None:
        return
    if not rules.name_ok(command.actor) or not rules.reason_ok(command.reason):
        refuse(world, account.tenant_id, account.number, "invalid_field")
        return
    reason = {"": "client", "client": "client", "disconnect": "disconnect"}.get(command.reason, "officer")
    wanted = [o for o in world.orders_of(account) if command.instrument_id in (0, o.contract.number)]
    barred = [o for o in wanted if reason == "client" and o.contract.phase in (AUCTION_MATCH, SETTLEMENT)]
    for order in wanted:
        if order in world.orders and order not in barred and not order.terms.force_reason:
            end(world, order, reason, command.actor)
            if reason == "client":
                charge(world, order, CANCELED)
    if not world.events:
        refuse(world, account.tenant_id, account.number, "wrong_phase" if barred else "order_not_found")


def set_cancel_after(world: RefWorld, command: SetCancelAfter) -> None:
    """Wind up the dead man's switch, or turn it off."""
    account = account_for(world, command)
    if account is None:
        return
    if not rules.name_ok(command.actor) or (command.after_ms and not 1_000 <= command.after_ms <= 3_600_000):
        refuse(world, account.tenant_id, account.number, "invalid_field")
        return
    due = world.at_ns + command.after_ms * 1_000_000 if command.after_ms else 0
    put_timer(world, account, due, command.actor, fired=False)


def put_timer(world: RefWorld, account: RefAccount, due: int, actor: str, *, fired: bool) -> None:
    """The switch stands at another time; 0: it is off."""
    world.timers[account.number] = due
    account.seq += 1
    world.events.append(CancelAfterSet(account.tenant_id, account.number, account.seq, due, fired, actor))


def cancel_overdue(world: RefWorld, command: CancelOverdue) -> None:
    """Nobody wound it up again."""
    account = world.accounts.get(command.account_id)
    due = world.timers.get(command.account_id, 0)
    ours = account is not None and account.tenant_id == command.tenant_id
    if account is None or not ours or not rules.name_ok(command.actor) or not due or world.at_ns < due:
        refuse(world, command.tenant_id, command.account_id, "cancel_after_not_due")
        return
    put_timer(world, account, 0, command.actor, fired=True)
    sweep(world, account, 0, "cancel_after", command.actor)


def sweep(world: RefWorld, account: RefAccount, instrument_id: int, reason: str, actor: str) -> None:
    """Cancel an account's working orders, oldest first; forced ones go on."""
    for order in world.orders_of(account):
        if order in world.orders and instrument_id in (0, order.contract.number) and not order.terms.force_reason:
            end(world, order, reason, actor)
            if reason == "client":
                charge(world, order, CANCELED)


def replace(world: RefWorld, command: ReplaceOrder) -> None:
    """Change quantity and price."""
    account = account_for(world, command)
    if account is None:
        return
    order = world.order(command.order_id)
    if order is None or order.account is not account:
        refuse_unknown(world, account, command.order_id)
        return
    if order.contract.phase in (AUCTION_MATCH, SETTLEMENT):
        refuse(world, account.tenant_id, account.number, "wrong_phase", order.number)
        return
    if order.terms.force_reason:
        refuse(world, account.tenant_id, account.number, "forced_order", order.number)
        return
    if order.trigger:
        code = held_problem(order, command)
        if not code:
            move_held(world, order, command)
    elif code := shape_problem(order, command):
        pass
    elif command.price_ticks == order.price and command.qty <= order.qty:
        if (command.qty - order.filled) % order.contract.step().lot_multiple:
            code = "lot_multiple"
        else:
            shrink(world, order, command)
    else:
        code = move(world, order, command)
    if code:
        refuse(world, account.tenant_id, account.number, code, order.number)


def shape_problem(order: RefOrder, command: ReplaceOrder) -> str:
    """What cannot be wanted of any order."""
    if not rules.name_ok(command.actor):
        return "invalid_field"
    if not 1 <= command.qty <= BILLION:
        return "quantity"
    if not 1 <= command.price_ticks <= BILLION:
        return "price_tick"
    return "replace_not_allowed" if command.qty <= order.filled else ""


def release_lots(order: RefOrder, cut: int) -> None:
    """A closing order gives back lots, today's first."""
    if order.offset != OPEN and order.is_frozen:
        today = min(cut, order.from_today)
        order.from_today -= today
        order.from_yesterday -= cut - today


def shrink(world: RefWorld, order: RefOrder, command: ReplaceOrder) -> None:
    """Less at the same price keeps the place; hidden lots go first."""
    cut = order.qty - command.qty
    release_lots(order, cut)
    order.qty = command.qty
    order.shown = min(order.shown, order.open_qty)
    report(world, order, command.actor, True)


def move(world: RefWorld, order: RefOrder, command: ReplaceOrder) -> str:
    """Everything else meets the checks of a new order and goes to the back; gives the code of a refusal."""
    account, contract = order.account, order.contract
    wish = Wish(account, contract, order.side, order.offset, LIMIT, command.qty, command.price_ticks)
    code = (
        rules.standing(world, account, contract)
        or rules.phase(contract, order.order_type, order.lives)
        or rules.rate(account, world.at_ns)
        or rules.bound_price(wish)
        or rules.own_price(world, wish, order.terms)
        or rules.order_qty(wish)
    )
    if code:
        return code
    wish.qty = command.qty - order.filled
    code = rules.resolve(world, wish, order) or rules.road(wish)
    if code:
        return code
    rules.price_units(wish)
    if order.offset == OPEN:
        needed = wish.qty * (wish.margin_unit + wish.fee_unit)
        spare = order.open_qty * (order.margin_unit + order.fee_unit)
        no_more = account.status != CLOSE_ONLY and wish.qty <= order.open_qty and needed <= spare
        code = "" if no_more else rules.unconfirmed(world, account) or rules.opening(world, wish, order)
        if code:
            return code
    if account.limits[3]:
        account.entry_times.append(world.at_ns)
    order.turn = order.shown = 0
    order.qty, order.price = command.qty, command.price_ticks
    order.margin_unit, order.fee_unit = wish.margin_unit, wish.fee_unit
    order.from_today, order.from_yesterday = wish.from_today, wish.from_yesterday
    report(world, order, command.actor, False)
    run(world, order, command.actor)
    return ""


def held_problem(order: RefOrder, command: ReplaceOrder) -> str:
    """What a stop that waits cannot become."""
    contract, limited = order.contract, order.order_type == STOP_LIMIT
    trigger = command.trigger_ticks or order.trigger
    if not rules.name_ok(command.actor) or not 0 <= command.trigger_ticks <= BILLION:
        return "invalid_field"
    if not 1 <= command.qty <= order.qty:
        return "replace_not_allowed"
    if command.qty % contract.step().lot_multiple:
        return "lot_multiple"
    if not (1 <= command.price_ticks <= BILLION if limited else command.price_ticks == 0):
        return "price_tick"
    if trigger <= contract.last if order.side == BUY else trigger >= contract.last:
        return "stop_side"
    return "" if rules.in_band(contract, trigger, command.price_ticks) else "price_band"


def move_held(world: RefWorld, order: RefOrder, command: ReplaceOrder) -> None:
    """Move a stop's trigger or limit, or make it smaller."""
    release_lots(order, order.qty - command.qty)
    order.qty = command.qty
    order.price = command.price_ticks or order.price
    order.trigger = command.trigger_ticks or order.trigger
    report(world, order, command.actor, True)


def report(world: RefWorld, order: RefOrder, actor: str, kept_place: bool) -> None:
    """Say what an order has become."""
    account = order.account
    account.seq += 1
    world.events.append(
        OrderReplaced(
            account.tenant_id, account.number, account.seq, order.number, order.contract.number, order.qty,
            order.price, order.filled, kept_place, actor, world.funds(account), world.position_of(order),
            order.trigger,
        )
    )  # fmt: skip
    charge(world, order, CANCELED)


__all__ = ["cancel", "cancel_all", "place", "replace", "rest", "sweep"]
