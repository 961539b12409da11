"""What an order would do if it were entered now: its margin and fee, the risk degree after it, the largest quantity."""

from __future__ import annotations

from trading.engine import rejects
from trading.engine.bounds import PRICE_TICKS_MAX, QTY_MAX
from trading.engine.commands import PlaceOrder
from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Contract
from trading.engine.counter.fees import close_fee_fen
from trading.engine.counter.larger_side import added, held_after
from trading.engine.counter.limits import check_working_orders, position_limit
from trading.engine.counter.positions import Position
from trading.engine.counter.pretrade import Plan, assess, check_price, check_standing, price_units, resolve
from trading.engine.exchange.market import Market
from trading.engine.order_terms import PLAIN, UNPRICED, terms_problem
from trading.engine.special_entry import assess_special, check_phase
from trading.engine.state import State
from trading.engine.types import BUY, CLOSE_ONLY, CLOSE_TODAY, CLOSE_YESTERDAY, LONG, MARKET, OPEN, SHORT
from trading.engine.views import Preview, risk_ppm


def preview(state: State, command: PlaceOrder) -> Preview:
    """What the order would freeze and leave, and how large it might be. Its day and its id do not matter."""
    account = state.account_of(command.account_id, command.tenant_id)
    contract = state.contracts.get(command.instrument_id)
    code = _unusable(command, account, contract)
    if code or account is None or contract is None:
        return Preview(code, {}, command.offset, 0, 0, 0, 0, 0, 0)
    market = state.markets[contract.instrument_id]
    plan = Plan()
    plan.offset = command.offset
    closed = check_standing(account, contract, state.trading_day, state.venue_killed, plan)
    if not closed:
        closed = check_phase(plan, market.phase, command.order_type, command.time_in_force)
    code = closed or _assess(state, plan, command, account, contract, market)
    figures = plan.take_figures()
    if code and not plan.margin_unit and not plan.fee_unit:
        _price_anyway(plan, command, account, contract, market)
    opposite = market.book.asks if command.side == BUY else market.book.bids
    if not code and command.order_type == MARKET and opposite.best is None:
        code, figures = rejects.MARKET_EMPTY, {"qty": command.qty, "opposite": 0}
        closed = code
    qty = command.qty
    margin, fee = _costs(account, contract, plan, command.side, qty)
    available = account.available_fen()
    return Preview(
        code,
        figures,
        plan.offset,
        margin,
        fee,
        available,
        available - margin - fee,
        _risk_after(account, contract, plan, command.side, qty),
        0 if closed else _max_qty(account, contract, command, market),
        plan.price_ticks,
    )


def _price_anyway(plan: Plan, command: PlaceOrder, account: Account, contract: Contract, market: Market) -> None:
    """What was refused before it came to money still says what it would need: the refusal is another matter."""
    side = command.side
    check_price(plan, side, command.order_type, command.price_ticks, market.lower_ticks, market.upper_ticks)
    resolve(plan, account, contract, side, command.offset, command.qty)
    plan.take_figures()
    price_units(plan, contract.tariff(account.tariff_key), contract, side)


def _costs(account: Account, contract: Contract, plan: Plan, side: int, qty: int) -> tuple[int, int]:
    """Margin that an order would add to what is charged, and its fees, that of entering it included."""
    margin = qty * plan.margin_unit
    if margin and account.nets:
        margin = added(account, contract, LONG if side == BUY else SHORT, margin)
    return margin, qty * plan.fee_unit + contract.tariff(account.tariff_key).order_fen


def _assess(state: State, plan: Plan, command: PlaceOrder, account: Account, contract: Contract, market: Market) -> str:
    if command.terms is None:
        return assess(plan, account, contract, command, market.lower_ticks, market.upper_ticks)
    return assess_special(state, plan, command, command.terms, account, contract, market)


def _unusable(command: PlaceOrder, account: Account | None, contract: Contract | None) -> str:
    if account is None:
        return rejects.ACCOUNT_UNKNOWN
    if contract is None:
        return rejects.INSTRUMENT_UNKNOWN
    if not 0 < command.qty <= QTY_MAX:
        return rejects.QTY_BAD
    priced = command.order_type not in UNPRICED
    if not (0 < command.price_ticks <= PRICE_TICKS_MAX if priced else command.price_ticks == 0):
        return rejects.PRICE_BAD
    if command.terms is not None:
        return terms_problem(command, command.terms)
    plain = (command.side, command.offset, command.order_type, command.time_in_force)
    return "" if plain in PLAIN else rejects.FIELD_BAD


def _risk_after(account: Account, contract: Contract, plan: Plan, side: int, qty: int) -> int:
    """Risk degree once filled at the order's price, its fee paid; a profit or loss of closing counts already."""
    tariff = contract.tariff(account.tariff_key)
    equity = account.cash_fen + account.profit_fen() - tariff.order_fen
    if plan.offset == OPEN:
        held = held_after(account, contract, LONG if side == BUY else SHORT, qty * plan.margin_unit)
        return risk_ppm(held, equity - qty * plan.fee_unit)
    position = plan.position
    if position is None:
        return risk_ppm(account.charged_margin_fen(), equity)
    today = min(plan.from_today, position.today_qty)
    yesterday = min(plan.from_yesterday, position.yesterday_qty)
    lot_value_fen = plan.price_ticks * contract.tick_value_fen
    fee = close_fee_fen(tariff, today, yesterday, lot_value_fen)
    released = position.margin_of(today=today, yesterday=yesterday)
    return risk_ppm(held_after(account, contract, position.side, -released), equity - fee)


def _max_qty(account: Account, contract: Contract, command: PlaceOrder, market: Market) -> int:
    """The largest quantity that would pass with these terms, an AUTO order meaning what it means now."""
    plan = Plan()
    side = command.side
    if check_price(plan, side, command.order_type, command.price_ticks, market.lower_ticks, market.upper_ticks):
        return 0
    if check_working_orders(account, plan.figures):
        return 0
    tariff = contract.tariff(account.tariff_key)
    limit = tariff.max_order_qty
    if account.max_order_qty:
        limit = min(limit, account.max_order_qty)
    resolve(plan, account, contract, side, command.offset, command.qty)
    position = plan.position
    if plan.offset != OPEN:
        most = min(limit, _closable(plan.offset, position))
        return most - most % contract.lot_multiple
    if account.status == CLOSE_ONLY:
        return 0
    if contract.closed_to_natural and account.natural:
        return 0
    most = position_limit(account, tariff)
    if most:
        taken = 0 if position is None else position.today_qty + position.yesterday_qty + position.opening_qty
        limit = min(limit, most - taken)
    price_units(plan, tariff, contract, side)
    most = _affordable(account, contract, plan, side, max(0, limit), tariff.order_fen)
    return most - most % contract.lot_multiple


def _affordable(account: Account, contract: Contract, plan: Plan, side: int, limit: int, order_fen: int) -> int:
    """Lots that the account can pay for, at most `limit`."""
    available = account.available_fen()
    if not account.nets:
        return max(0, min(limit, (available - order_fen) // (plan.margin_unit + plan.fee_unit)))
    # The costs rise with the quantity, but not evenly: up to the other side's margin more lots cost only their fee.
    lowest, highest = 0, limit
    while lowest < highest:
        middle = (lowest + highest + 1) // 2
        if sum(_costs(account, contract, plan, side, middle)) <= available:
            lowest = middle
        else:
            highest = middle - 1
    return lowest


def _closable(offset: int, position: Position | None) -> int:
    if position is None:
        return 0
    today = position.today_qty - position.frozen_today
    yesterday = position.yesterday_qty - position.frozen_yesterday
    if offset == CLOSE_TODAY:
        return today
    return yesterday if offset == CLOSE_YESTERDAY else today + yesterday
