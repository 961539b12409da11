"""What an order would do if it were entered now: its margin and fee, the risk degree after it, the largest quantity."""

from __future__ import annotations

from trading.engine import rejects
from trading.engine.bounds import PRICE_TICKS_MAX, QTY_MAX
from trading.engine.commands import PlaceOrder
from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Contract
from trading.engine.counter.fees import close_fee_fen
from trading.engine.counter.limits import check_working_orders
from trading.engine.counter.positions import Position
from trading.engine.counter.pretrade import Plan, assess, check_price, check_standing, price_units, resolve
from trading.engine.exchange.market import Market
from trading.engine.order_terms import PLAIN, UNPRICED, terms_problem
from trading.engine.special_entry import assess_special, check_phase
from trading.engine.state import State
from trading.engine.types import BUY, CLOSE_ONLY, CLOSE_TODAY, CLOSE_YESTERDAY, MARKET, OPEN
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
    opposite = market.book.asks if command.side == BUY else market.book.bids
    if not code and command.order_type == MARKET and opposite.best is None:
        code, figures = rejects.MARKET_EMPTY, {"qty": command.qty, "opposite": 0}
        closed = code
    qty = command.qty
    margin, fee = qty * plan.margin_unit, qty * plan.fee_unit
    available = account.available_fen()
    return Preview(
        code,
        figures,
        plan.offset,
        margin,
        fee,
        available,
        available - margin - fee,
        _risk_after(account, contract, plan, qty),
        0 if closed else _max_qty(account, contract, command, market),
        plan.price_ticks,
    )


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


def _risk_after(account: Account, contract: Contract, plan: Plan, qty: int) -> int:
    """Risk degree once filled at the order's price, its fee paid; a profit or loss of closing counts already."""
    equity = account.cash_fen + account.profit_fen()
    if plan.offset == OPEN:
        return risk_ppm(account.margin_fen + qty * plan.margin_unit, equity - qty * plan.fee_unit)
    position = plan.position
    if position is None:
        return risk_ppm(account.margin_fen, equity)
    today = min(plan.from_today, position.today_qty)
    yesterday = min(plan.from_yesterday, position.yesterday_qty)
    lot_value_fen = plan.price_ticks * contract.tick_value_fen
    fee = close_fee_fen(contract.tariff(account.tenant_id), today, yesterday, lot_value_fen)
    return risk_ppm(account.margin_fen - position.margin_of(today=today, yesterday=yesterday), equity - fee)


def _max_qty(account: Account, contract: Contract, command: PlaceOrder, market: Market) -> int:
    """The largest quantity that would pass with these terms, an AUTO order meaning what it means now."""
    plan = Plan()
    side = command.side
    if check_price(plan, side, command.order_type, command.price_ticks, market.lower_ticks, market.upper_ticks):
        return 0
    if check_working_orders(account, plan.figures):
        return 0
    limit = contract.spec.max_order_qty
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
    taken = 0 if position is None else position.today_qty + position.yesterday_qty + position.opening_qty
    for most in (account.max_position_qty, contract.position_limit):
        if most:
            limit = min(limit, most - taken)
    price_units(plan, contract.tariff(account.tenant_id), contract, side)
    most = max(0, min(limit, account.available_fen() // (plan.margin_unit + plan.fee_unit)))
    return most - most % contract.lot_multiple


def _closable(offset: int, position: Position | None) -> int:
    if position is None:
        return 0
    today = position.today_qty - position.frozen_today
    yesterday = position.yesterday_qty - position.frozen_yesterday
    if offset == CLOSE_TODAY:
        return today
    return yesterday if offset == CLOSE_YESTERDAY else today + yesterday
