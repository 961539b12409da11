"""Booking one side of a trade: frozen money and lots are released, lots opened or closed, fee and profit go to cash."""

from __future__ import annotations

from trading.engine.counter.fees import close_fee_fen, fee_fen
from trading.engine.counter.order_states import AFTER_PART, AFTER_REST
from trading.engine.counter.orders import Order
from trading.engine.errors import EngineBrokenError
from trading.engine.events import Funds, Leg
from trading.engine.types import BUY, LONG, OPEN


def book_fill(order: Order, qty: int, price_ticks: int, trading_day: int, standing: int) -> Leg:
    """Book a fill of `order` and give the leg of the trade event. Of an opening one frozen margin becomes margin.

    `standing`: as of now (`State.standing`); what plain standing was found on still holds at it.
    """
    order.filled_qty = filled = order.filled_qty + qty
    order.filled_ticks = filled_ticks = order.filled_ticks + price_ticks * qty
    leaves = order.qty - filled
    order.status = status = AFTER_PART[order.status] if leaves else AFTER_REST[order.status]
    if status < 0:
        raise EngineBrokenError(f"order {order.order_id} has ended and was filled")
    if order.offset != OPEN:
        return _close(order, qty, price_ticks, filled, leaves)
    account, holding, position = order.account, order.holding, order.position
    contract = holding.contract
    tariff = holding.tariff
    if holding.plain_at != standing:
        tariff = contract.tariffs.get(account.tariff_key, contract.base)
    lot_value_fen = price_ticks * contract.tick_value_fen
    cost_fen = lot_value_fen * qty
    if order.side == BUY:
        unit = tariff.long_units.get(lot_value_fen)
        holding.net_qty += qty
        holding.net_cost_fen += cost_fen
    else:
        unit = tariff.short_units.get(lot_value_fen)
        holding.net_qty -= qty
        holding.net_cost_fen -= cost_fen
    if unit is None:
        unit = tariff.open_unit_fen(position.side, lot_value_fen)
    fee = qty * tariff.open_fen
    if tariff.open_ppm:
        fee = fee_fen(qty, tariff.open_fen, tariff.open_ppm, cost_fen)
    frozen = qty * order.margin_unit
    shown = position.open_lots(holding.instrument_id, price_ticks, qty, unit, trading_day, cost_fen)
    account.account_seq = seq = account.account_seq + 1
    account.cash_fen = cash = account.cash_fen - fee
    account.margin_fen = margin = account.margin_fen + qty * unit
    account.frozen_margin_fen = frozen_margin = account.frozen_margin_fen - frozen
    account.frozen_fee_fen = frozen_fee = account.frozen_fee_fen - qty * order.fee_unit
    account.fee_fen = fees = account.fee_fen + fee
    account.tenant.fee_fen += fee
    if account.nets:
        position.opening_margin_fen -= frozen
        funds = account.funds()
    else:
        funds = Funds(cash, margin, frozen_margin, frozen_fee, account.close_profit_fen, fees)
    return Leg(
        account.tenant_id, account.account_id, seq, order.order_id, order.side, OPEN, 0, 0, fee, 0, 0, filled, leaves,
        filled_ticks, funds, shown,
    )  # fmt: skip


def _close(order: Order, qty: int, price_ticks: int, filled: int, leaves: int) -> Leg:
    """Lots leave, yesterday's before today's, and their profit goes to cash."""
    account, contract = order.account, order.holding.contract
    yesterday = order.from_yesterday
    if yesterday > qty:
        yesterday = qty
    today = qty - yesterday
    fee, profit, profit_trade = _take_lots(order, today, yesterday, price_ticks)
    contract.cleared_fen += profit
    account.account_seq = seq = account.account_seq + 1
    account.frozen_fee_fen -= qty * order.fee_unit
    account.close_profit_fen += profit
    account.cash_fen += profit - fee
    account.fee_fen += fee
    account.tenant.fee_fen += fee
    return Leg(
        account.tenant_id, account.account_id, seq, order.order_id, order.side, order.offset, today, yesterday, fee,
        profit, profit_trade, filled, leaves, order.filled_ticks, account.funds(),
        order.position.state(contract.instrument_id),
    )  # fmt: skip


def _take_lots(order: Order, today: int, yesterday: int, price_ticks: int) -> tuple[int, int, int]:
    """Lots leave, oldest first in each bucket. Gives (fee, profit by date, profit by trade)."""
    account, position, holding = order.account, order.position, order.holding
    contract = holding.contract
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
