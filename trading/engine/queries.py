"""Pictures of the state: accounts, orders, contracts, and what an order would do."""

from __future__ import annotations

from msgspec.structs import replace

from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Contract
from trading.engine.counter.larger_side import netted_in
from trading.engine.counter.liquidations import Liquidation, basis_margin_fen, position_exchange_fen
from trading.engine.counter.orders import Order
from trading.engine.counter.positions import Position
from trading.engine.events import PositionState
from trading.engine.exchange.book import BookSide
from trading.engine.exchange.market import Market
from trading.engine.state import State
from trading.engine.types import HELD
from trading.engine.views import (
    AccountLimits,
    AccountView,
    InstrumentStats,
    LiquidationView,
    LotView,
    OrderBookView,
    OrderView,
    PositionMargin,
    risk_ppm,
)


def order_view(state: State, order: Order, entered: tuple[int, int] | None = None) -> OrderView:
    """One order as it stands; `entered` is what the day's memory would say of it."""
    leaves = order.open_qty() if order.leaves_qty else 0
    special = order.special
    trading_day, terms = state.trading_day, None
    if special is not None:
        terms = special.terms
        trigger = special.trigger_ticks
        stops = state.markets[order.contract.instrument_id].stops
        if order.status == HELD and stops is not None:
            trigger = stops.trigger_of(order.order_id)
        if trigger != terms.trigger_ticks:
            terms = replace(terms, trigger_ticks=trigger)
    if special is not None and special.entered_day:
        trading_day, seq, entered_ns = special.entered_day, special.entered_seq, special.entered_ns
    else:
        seq, entered_ns = entered or state.memory.entry_of(order.order_id)
    return OrderView(
        order.account.tenant_id,
        order.account.account_id,
        order.order_id,
        order.client_order_id,
        order.contract.instrument_id,
        order.side,
        order.offset,
        order.order_type,
        order.time_in_force,
        order.qty,
        order.price_ticks,
        order.filled_qty,
        leaves,
        order.filled_ticks,
        order.status,
        trading_day,
        seq,
        leaves * order.margin_unit,
        leaves * order.fee_unit,
        entered_ns,
        terms,
    )


def lot_views(instrument_id: int, position: Position) -> list[LotView]:
    """The lots of a position, in the order in which they are closed."""
    found: list[LotView] = []
    for head, today in ((position.yesterday_head, False), (position.today_head, True)):
        lot = head
        while lot is not None:
            found.append(LotView(instrument_id, position.side, lot.qty, lot.price_ticks, lot.opened_day, today))
            lot = lot.next
    return found


def account_view(state: State, account: Account) -> AccountView:
    """One account as it stands."""
    positions: list[PositionState] = []
    lots: list[LotView] = []
    margins: list[PositionMargin] = []
    for instrument_id in sorted(account.holdings):
        holding = account.holdings[instrument_id]
        for position in (holding.long, holding.short):
            if position.today_qty or position.yesterday_qty:
                positions.append(position.state(instrument_id))
                lots.extend(lot_views(instrument_id, position))
                margins.append(
                    PositionMargin(
                        instrument_id,
                        position.side,
                        position_exchange_fen(holding.contract, position),
                        netted_in(account, holding.contract),
                    )
                )
    orders: list[OrderView] = []
    order = account.order_head
    while order is not None:
        orders.append(order_view(state, order))
        order = order.account_next
    profit = account.profit_fen()
    equity = account.cash_fen + profit
    return AccountView(
        account.tenant_id,
        account.account_id,
        account.account_seq,
        account.group_id,
        account.status,
        AccountLimits(
            account.max_order_qty,
            account.max_position_qty,
            account.max_working_orders,
            account.max_orders_per_second,
        ),
        account.funds(),
        positions,
        orders,
        account.pre_balance_fen,
        account.deposits_fen,
        account.withdrawals_fen,
        profit,
        equity,
        account.available_fen(),
        account.withdrawable_fen(),
        risk_ppm(account.charged_margin_fen(), equity),
        lots,
        sum(margin.exchange_fen for margin in margins),
        account.statement_day,
        account.statement_version,
        account.confirmed_version,
        account.tenant.withdraw_ppm,
        account.tenant.reserve_fen,
        account.hedge,
        margins,
    )


def liquidation_view(state: State, item: Liquidation) -> LiquidationView:
    """One open liquidation as it stands."""
    account = state.accounts[item.account_id]
    rows = [
        (
            part.instrument_id,
            part.side,
            part.offset,
            part.qty,
            part.filled,
            part.order_id if part.order_id in state.orders else 0,
        )
        for part in item.parts
    ]
    return LiquidationView(
        account.tenant_id,
        account.account_id,
        item.number,
        item.reason,
        item.basis,
        item.target_ppm,
        item.steps,
        account.cash_fen + account.profit_fen(),
        basis_margin_fen(account, item.basis),
        rows,
        [state.contracts[part.instrument_id].tariff(account.tariff_key).max_order_qty for part in item.parts],
    )


def instrument_stats(contract: Contract, market: Market, trading_day: int, watched: int = 0) -> InstrumentStats:
    """The day's statistics of one contract; `watched` is the side that stands alone in the window before the close."""
    rung = contract.rung
    return InstrumentStats(
        contract.instrument_id,
        trading_day,
        market.last_ticks,
        market.open_ticks,
        market.high_ticks,
        market.low_ticks,
        market.volume,
        market.turnover_ticks * contract.tick_value_fen,
        market.open_interest,
        market.lower_ticks,
        market.upper_ticks,
        contract.settlement_ticks,
        market.phase,
        watched or market.one_sided,
        0 if rung is None else rung.step,
        0 if rung is None else rung.side,
        contract.expired,
    )


def order_book(state: State, market: Market) -> OrderBookView:
    """One contract's book order by order, with the stops that wait. Costs time with the number of orders."""
    waiting: list[tuple[int, int, int]] = []
    if market.stops is not None:
        for order_id, (side, _trigger) in sorted(market.stops.triggers.items()):
            waiting.append((order_id, side, state.orders[order_id].display_qty))
    book = market.book
    return OrderBookView(
        market.instrument_id, market.phase, _order_levels(book.bids), _order_levels(book.asks), waiting
    )


def _order_levels(side: BookSide) -> list[tuple[int, list[tuple[int, int, int, int]]]]:
    found: list[tuple[int, list[tuple[int, int, int, int]]]] = []
    for key in reversed(side.keys):
        level = side.levels[key * side.sign]
        orders: list[tuple[int, int, int, int]] = []
        order = level.head
        while order is not None:
            shown = order.leaves_qty
            orders.append((order.order_id, shown + order.hidden_qty, shown, order.display_qty))
            order = order.next
        found.append((level.price_ticks, orders))
    return found
