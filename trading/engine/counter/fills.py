"""Booking one side of a trade: frozen money and lots are released, lots opened or closed, fee and profit go to cash."""

from __future__ import annotations

from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Contract
from trading.engine.counter.fees import close_fee_fen, fee_fen
from trading.engine.counter.order_states import FILL_PART, FILL_REST, next_state
from trading.engine.counter.orders import Order
from trading.engine.counter.positions import Position
from trading.engine.events import Leg
from trading.engine.types import LONG, OPEN


def book_fill(order: Order, qty: int, price_ticks: int, trading_day: int) -> Leg:
    """Book a fill of `order` and give the leg of the trade event."""
    filled = order.filled_qty + qty
    order.filled_qty = filled
    order.filled_ticks += price_ticks * qty
    leaves = order.qty - filled
    order.status = next_state(order.status, FILL_PART if leaves else FILL_REST)
    account, contract, position = order.account, order.contract, order.position
    account.account_seq += 1
    account.frozen_fee_fen -= qty * order.fee_unit
    if order.offset == OPEN:
        fee = _open(order, account, contract, position, qty, price_ticks, trading_day)
        from_today = from_yesterday = profit = profit_trade = 0
        account.cash_fen -= fee
    else:
        from_yesterday = order.from_yesterday
        if from_yesterday > qty:
            from_yesterday = qty
        from_today = qty - from_yesterday
        fee, profit, profit_trade = _close(order, from_today, from_yesterday, price_ticks)
        account.close_profit_fen += profit
        contract.cleared_fen += profit
        account.cash_fen += profit - fee
    account.fee_fen += fee
    account.tenant.fee_fen += fee
    return Leg(
        account.tenant_id,
        account.account_id,
        account.account_seq,
        order.order_id,
        order.side,
        order.offset,
        from_today,
        from_yesterday,
        fee,
        profit,
        profit_trade,
        filled,
        leaves,
        order.filled_ticks,
        account.funds(),
        position.state(contract.instrument_id),
    )


def _open(
    order: Order,
    account: Account,
    contract: Contract,
    position: Position,
    qty: int,
    price_ticks: int,
    trading_day: int,
) -> int:
    """Frozen margin becomes margin on the opening price. Gives the fee."""
    tariff = contract.tariffs.get(account.tariff_key, contract.base)
    lot_value_fen = price_ticks * contract.tick_value_fen
    cost_fen = lot_value_fen * qty
    holding = order.holding
    if position.side == LONG:
        unit = tariff.long_units.get(lot_value_fen)
        holding.net_qty += qty
        holding.net_cost_fen += cost_fen
    else:
        unit = tariff.short_units.get(lot_value_fen)
        holding.net_qty -= qty
        holding.net_cost_fen -= cost_fen
    if unit is None:
        unit = tariff.open_unit_fen(position.side, lot_value_fen)
    frozen = qty * order.margin_unit
    account.frozen_margin_fen -= frozen
    account.margin_fen += qty * unit
    position.opening_margin_fen -= frozen
    position.opening_qty -= qty
    position.open_lots(price_ticks, qty, unit, trading_day, cost_fen)
    if tariff.open_ppm == 0:
        return qty * tariff.open_fen
    return fee_fen(qty, tariff.open_fen, tariff.open_ppm, cost_fen)


def _close(order: Order, today: int, yesterday: int, price_ticks: int) -> tuple[int, int, int]:
    """Lots leave, oldest first in each bucket. Gives (fee, profit by date, profit by trade)."""
    account, contract, position, holding = order.account, order.contract, order.position, order.holding
    tick_value = contract.tick_value_fen
    open_ticks = mark_ticks = margin = 0
    if today:
        order.from_today -= today
        position.frozen_today -= today
        open_ticks, margin = position.take_today(today)
        mark_ticks = open_ticks
    if yesterday:
        order.from_yesterday -= yesterday
        position.frozen_yesterday -= yesterday
        open_ticks += position.take_yesterday(yesterday)
        mark_ticks += contract.settlement_ticks * yesterday
        margin += position.yesterday_unit * yesterday
    qty = today + yesterday
    position.open_cost_fen -= open_ticks * tick_value
    position.mark_cost_fen -= mark_ticks * tick_value
    position.margin_fen -= margin
    account.margin_fen -= margin
    tariff = contract.tariffs.get(account.tariff_key, contract.base)
    fee = close_fee_fen(tariff, today, yesterday, price_ticks * tick_value)
    value_ticks = price_ticks * qty
    if position.side == LONG:
        holding.net_qty -= qty
        holding.net_cost_fen -= mark_ticks * tick_value
        return fee, (value_ticks - mark_ticks) * tick_value, (value_ticks - open_ticks) * tick_value
    holding.net_qty += qty
    holding.net_cost_fen += mark_ticks * tick_value
    return fee, (mark_ticks - value_ticks) * tick_value, (open_ticks - value_ticks) * tick_value
