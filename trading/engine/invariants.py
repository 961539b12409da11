"""What must hold after every command, computed from scratch: nothing here trusts a sum that the engine keeps.

The letters are those of `portal/docs/invariants.md`: M money, P positions, O orders, B book, R risk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from trading.engine.book_order import BookOrder, Level
from trading.engine.counter.accounts import Account
from trading.engine.counter.day_memory import ROW_SIZE
from trading.engine.counter.liquidations import Part
from trading.engine.counter.orders import Order
from trading.engine.counter.positions import Holding, Lot, Position
from trading.engine.day_segments import ids_since
from trading.engine.exchange.book import BookSide
from trading.engine.exchange.market import Market
from trading.engine.exchange.one_sided import one_sided_now
from trading.engine.exchange.phases import CROSSED_ALLOWED
from trading.engine.order_terms import RESTING, STOPS
from trading.engine.parameter_invariants import check_charged, check_rows
from trading.engine.plain_orders import has_plain_standing
from trading.engine.state import State
from trading.engine.types import (
    ACTIVE,
    AUCTION,
    AUCTION_ENTRY,
    BUY,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    CLOSED,
    HALTED,
    HELD,
    LIMIT,
    NEW,
    OPEN,
    PARTIALLY_FILLED,
    SETTLEMENT,
    STOP_LIMIT,
)

if TYPE_CHECKING:
    from trading.engine.machine import Machine


def check(machine: Machine, *, orders_since: int = 0) -> list[str]:
    """Every breach as one sentence; an empty list when all holds.

    `orders_since`: what the day's memory holds of orders before that number was checked when it was written down.
    """
    state = machine.state
    return [
        *_money(state),
        *_positions(state),
        *_accounts(state),
        *_orders(state),
        *_books(state),
        *_memory(state, max(orders_since, state.memory.first_order_id)),
        *_liquidations(state),
        *check_rows(state),
        *_contracts(state),
        *_standing(state),
    ]


def _standing(state: State) -> Iterator[str]:
    """R7: what is believed of an account's plain standing in a contract is so, and so is its tariff."""
    for account in state.accounts.values():
        for key, holding in account.holdings.items():
            if holding.plain_at != state.standing:
                continue
            name = f"account {account.account_id} contract {key}"
            if not has_plain_standing(state, account, holding.contract):
                yield f"R7 {name}: no plain standing any more"
            if holding.tariff is not holding.contract.tariff(account.tariff_key):
                yield f"R7 {name}: another tariff is in force"


def _contracts(state: State) -> Iterator[str]:
    """X1-X3: an expired contract is empty; nobody's margin is below the floor; a watched market is one-sided."""
    for key, contract in state.contracts.items():
        market = state.markets[key]
        if contract.expired and (
            market.open_interest or contract.cleared_fen or market.phase not in (CLOSED, SETTLEMENT)
        ):
            yield f"X1 contract {key} has expired: {market.open_interest} lots, profits {contract.cleared_fen}"
        for tariff in (contract.base, *contract.tariffs.values()):
            if min(tariff.long_margin_ppm, tariff.short_margin_ppm) < contract.margin_floor_ppm:
                yield f"X2 contract {key}: a margin below the floor of {contract.margin_floor_ppm}"
    for order_id, order in state.orders.items():
        if order.contract.expired:
            yield f"X1 order {order_id} works in an expired contract"
    for key, watch in state.watches.items():
        if one_sided_now(state.markets[key]) != watch.side:
            yield f"X3 contract {key} is watched and not one-sided"


def _money(state: State) -> Iterator[str]:
    """M1-M3, M5: client money = paid in - fees + corrections + profits, and a contract's profits add up to nothing."""
    cash = sum(account.cash_fen for account in state.accounts.values())
    cleared = sum(contract.cleared_fen for contract in state.contracts.values())
    paid_in = sum(tenant.bank_fen - tenant.fee_fen + tenant.corrected_fen for tenant in state.tenants.values())
    if cash != paid_in + cleared:
        yield f"M2 client cash {cash} is not paid in less fees {paid_in} plus profits {cleared}"
    net: Counter[int] = Counter()
    for account in state.accounts.values():
        for key, holding in account.holdings.items():
            mark_ticks = _mark_ticks(state, account, holding)
            for position, sign in ((holding.long, 1), (holding.short, -1)):
                today, yesterday = Sums(position.today_head), Sums(position.yesterday_head)
                net[key] += sign * _mark_cost(holding, today, yesterday, mark_ticks)
    for key, contract in state.contracts.items():
        # Profits taken to cash and profits still open cancel out over all accounts, at any price.
        if net[key] != contract.cleared_fen:
            yield f"M5 contract {key}: profits taken to cash {contract.cleared_fen}, open costs say {net[key]}"


class Sums:
    """What the lots of one bucket add up to, in one walk: a day may leave hundreds of thousands of them."""

    __slots__ = ("is_empty_among", "last", "margin", "qty", "ticks")

    def __init__(self, head: Lot | None) -> None:
        total = ticks = margin = 0
        is_empty_among = False
        last = lot = head
        while lot is not None:
            qty = lot.qty
            if qty <= 0:
                is_empty_among = True
            total += qty
            ticks += lot.price_ticks * qty
            margin += lot.margin_unit * qty
            last, lot = lot, lot.next
        self.qty, self.ticks, self.margin = total, ticks, margin
        self.is_empty_among, self.last = is_empty_among, last


def _mark_ticks(state: State, account: Account, holding: Holding) -> int:
    """What yesterday's lots are marked at: while a settlement runs, accounts still to come stand on the old price."""
    settling = state.settling
    if settling is not None and account.account_id > settling.through:
        return settling.old_prices[holding.contract.instrument_id]
    return holding.contract.settlement_ticks


def _mark_cost(holding: Holding, today: Sums, yesterday: Sums, mark_ticks: int) -> int:
    return (today.ticks + mark_ticks * yesterday.qty) * holding.contract.tick_value_fen


def _positions(state: State) -> Iterator[str]:
    """P1: lots long = lots short = open interest."""
    long: Counter[int] = Counter()
    short: Counter[int] = Counter()
    for account in state.accounts.values():
        for key, holding in account.holdings.items():
            long[key] += _held(holding.long)
            short[key] += _held(holding.short)
    for key, market in state.markets.items():
        if not long[key] == short[key] == market.open_interest:
            yield f"P1 contract {key}: long {long[key]}, short {short[key]}, open interest {market.open_interest}"


def _position(account: Account, holding: Holding, position: Position, mark_ticks: int) -> Iterator[str]:
    """P2, P3, R1 of one direction: quantities, costs and margin are what its lots say."""
    name = f"account {account.account_id} contract {holding.contract.instrument_id} side {position.side}"
    today, yesterday = Sums(position.today_head), Sums(position.yesterday_head)
    if today.is_empty_among or yesterday.is_empty_among:
        yield f"P2 {name}: an empty lot"
    if (today.qty, yesterday.qty) != (position.today_qty, position.yesterday_qty):
        yield f"P2 {name}: lots and quantities differ"
    for tail, sums in ((position.today_tail, today), (position.yesterday_tail, yesterday)):
        if tail is not sums.last:
            yield f"P2 {name}: the last lot is not the last"
    if not 0 <= position.frozen_today <= position.today_qty:
        yield f"P3 {name}: frozen today {position.frozen_today} of {position.today_qty}"
    if not 0 <= position.frozen_yesterday <= position.yesterday_qty:
        yield f"P3 {name}: frozen yesterday {position.frozen_yesterday} of {position.yesterday_qty}"
    cost = (today.ticks + yesterday.ticks) * holding.contract.tick_value_fen
    if position.open_cost_fen != cost:
        yield f"P2 {name}: open cost {position.open_cost_fen}, lots say {cost}"
    mark_cost = _mark_cost(holding, today, yesterday, mark_ticks)
    if position.mark_cost_fen != mark_cost:
        yield f"P2 {name}: mark cost {position.mark_cost_fen}, lots say {mark_cost}"
    margin = today.margin + position.yesterday_unit * position.yesterday_qty
    if position.margin_fen != margin:
        yield f"R1 {name}: margin {position.margin_fen}, lots say {margin}"


def _accounts(state: State) -> Iterator[str]:
    """M4, M7 and R1 of each account: day's balance, margin, what is frozen."""
    for account in state.accounts.values():
        name = f"account {account.account_id}"
        orders = list(_account_orders(account))
        for holding in account.holdings.values():
            for position in (holding.long, holding.short):
                yield from _position(account, holding, position, _mark_ticks(state, account, holding))
                yield from _frozen(account, position, [order for order in orders if order.position is position])
            if holding.net_qty != _held(holding.long) - _held(holding.short):
                yield f"P2 {name}: net quantity"
            if holding.net_cost_fen != holding.long.mark_cost_fen - holding.short.mark_cost_fen:
                yield f"P2 {name}: net cost"
        if account.only_holding is not (next(iter(account.holdings.values())) if len(account.holdings) == 1 else None):
            yield f"P2 {name}: the only holding"
        margin = sum(h.long.margin_fen + h.short.margin_fen for h in account.holdings.values())
        if account.margin_fen != margin:
            yield f"R1 {name}: margin {account.margin_fen}, positions say {margin}"
        frozen = sum((order.qty - order.filled_qty) * order.margin_unit for order in orders)
        if account.frozen_margin_fen != frozen:
            yield f"R1 {name}: frozen margin {account.frozen_margin_fen}, orders say {frozen}"
        frozen = sum((order.qty - order.filled_qty) * order.fee_unit for order in orders)
        if account.frozen_fee_fen != frozen:
            yield f"R1 {name}: frozen fee {account.frozen_fee_fen}, orders say {frozen}"
        yield from check_charged(account, orders)
        if len(orders) != account.working_orders:
            yield f"O3 {name}: {account.working_orders} working orders counted, {len(orders)} found"
        cash = account.pre_balance_fen + account.deposits_fen - account.withdrawals_fen + account.corrected_fen
        if account.cash_fen != cash + account.close_profit_fen - account.fee_fen:
            yield f"M4 {name}: cash is not the day's opening balance and movements"
        if not 0 <= account.confirmed_version <= account.statement_version or not (
            account.statement_version == 0 or account.tenant.confirms
        ):
            yield f"S1 {name}: version {account.confirmed_version} of {account.statement_version} is confirmed"


def _held(position: Position) -> int:
    return position.today_qty + position.yesterday_qty


def _account_orders(account: Account) -> Iterator[Order]:
    order = account.order_head
    while order is not None:
        yield order
        order = order.account_next


def _frozen(account: Account, position: Position, orders: list[Order]) -> Iterator[str]:
    """P3: lots frozen and lots still to be opened are the sums over working orders."""
    name = f"account {account.account_id} contract side {position.side}"
    closing = [order for order in orders if order.offset != OPEN]
    if position.opening_qty != sum(
        order.qty - order.filled_qty for order in orders if order.offset == OPEN and _is_frozen(order)
    ):
        yield f"P3 {name}: lots to be opened"
    if position.frozen_today != sum(order.from_today for order in closing):
        yield f"P3 {name}: frozen today differs from the orders"
    if position.frozen_yesterday != sum(order.from_yesterday for order in closing):
        yield f"P3 {name}: frozen yesterday differs from the orders"


def _orders(state: State) -> Iterator[str]:
    """O3-O5: working orders are open, in a working status, in their account's list and priced inside reason."""
    listed = {order.order_id for account in state.accounts.values() for order in _account_orders(account)}
    if listed != set(state.orders):
        yield f"O3 orders of accounts and working orders differ: {sorted(listed ^ set(state.orders))[:5]}"
    for order_id, order in state.orders.items():
        if order.order_id != order_id or not 0 < order_id < state.next_order_id:
            yield f"O3 order {order_id} has the number {order.order_id}"
        leaves = order.qty - order.filled_qty
        if leaves <= 0 or leaves != order.leaves_qty + order.hidden_qty or min(order.leaves_qty, order.hidden_qty) < 0:
            yield f"O3 order {order_id}: quantity {order.qty}, filled {order.filled_qty}, open {order.leaves_qty}"
        if order.status not in ((PARTIALLY_FILLED,) if order.filled_qty else (NEW, HELD)):
            yield f"O4 order {order_id}: status {order.status} with {order.filled_qty} filled"
        yield from _special(state, order)
        if order.offset != OPEN and _is_frozen(order):
            yield from _split(order, leaves)
        if (order.position is order.holding.long) != ((order.side == BUY) == (order.offset == OPEN)):
            yield f"O3 order {order_id} acts on the wrong direction"


def _is_frozen(order: Order) -> bool:
    return order.special is None or order.special.is_frozen


def _special(state: State, order: Order) -> Iterator[str]:
    """O4, O3 of what rests or waits: it may, and its fellow leg works too and knows it."""
    market = state.markets[order.contract.instrument_id]
    held = order.status == HELD
    waits = market.stops is not None and order.order_id in market.stops.triggers
    if held != waits or (held and order.order_type not in STOPS):
        yield f"O4 order {order.order_id}: held {held}, waiting for a trigger {waits}"
    if not held and order.order_type not in (LIMIT, STOP_LIMIT):
        yield f"O4 order {order.order_id} of type {order.order_type} may not rest"
    auction = order.time_in_force == AUCTION and market.phase in (AUCTION_ENTRY, HALTED)
    if order.time_in_force not in RESTING and not auction:
        yield f"O4 order {order.order_id} may not rest so long"
    fellow = order.special.fellow if order.special is not None else None
    if fellow is not None and (
        state.orders.get(fellow.order_id) is not fellow or fellow.special is None or fellow.special.fellow is not order
    ):
        yield f"O3 order {order.order_id}: its other leg {fellow.order_id} does not work or does not know it"
    if fellow is None and not _is_frozen(order):
        yield f"P3 order {order.order_id} holds nothing frozen and has no other leg"


def _split(order: Order, leaves: int) -> Iterator[str]:
    split = (order.from_today, order.from_yesterday)
    if min(split) < 0 or sum(split) != leaves:
        yield f"P3 order {order.order_id}: {leaves} open, frozen lots {split}"
    if (order.offset == CLOSE_TODAY and split[1]) or (order.offset == CLOSE_YESTERDAY and split[0]):
        yield f"P3 order {order.order_id}: frozen lots {split} in the wrong bucket"


def _queue(level: Level) -> list[BookOrder]:
    """The orders of a level; a queue that bites its tail ends where it does."""
    found: list[BookOrder] = []
    seen: set[int] = set()
    order = level.head
    while order is not None:
        found.append(order)
        if order.order_id in seen:
            break
        seen.add(order.order_id)
        order = order.next
    return found


def _queued(side: BookSide) -> Iterator[BookOrder]:
    for level in side.levels.values():
        yield from _queue(level)


def _books(state: State) -> Iterator[str]:
    """B1, B2: never crossed; every working order in it exactly once; levels are sums; prices in order."""
    seen: Counter[int] = Counter()
    for key, market in state.markets.items():
        bids, asks = market.book.bids, market.book.asks
        if market.phase not in CROSSED_ALLOWED and market.book.is_crossed():
            yield f"B1 contract {key}: a bid meets an ask"
        for side in (bids, asks):
            yield from _side(key, side)
            seen.update(order.order_id for order in _queued(side))
        for order in _queued(bids):
            yield from _resting(state, key, order, market)
        for order in _queued(asks):
            yield from _resting(state, key, order, market)
    resting = Counter(key for key, order in state.orders.items() if order.status != HELD)
    if seen != resting:
        yield f"B2 books and working orders differ: {sorted(((seen - resting) + (resting - seen)).keys())[:5]}"


def _resting(state: State, key: int, order: BookOrder, market: Market) -> Iterator[str]:
    known = state.orders.get(order.order_id)
    if known is not order or known.contract.instrument_id != key:
        yield f"B2 contract {key}: order {order.order_id} is a stranger"
    if order.level is None or order.level.price_ticks != order.price_ticks:
        yield f"B2 order {order.order_id} is in the wrong queue"
    if not market.lower_ticks <= order.price_ticks <= market.upper_ticks:
        yield f"O5 order {order.order_id}: price {order.price_ticks} outside the band"


def _side(key: int, side: BookSide) -> Iterator[str]:
    if side.keys != sorted(price * side.sign for price in side.levels):
        yield f"B2 contract {key}: prices out of order"
    best = side.levels.get(side.keys[-1] * side.sign) if side.keys else None
    if side.best is not best:
        yield f"B2 contract {key}: the best level is not the best"
    for price, level in side.levels.items():
        before: BookOrder | None = None
        total = 0
        for order in _queue(level):
            if order.prev is not before:
                yield f"B2 contract {key} price {price}: the queue is torn at order {order.order_id}"
            total += order.leaves_qty
            before = order
        if level.tail is not before or before is None or level.qty != total:
            yield f"B2 contract {key} price {price}: level of {level.qty}, orders say {total}"


def _liquidations(state: State) -> Iterator[str]:
    """R3, R5: who is liquidated opens nothing; each forced order works for one row, within its lots."""
    at_work: list[int] = []
    for account_id, item in state.liquidations.items():
        account = state.accounts[account_id]
        if account.status == ACTIVE or any(order.offset == OPEN for order in _account_orders(account)):
            yield f"R3 account {account_id} is liquidated and may open"
        if not state.liquidation_ends.get(account_id, 0) <= state.seq or not 0 < item.number < state.next_liquidation:
            yield f"R5 account {account_id}: liquidation {item.number} has ended"
        for part in item.parts:
            order = state.orders.get(part.order_id)
            if order is not None:
                at_work.append(order.order_id)
                yield from _forced(account, item.reason, part, order)
            working = 0 if order is None else order.open_qty()
            if part.filled < 0 or part.filled + working > part.qty:
                yield f"R5 account {account_id}: {part.filled} filled and {working} at work of {part.qty} to close"
    forced = [order_id for order_id, order in state.orders.items() if order.is_forced()]
    if sorted(at_work) != sorted(forced):
        yield f"R5 forced orders {sorted(forced)}, liquidations have {sorted(at_work)} at work"


def _forced(account: Account, reason: int, part: Part, order: Order) -> Iterator[str]:
    key = (order.contract.instrument_id, order.position.side, order.offset)
    if order.account is not account or key != (part.instrument_id, part.side, part.offset):
        yield f"R5 order {order.order_id} closes something else than its row"
    if order.special is None or order.special.terms.force_reason != reason:
        yield f"R5 order {order.order_id} has another reason than its liquidation"


def _memory(state: State, since: int) -> Iterator[str]:
    """O2: every order of the day has one client order id in its account and one row in the day's memory."""
    memory = state.memory
    today = state.next_order_id - memory.first_order_id
    if len(memory.rows) != today * ROW_SIZE:
        yield f"O2 {today} orders today, {len(memory.rows) // ROW_SIZE} remembered"
    count = state.next_order_id - since
    kept: list[int] = []
    for account in state.accounts.values():
        for order_id in ids_since(account, since, memory.packed_before).values():
            kept.append(order_id)
            if memory.account_of(order_id) != account.account_id:
                yield f"O2 order {order_id} is filed under another account"
    if len(kept) != count or len(set(kept)) != count:
        yield f"O2 {count} orders from number {since} on, {len(kept)} client order ids"
