"""The slow model's exchange: who meets whom, at what price, and what is booked on both sides."""

from __future__ import annotations

from trading.engine.events import FeeCharged, Leg, OrderCanceled, Trade
from trading.engine.types import (
    AUCTION,
    AUCTION_ENTRY,
    BUY,
    CANCELED_FOK,
    CANCELED_IOC,
    CANCELED_MARKET,
    CANCELED_MIN_QTY,
    CANCELED_OCO,
    CANCELED_SELF_TRADE,
    FOK,
    IOC,
    LIMIT,
    LONG,
    MARKET,
    OPEN,
    PRICE_MEDIAN,
    SELL,
    STOP,
    STP_BOTH,
    STP_NEWEST,
    STP_OLDEST,
    TRAILING_STOP,
)

from .reference_parameters import message_fee
from .reference_state import RefContract, RefLot, RefOrder, RefWorld

UNPRICED = (MARKET, STOP, TRAILING_STOP)


def end(world: RefWorld, order: RefOrder, reason: str, actor: str) -> None:
    """Cancel what is left of an order, and with it its other leg."""
    world.orders.remove(order)
    order.turn = order.trigger = 0
    order.account.seq += 1
    world.events.append(
        OrderCanceled(
            order.account.tenant_id,
            order.account.number,
            order.account.seq,
            order.number,
            order.contract.number,
            order.filled,
            order.open_qty,
            reason,
            actor,
            world.funds(order.account),
            world.position_of(order),
        )
    )
    end_fellow(world, order, actor)


def charge(world: RefWorld, order: RefOrder, kind: int) -> None:
    """A message of an order's client costs what the rows in force say."""
    account, contract = order.account, order.contract
    fee = message_fee(contract, account, "order_fen" if kind == 1 else "cancel_fen")
    if fee:
        account.seq += 1
        account.postings.append(("fee", world.day_number, -fee))
        world.events.append(
            FeeCharged(
                account.tenant_id, account.number, account.seq, order.number, contract.number, kind, fee,
                world.funds(account),
            )
        )  # fmt: skip


def end_fellow(world: RefWorld, order: RefOrder, actor: str) -> None:
    """One leg has traded or ended: the other goes."""
    fellow, order.fellow = order.fellow, None
    if fellow is not None:
        fellow.fellow = None
        if fellow in world.orders:
            end(world, fellow, CANCELED_OCO, actor)


def reached(world: RefWorld, taker: RefOrder) -> list[RefOrder]:
    """The resting orders that a price reaches, in the order in which they trade."""
    side = SELL if taker.side == BUY else BUY
    sign = 1 if taker.side == BUY else -1
    return [order for order in world.resting(taker.contract, side) if order.price * sign <= taker.price * sign]


def fillable(world: RefWorld, taker: RefOrder) -> int:
    """How many lots would trade now: played through on a copy of the queue, icebergs going to its back."""
    # [turn, lots shown, lots hidden] of each, as the play goes on.
    queue = [(order, [order.turn, order.shown, order.open_qty - order.shown]) for order in reached(world, taker)]
    sign, turn, found = (1 if taker.side == BUY else -1), world.next_turn, 0
    while queue and found < taker.open_qty:
        queue.sort(key=lambda row: (row[0].price * sign, row[1][0]))
        order, play = queue[0]
        if order.account.group == taker.account.group:
            if world.mode(taker.account) != STP_OLDEST:
                break
            queue.pop(0)
            continue
        found += play[1]
        shown = min(play[2], order.terms.display_qty)
        play[:] = [turn, shown, play[2] - shown]
        turn += 1
        if not shown:
            queue.pop(0)
    return min(found, taker.open_qty)


def run(world: RefWorld, order: RefOrder, actor: str) -> None:
    """Send an order, which is among the working ones but not in the book, through the exchange."""
    if order.contract.phase == AUCTION_ENTRY:
        rest(world, order)
        return
    if order.lives == FOK and fillable(world, order) < order.open_qty:
        end(world, order, CANCELED_FOK, actor)
        return
    if order.terms.min_qty and fillable(world, order) < order.terms.min_qty:
        end(world, order, CANCELED_MIN_QTY, actor)
        return
    while order.open_qty:
        makers = reached(world, order)
        if not makers:
            break
        maker = makers[0]
        if maker.account.group == order.account.group:
            mode, forced = world.mode(order.account), order.terms.force_reason > 0
            if mode != STP_NEWEST or forced:
                end(world, maker, CANCELED_SELF_TRADE, actor)
            if mode in (STP_NEWEST, STP_BOTH) and not forced:
                end(world, order, CANCELED_SELF_TRADE, actor)
                return
            continue
        trade(world, maker, order, min(maker.shown, order.open_qty), continuous_price(maker, order))
    settle_rest(world, order, actor)


def settle_rest(world: RefWorld, order: RefOrder, actor: str) -> None:
    """What becomes of the lots that met nobody."""
    if not order.open_qty:
        return
    if order.order_type in UNPRICED:
        end(world, order, CANCELED_MARKET, actor)
    elif order.lives in (IOC, FOK, AUCTION):
        end(world, order, CANCELED_IOC, actor)
    else:
        rest(world, order)


def rest(world: RefWorld, order: RefOrder) -> None:
    """Queue up behind everybody at the price; an iceberg shows one slice."""
    order.turn = world.next_turn
    world.next_turn += 1
    order.shown = min(order.terms.display_qty or order.open_qty, order.open_qty)


def continuous_price(maker: RefOrder, taker: RefOrder) -> int:
    """The resting order's price, or the middle one of both prices and the last."""
    if maker.contract.spec.price_rule == PRICE_MEDIAN and taker.order_type == LIMIT:
        return sorted((maker.price, taker.price, maker.contract.last))[1]
    return maker.price


def trade(world: RefWorld, maker: RefOrder, taker: RefOrder, qty: int, price: int, *, in_auction: bool = False) -> None:
    """Two orders meet."""
    contract = maker.contract
    if contract.seen is not None and price != (contract.upper if contract.seen[0] == BUY else contract.lower):
        contract.seen.append(0)  # a trade off the limit opens it
    contract.last = price
    contract.volume += qty
    contract.turnover += price * qty
    number, world.next_trade = world.next_trade, world.next_trade + 1
    for order in (maker, taker):
        if order.turn:
            order.shown -= qty
    legs = [fill(world, order, qty, price) for order in (maker, taker)]
    interest = world.open_interest(contract)
    world.events.append(Trade(0, number, contract.number, price, qty, taker.side, interest, legs[0], legs[1]))
    if not in_auction and any(order.trigger and order.contract is contract for order in world.orders):
        note_price(world, contract, price)
    for order in (maker, taker):
        if order.turn and order.open_qty and not order.shown:
            rest(world, order)
        if order.fellow is not None or order.is_guarded:
            if not order.filled_now:
                world.touched.append(order)
            order.filled_now += qty


def note_price(world: RefWorld, contract: RefContract, price: int) -> None:
    """Remember between which prices was traded, for the stops."""
    low, high = world.traded[1:] if world.traded is not None else (price, price)
    world.traded = (world.traded[0] if world.traded is not None else contract, min(low, price), max(high, price))


def fill(world: RefWorld, order: RefOrder, qty: int, price: int) -> Leg:
    """Book one side of a trade."""
    account, contract, day = order.account, order.contract, world.day_number
    account.seq += 1
    order.filled += qty
    order.filled_ticks += qty * price
    today = yesterday = profit = profit_trade = 0
    if order.offset == OPEN:
        unit = contract.margin_unit(account=account, side=order.direction, price_ticks=price)
        lots = account.lots_of(contract.number, order.direction)
        lots.append(RefLot(price, price, qty, unit, world.trading_day, True))
        fee = contract.fee(account=account, kind="open", price_ticks=price, qty=qty)
    else:
        yesterday = min(qty, order.from_yesterday)
        today = qty - yesterday
        order.from_yesterday -= yesterday
        order.from_today -= today
        fee, profit, profit_trade = close_lots(order, today, yesterday, price)
        account.postings.append(("profit", day, profit))
    account.postings.append(("fee", day, -fee))
    if not order.open_qty:
        world.orders.remove(order)
    return Leg(
        account.tenant_id, account.number, account.seq, order.number, order.side, order.offset, today, yesterday,
        fee, profit, profit_trade, order.filled, order.open_qty, order.filled_ticks, world.funds(account),
        world.position(account, contract.number, order.direction),
    )  # fmt: skip


def close_lots(order: RefOrder, today: int, yesterday: int, price: int) -> tuple[int, int, int]:
    """Take the oldest lots out of each bucket; gives (fee, profit by date, profit by trade)."""
    account, contract = order.account, order.contract
    lots = account.lots_of(contract.number, order.direction)
    sign = contract.spec.tick_value_fen if order.direction == LONG else -contract.spec.tick_value_fen
    fee = profit = profit_trade = 0
    for bucket, kind, qty in ((True, "close_today", today), (False, "close", yesterday)):
        wanted = qty
        if wanted:
            fee += contract.fee(account=account, kind=kind, price_ticks=price, qty=wanted)
        for lot in [lot for lot in lots if lot.is_today is bucket]:
            taken = min(wanted, lot.qty)
            wanted -= taken
            lot.qty -= taken
            profit += (price - lot.mark_ticks) * taken * sign
            profit_trade += (price - lot.price_ticks) * taken * sign
        if wanted:
            raise AssertionError(f"order {order.number} closes {wanted} lots that are not there")
    lots[:] = [lot for lot in lots if lot.qty]
    return fee, profit, profit_trade
