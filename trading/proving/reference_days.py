"""The slow model's calendar: phases, the call auction, and the end of a trading day in one command or in steps."""

from __future__ import annotations

from trading.engine.commands import BeginSettlement, EndSettlement, RollDay, SetPhase, SettleAccounts
from trading.engine.events import (
    AccountSettled,
    AccountsSettled,
    AuctionMatched,
    DayRolled,
    PhaseChanged,
    SettlementBegun,
)
from trading.engine.types import (
    AUCTION,
    AUCTION_ENTRY,
    AUCTION_HIGHEST,
    AUCTION_MATCH,
    BREAK,
    BUY,
    CANCELED_AUCTION_END,
    CANCELED_BAND,
    CANCELED_DAY_END,
    CANCELED_DELIVERY,
    CANCELED_EXPIRED,
    CANCELED_GTD,
    CANCELED_SELF_TRADE,
    CLOSED,
    CONTINUOUS,
    GTC,
    GTD,
    HALTED,
    LONG,
    SELL,
    SETTLEMENT,
    SHORT,
    STP_BOTH,
    STP_NEWEST,
)

from . import reference_ladders as ladders
from . import reference_rules as rules
from .reference_follow import settle as settle_follow_ups
from .reference_market import UNPRICED, end, note_price, trade
from .reference_orders import ACTOR, refuse
from .reference_rules import BILLION, Wish
from .reference_state import MILLION, RefAccount, RefContract, RefOrder, RefSettling, RefStatement, RefWorld

MAY_FOLLOW: dict[int, tuple[int, ...]] = {
    CLOSED: (AUCTION_ENTRY, CONTINUOUS, SETTLEMENT),
    AUCTION_ENTRY: (AUCTION_MATCH, HALTED),
    AUCTION_MATCH: (CONTINUOUS, BREAK),
    CONTINUOUS: (BREAK, CLOSED, HALTED, AUCTION_ENTRY),
    BREAK: (CONTINUOUS, AUCTION_ENTRY, CLOSED, HALTED),
    HALTED: (AUCTION_ENTRY, CONTINUOUS, CLOSED),
    SETTLEMENT: (CLOSED,),
}


def set_phase(world: RefWorld, command: SetPhase) -> None:
    """Move contracts to a phase, all or none."""
    if command.tenant_id != 0 or not rules.name_ok(command.actor) or not rules.reason_ok(command.reason):
        refuse(world, command.tenant_id, 0, "invalid_field")
        return
    moved: list[tuple[int, int]] = []
    for key in sorted(set(command.instrument_ids)):
        contract = world.contracts.get(key)
        if contract is None:
            refuse(world, 0, 0, "instrument_not_found")
            return
        if contract.expired:
            refuse(world, 0, 0, "contract_expired")
            return
        if contract.phase == command.phase:
            continue
        if command.phase not in MAY_FOLLOW[contract.phase]:
            refuse(world, 0, 0, "phase_change")
            return
        moved.append((key, contract.phase))
    if not moved:
        refuse(world, 0, 0, "phase_change")
        return
    world.events.append(PhaseChanged(0, command.phase, moved, command.reason, command.actor))
    for key, _before in moved:
        enter_phase(world, world.contracts[key], command.phase)
    alone = [world.contracts[key] for key, _before in moved if world.contracts[key].closed_as]
    if alone:
        world.events.append(ladders.tell(alone, world.trading_day, command.actor))


def enter_phase(world: RefWorld, contract: RefContract, phase: int) -> None:
    """The auction's trades happen on entering its match, or whatever ends its entry."""
    if phase == CLOSED:
        ladders.close_window(contract)
    if contract.phase == CLOSED and phase in (AUCTION_ENTRY, CONTINUOUS):
        ladders.reopen(contract)
    contract.phase = phase
    if phase == AUCTION_MATCH or (phase not in (AUCTION_ENTRY, HALTED) and is_crossed(world, contract)):
        auction(world, contract)
        while is_crossed(world, contract):
            auction(world, contract)
    if phase not in (AUCTION_ENTRY, HALTED):
        for order in [o for o in world.orders if o.lives == AUCTION and o.turn and o.contract is contract]:
            if order in world.orders:
                end(world, order, CANCELED_AUCTION_END, ACTOR)
    if phase == CONTINUOUS and contract.volume:
        note_price(world, contract, contract.last)
    settle_follow_ups(world)


def is_crossed(world: RefWorld, contract: RefContract) -> bool:
    """Whether a bid reaches an ask."""
    bids, asks = world.resting(contract, BUY), world.resting(contract, SELL)
    return bool(bids and asks and bids[0].price >= asks[0].price)


def auction_price(world: RefWorld, contract: RefContract) -> tuple[int, int] | None:
    """(price, surplus): most lots, then least left over, then the venue's rule; the higher of two equally near."""
    bids, asks = world.resting(contract, BUY), world.resting(contract, SELL)
    best: tuple[tuple[int, int, int, int], int, int] | None = None
    for price in {order.price for order in bids + asks}:
        bought = sum(order.open_qty for order in bids if order.price >= price)
        sold = sum(order.open_qty for order in asks if order.price <= price)
        distance = 0 if contract.spec.auction_rule == AUCTION_HIGHEST else abs(price - contract.settlement)
        rank = (-min(bought, sold), abs(bought - sold), distance, -price)
        if min(bought, sold) and (best is None or rank < best[0]):
            best = (rank, price, bought - sold)
    return None if best is None else best[1:]


def auction(world: RefWorld, contract: RefContract) -> None:
    """Trade everything that the auction's price satisfies."""
    found = auction_price(world, contract)
    if found is None:
        world.events.append(AuctionMatched(0, contract.number, 0, 0, 0))
        return
    price, surplus = found
    traded = 0
    while True:
        bids = [order for order in world.resting(contract, BUY) if order.price >= price]
        asks = [order for order in world.resting(contract, SELL) if order.price <= price]
        if not bids or not asks:
            break
        older, newer = sorted((bids[0], asks[0]), key=lambda order: order.number)
        if older.account.group == newer.account.group:
            part(world, older, newer)
            continue
        qty = min(older.shown, newer.shown)
        trade(world, older, newer, qty, price, in_auction=True)
        traded += qty
    world.events.append(AuctionMatched(0, contract.number, price, traded, surplus))


def part(world: RefWorld, older: RefOrder, newer: RefOrder) -> None:
    """Two orders under one control would meet."""
    mode = world.mode(newer.account)
    if mode != STP_NEWEST:
        end(world, older, CANCELED_SELF_TRADE, ACTOR)
    if mode in (STP_NEWEST, STP_BOTH) and newer in world.orders:
        end(world, newer, CANCELED_SELF_TRADE, ACTOR)


def price_problem(world: RefWorld, given: list[tuple[int, int]], *, complete: bool) -> bool:
    """Whether settlement prices are wrong: unknown or twice, out of bounds, or missing where lots are held."""
    seen: set[int] = set()
    for key, price in given:
        contract = world.contracts.get(key)
        if contract is None or key in seen:
            return True
        lower, upper = 1, min(BILLION // 2, 10**12 // 2 // contract.spec.tick_value_fen)
        if world.open_interest(contract):
            lower, upper = contract.lower, contract.upper
        if not lower <= price <= upper:
            return True
        seen.add(key)
    return complete and any(world.open_interest(one) and key not in seen for key, one in world.contracts.items())


def roll(world: RefWorld, command: RollDay) -> None:
    """The whole end of a day in one command."""
    next_day = command.next_trading_day
    if command.tenant_id != 0 or not rules.name_ok(command.actor) or not rules.day_ok(next_day):
        refuse(world, command.tenant_id, 0, "invalid_field")
    elif next_day <= world.trading_day:
        refuse(world, 0, 0, "trading_day")
    elif price_problem(world, command.settlement, complete=True):
        refuse(world, 0, 0, "settlement_prices")
    else:
        ended = world.trading_day
        end_orders(world, next_day, command.actor)
        changed = ladders.begin_terms(world, next_day)
        rows = put_prices(world, dict(command.settlement))
        if changed:
            world.events.append(ladders.tell(changed, next_day, command.actor))
        carry(world, command.actor)
        for key in sorted(world.accounts):
            settle_account(world, world.accounts[key], next_day=0)
        world.events.extend(ladders.expire(world, next_day, command.actor))
        begin_day(world, next_day)
        world.events.append(DayRolled(0, ended, next_day, world.day_number, rows, command.actor))


def end_orders(world: RefWorld, next_day: int, actor: str) -> None:
    """End every order that does not live on."""
    for order in list(world.orders):
        if order not in world.orders:
            continue
        holder = order.fellow if not order.is_frozen and order.fellow is not None else order
        if ladders.ends_before(order.contract, next_day):
            end(world, order, CANCELED_EXPIRED, actor)
        elif order.lives == GTD and order.terms.good_till < next_day:
            end(world, order, CANCELED_GTD, actor)
        elif order.lives not in (GTC, GTD) or holder.from_today > 0:
            end(world, order, CANCELED_DAY_END, actor)


def put_band(contract: RefContract, settlement: int) -> None:
    """A new day's prices: SHFE rounds both limits down, others to the nearest tick."""
    half = 0 if contract.spec.band_rounds_down else MILLION // 2
    low, high = (settlement * (MILLION + sign * contract.widest) for sign in (-1, 1))
    contract.lower, contract.upper = max(1, (low + half) // MILLION), max(1, (high + half) // MILLION)
    contract.last = contract.settlement = settlement
    contract.volume = contract.turnover = 0


def put_prices(world: RefWorld, prices: dict[int, int]) -> list[tuple[int, int, int, int]]:
    """Put every contract on its settlement price."""
    rows = []
    for key in sorted(world.contracts):
        contract = world.contracts[key]
        put_band(contract, prices.get(key, contract.settlement))
        rows.append((key, contract.settlement, contract.lower, contract.upper))
    return rows


def carry(world: RefWorld, actor: str) -> None:
    """Take orders into the new day: frozen anew, or ended outside the new band."""
    for order in list(world.orders):
        if order not in world.orders:
            continue
        contract = order.contract
        price = 0 if order.order_type in UNPRICED else order.price
        guards = (order.terms.take_profit_ticks, order.terms.stop_loss_ticks)
        if not rules.in_band(contract, price, order.trigger, *guards):
            end(world, order, CANCELED_BAND, actor)
        elif ladders.off_the_road(world, order):
            end(world, order, CANCELED_DELIVERY, actor)
        elif order.is_frozen:
            wish = Wish(order.account, contract, order.side, order.offset, order.order_type, order.qty, order.price)
            wish.from_today, wish.from_yesterday = order.from_today, order.from_yesterday
            rules.price_units(wish)
            order.margin_unit, order.fee_unit = wish.margin_unit, wish.fee_unit


def settle_account(world: RefWorld, account: RefAccount, *, next_day: int) -> None:
    """Marks to cash; all lots are yesterday's, on the settlement price."""
    day = world.day_number
    if next_day == 0:
        account.client_ids.clear()
    moved = any(at == day and fen for kind, at, fen in account.postings if kind not in ("mark", "correction"))
    moved = moved or account.today("correction", day) != 0
    has_lots = any(account.lots.values()) or any(order.account is account for order in world.orders)
    cash = account.cash()
    if not (cash or moved or has_lots):
        return
    mark = world.profit(account)
    profit, fee = account.today("profit", day), -account.today("fee", day)
    account.postings.append(("mark", day, mark))
    positions = []
    for key in sorted(world.contracts):
        contract = world.contracts[key]
        for side in (LONG, SHORT):
            lots = account.lots.get((key, side), [])
            for lot in lots:
                lot.is_today, lot.mark_ticks = False, contract.settlement
                lot.unit_fen = contract.margin_unit(account=account, side=side, price_ticks=contract.settlement)
            if lots:
                positions.append(world.position(account, key, side))
    if world.trading_day and world.rules_of(account.tenant_id).confirms:
        account.statements.append(RefStatement(world.trading_day))
    account.seq += 1
    # The day's counters begin anew with the account, also while others are still to be settled.
    account.postings = [(kind, -1, fen) for kind, _at, fen in account.postings]
    world.events.append(
        AccountSettled(
            account.tenant_id, account.number, account.seq, world.trading_day, cash, mark, profit, fee,
            world.funds(account), positions, next_day,
        )
    )  # fmt: skip


def begin_day(world: RefWorld, next_day: int) -> None:
    """From now on it is the next day."""
    world.trading_day = next_day
    world.day_number += 1
    world.entered.clear()
    for act in world.at_day_end:
        act()


def begin_settlement(world: RefWorld, command: BeginSettlement) -> None:
    """Stop trading; contracts go on their settlement prices, given or the average of their trades."""
    next_day = command.next_trading_day
    if command.tenant_id != 0 or not rules.name_ok(command.actor) or not rules.day_ok(next_day):
        refuse(world, command.tenant_id, 0, "invalid_field")
    elif world.trading_day == 0 or next_day <= world.trading_day:
        refuse(world, 0, 0, "trading_day")
    elif any(one.phase in (AUCTION_ENTRY, AUCTION_MATCH) for one in world.contracts.values()):
        refuse(world, 0, 0, "phase_change")
    elif price_problem(world, command.prices, complete=False):
        refuse(world, 0, 0, "settlement_prices")
    else:
        given = dict(command.prices)
        prices = {key: given.get(key, average(world.contracts[key])) for key in world.contracts}
        rows = [(key, prices[key], world.contracts[key].settlement) for key in sorted(prices)]
        world.events.append(SettlementBegun(0, world.trading_day, next_day, rows, command.actor))
        end_orders(world, next_day, command.actor)
        changed = ladders.begin_terms(world, next_day)
        phases = {key: one.phase for key, one in world.contracts.items()}
        put_prices(world, prices)
        for one in world.contracts.values():
            one.phase = SETTLEMENT
        if changed:
            world.events.append(ladders.tell(changed, next_day, command.actor))
        carry(world, command.actor)
        world.settling = RefSettling(next_day, prices, phases)


def average(contract: RefContract) -> int:
    """The day's mean price to the nearest tick; without a trade the previous settlement."""
    if not contract.volume:
        return contract.settlement
    return (2 * contract.turnover + contract.volume) // (2 * contract.volume)


def settle_accounts(world: RefWorld, command: SettleAccounts) -> None:
    """Settle the next accounts."""
    settling = world.settling
    if command.tenant_id != 0 or not rules.name_ok(command.actor) or not 1 <= command.count <= 500:
        refuse(world, command.tenant_id, 0, "invalid_field")
        return
    left = [] if settling is None else sorted(key for key in world.accounts if key > settling.through)
    if settling is None or command.after_account_id != settling.through or not left:
        refuse(world, 0, 0, "settlement_order")
        return
    chunk, rest = left[: command.count], left[command.count :]
    settling.through = chunk[-1]
    world.events.append(AccountsSettled(0, chunk[-1], len(chunk), len(rest)))
    for key in chunk:
        settle_account(world, world.accounts[key], next_day=settling.next_day)


def end_settlement(world: RefWorld, command: EndSettlement) -> None:
    """Begin the next day, when every account is settled."""
    settling = world.settling
    if command.tenant_id != 0 or not rules.name_ok(command.actor):
        refuse(world, command.tenant_id, 0, "invalid_field")
        return
    if settling is None or any(key > settling.through for key in world.accounts):
        refuse(world, 0, 0, "settlement_order")
        return
    rows = [(key, settling.prices[key], one.lower, one.upper) for key, one in sorted(world.contracts.items())]
    for account in world.accounts.values():
        account.client_ids.clear()
    ended = world.trading_day
    for key, phase in settling.phases.items():
        world.contracts[key].phase = phase
    world.events.extend(ladders.expire(world, settling.next_day, command.actor))
    settling.phases.update({key: CLOSED for key, one in world.contracts.items() if one.expired})
    begin_day(world, settling.next_day)
    world.settling = None
    world.events.append(DayRolled(0, ended, world.trading_day, world.day_number, rows, command.actor))
    for phase in sorted(set(settling.phases.values())):
        keys = sorted(key for key, before in settling.phases.items() if before == phase)
        world.events.append(PhaseChanged(0, phase, [(key, SETTLEMENT) for key in keys], "", command.actor))
