"""Booking one side of a trade: frozen money and lots are released, lots opened or closed, fee and profit go to cash."""

from __future__ import annotations

from trading.engine.counter.fees import close_fee_fen, fee_fen
from trading.engine.counter.margin import margin_unit_fen
from trading.engine.counter.order_states import FILL_PART, FILL_REST, next_state
from trading.engine.counter.orders import Order
from trading.engine.events import Leg
from trading.engine.types import LONG, OPEN


def book_fill(order: Order, qty: int, price_ticks: int, trading_day: int) -> Leg:
    """Book a fill of `order` and give the leg of the trade event."""
    order.filled_qty += qty
    order.filled_ticks += price_ticks * qty
    leaves = order.qty - order.filled_qty
    order.status = next_state(order.status, FILL_PART if leaves else FILL_REST)
    account = order.account
    account.account_seq += 1
    account.frozen_fee_fen -= qty * order.fee_unit
    if order.offset == OPEN:
        fee = _open(order, qty, price_ticks, trading_day)
        from_today = from_yesterday = profit = profit_trade = 0
    else:
        from_yesterday = min(qty, order.from_yesterday)
        from_today = qty - from_yesterday
        fee, profit, profit_trade = _close(order, from_today, from_yesterday, price_ticks)
        account.close_profit_fen += profit
        order.contract.cleared_fen += profit
    account.cash_fen += profit - fee
    account.fee_fen += fee
    account.tenant.fee_fen += fee
    if leaves == 0:
        account.drop_order(order)
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
        order.filled_qty,
        leaves,
        order.filled_ticks,
        account.funds(),
        order.position.state(order.contract.instrument_id),
    )


def _open(order: Order, qty: int, price_ticks: int, trading_day: int) -> int:
    """Frozen margin becomes margin on the opening price. Gives the fee."""
    account, contract, position, holding = order.account, order.contract, order.position, order.holding
    tariff = contract.tariff(account.tenant_id)
    lot_value_fen = price_ticks * contract.tick_value_fen
    cost_fen = lot_value_fen * qty
    unit = margin_unit_fen(lot_value_fen, tariff.margin_ppm(position.side))
    account.frozen_margin_fen -= qty * order.margin_unit
    account.margin_fen += qty * unit
    position.opening_qty -= qty
    position.open_lots(price_ticks, qty, unit, trading_day, cost_fen)
    if position.side == LONG:
        holding.net_qty += qty
        holding.net_cost_fen += cost_fen
    else:
        holding.net_qty -= qty
        holding.net_cost_fen -= cost_fen
    return fee_fen(lots=qty, per_lot_fen=tariff.open_fen, ppm=tariff.open_ppm, turnover_fen=cost_fen)


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
    fee = close_fee_fen(
        contract.tariff(account.tenant_id),
        today=today,
        yesterday=yesterday,
        lot_value_fen=price_ticks * tick_value,
    )
    value_ticks = price_ticks * qty
    if position.side == LONG:
        holding.net_qty -= qty
        holding.net_cost_fen -= mark_ticks * tick_value
        return fee, (value_ticks - mark_ticks) * tick_value, (value_ticks - open_ticks) * tick_value
    holding.net_qty += qty
    holding.net_cost_fen += mark_ticks * tick_value
    return fee, (mark_ticks - value_ticks) * tick_value, (open_ticks - value_ticks) * tick_value
