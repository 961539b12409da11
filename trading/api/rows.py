"""From rows of the query tables to the JSON shapes that the socket shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from trading.choices import (
    ACCOUNT_STATE_WORDS,
    ACCOUNT_STATUS_WORDS,
    BAR_SOURCE_WORDS,
    OFFSET_WORDS,
    PHASE_WORDS,
    POSITION_SIDE_WORDS,
    SIDE_WORDS,
)
from trading.engine.events import Funds, PositionState
from trading.models import (
    Balance,
    Bar,
    ContractDay,
    ContractRules,
    Fill,
    Instrument,
    MarketDay,
    MoneyAccount,
    Position,
    Tick,
)
from trading.selectors.contracts import contract_by_id
from trading.selectors.statements import tenant_rules
from trading.shapes.accounts import FundsAtLast, Withdrawal, position_profits, profit_fen
from trading.shapes.contracts import Contract
from trading.shapes.numbers import day_text, money, ratio, time_text

LastPrices = Mapping[int, int]


def last_prices() -> dict[int, int]:
    """Return the last price of each contract in ticks; before the day's first trade, the previous settlement.

    The counter marks positions the same way: the end of a day puts every contract on its settlement price.
    """
    prices = dict(Instrument.objects.values_list("id", "previous_settlement_ticks"))
    traded_today = MarketDay.objects.exclude(open_ticks=None)
    prices.update({number: last for number, last in traded_today.values_list("instrument_id", "last_ticks") if last})
    return prices


def instrument_shape(
    contract: Contract,
    day: MarketDay | None,
    *,
    terms: ContractDay | None,
    phase: int,
    language: str,
    limit_ppm: int,
    rules: ContractRules | None = None,
) -> dict[str, Any]:
    """Return a contract with its phase and its day's figures."""
    shape: dict[str, Any] = contract.facts(language=language)
    shape["phase"] = PHASE_WORDS[phase]
    shape.update(rules_shape(rules, limit_ppm=limit_ppm))
    price = contract.price
    for name, ticks in (
        ("last", _last_ticks(contract, day)),
        ("open", day and day.open_ticks),
        ("high", day and day.high_ticks),
        ("low", day and day.low_ticks),
    ):
        shape[name] = price(ticks) if ticks else None
    shape["volume"] = day.volume if day else 0
    shape["open_interest"] = day.open_interest if day else 0
    shape["turnover"] = money(day.turnover_fen) if day else money(0)
    shape["average_price"] = contract.day_average(volume=day.volume, turnover_fen=day.turnover_fen) if day else None
    shape["open_interest_change"] = day.open_interest - terms.previous_open_interest if day and terms else None
    shape["settlement"] = _price_or_none(contract, terms.settlement_ticks if terms else None)
    return shape


def _price_or_none(contract: Contract, ticks: int | None) -> str | None:
    return None if ticks is None else contract.price(ticks)


def rules_shape(rules: ContractRules | None, *, limit_ppm: int) -> dict[str, Any]:
    """Return what venue rules make of a contract; without any it stands as it was listed."""
    if rules is None:
        rules = ContractRules()
    delivery = rules.delivery or {}
    zero_day = delivery.get("natural_zero_day") or 0
    return {
        "expired": rules.expired,
        "one_sided": SIDE_WORDS.get(rules.one_sided or 0),
        "ladder_step": rules.ladder_step,
        "ladder_side": SIDE_WORDS.get(rules.ladder_side or 0),
        "limit_in_force": ratio(limit_ppm),
        "margin_floor": ratio(rules.margin_floor_ppm) if rules.margin_floor_ppm else None,
        "lot_multiple": rules.lot_multiple,
        "position_limit": rules.position_limit or None,
        "closed_to_natural_persons": rules.closed_to_natural,
        "natural_persons_out_by": day_text(zero_day) if zero_day else None,
    }


def _last_ticks(contract: Contract, day: MarketDay | None) -> int | None:
    if day is not None and day.open_ticks and day.last_ticks:
        return day.last_ticks
    return contract.instrument.previous_settlement_ticks


def account_shape(account: MoneyAccount, *, account_seq: int) -> dict[str, Any]:
    """Return a money account."""
    return {
        "id": account.id,
        "name": account.name,
        "client": account.client.number if account.client is not None else None,
        "state": ACCOUNT_STATE_WORDS[account.state],
        "status": ACCOUNT_STATUS_WORDS[account.status],
        "status_reason": account.status_reason,
        "limits": {
            "max_order_qty": account.max_order_qty,
            "max_position_qty": account.max_position_qty,
            "max_working_orders": account.max_working_orders,
            "max_orders_per_second": account.max_orders_per_second,
        },
        "account_seq": account_seq,
    }


def funds_shape(balance: Balance, positions: Iterable[Position], *, lasts: LastPrices) -> dict[str, Any]:
    """Return an account's money at the last prices."""
    funds = balance_funds(balance)
    rows = [
        (position_state(item), contract_by_id(item.instrument_id), lasts.get(item.instrument_id, 0))
        for item in positions
    ]
    at_last = FundsAtLast(funds=funds, position_profit_fen=position_profits(rows))
    rules = tenant_rules()
    withdrawal = Withdrawal.of(at_last, part_ppm=rules.withdraw_ppm, reserve_fen=rules.reserve_fen)
    return (
        at_last.shape(balance.account_id)
        | withdrawal.shape()
        | {
            "pre_balance": money(balance.pre_balance_fen),
            "deposits": money(balance.deposit_fen),
            "withdrawals": money(balance.withdraw_fen),
            "corrections": money(balance.correction_fen),
            "seq": balance.seq,
        }
    )


def balance_funds(balance: Balance) -> Funds:
    """Return the engine's form of a balance's row."""
    return Funds(
        balance.cash_fen,
        balance.margin_fen,
        balance.frozen_margin_fen,
        balance.frozen_fee_fen,
        balance.close_profit_fen,
        balance.fee_fen,
    )


def position_state(row: Position) -> PositionState:
    """Return the engine's form of a position's row."""
    return PositionState(
        row.instrument_id,
        row.side,
        row.today_qty,
        row.yesterday_qty,
        row.frozen_today,
        row.frozen_yesterday,
        row.open_cost_fen,
        row.mark_cost_fen,
        row.margin_fen,
    )


def position_shape(row: Position, *, lasts: LastPrices) -> dict[str, Any]:
    """Return one direction of one contract at the last price."""
    contract = contract_by_id(row.instrument_id)
    qty, last = row.qty, lasts.get(row.instrument_id, 0)
    tick_value = contract.instrument.tick_value_fen
    by_date = profit_fen(side=row.side, cost_fen=row.mark_cost_fen, qty=qty, last_ticks=last, tick_value_fen=tick_value)
    by_trade = profit_fen(
        side=row.side, cost_fen=row.open_cost_fen, qty=qty, last_ticks=last, tick_value_fen=tick_value
    )
    return {
        "account": row.account_id,
        "symbol": contract.symbol,
        "side": POSITION_SIDE_WORDS[row.side],
        "qty": qty,
        "today_qty": row.today_qty,
        "yesterday_qty": row.yesterday_qty,
        "closable_today": row.today_qty - row.frozen_today,
        "closable_yesterday": row.yesterday_qty - row.frozen_yesterday,
        "avg_open_price": contract.cost_price(cost_fen=row.open_cost_fen, qty=qty) if qty else None,
        "open_cost": money(row.open_cost_fen),
        "mark_cost": money(row.mark_cost_fen),
        "margin": money(row.margin_fen),
        "last": contract.price(last),
        "profit_by_date": money(by_date),
        "profit_by_trade": money(by_trade),
    }


def fill_shape(row: Fill) -> dict[str, Any]:
    """Return one side of a trade."""
    contract = contract_by_id(row.instrument_id)
    return {
        "id": str(row.trade_id),
        "order_id": str(row.order_id),
        "client_order_id": row.client_order_id,
        "account": row.account_id,
        "symbol": contract.symbol,
        "side": SIDE_WORDS[row.side],
        "position_effect": OFFSET_WORDS[row.offset],
        "qty": row.qty,
        "price": contract.price(row.price_ticks),
        "fee": money(row.fee_fen),
        "close_profit": money(row.close_profit_fen),
        "close_profit_by_trade": money(row.close_profit_trade_fen),
        "liquidity": "taker" if row.is_taker else "maker",
        "trading_day": day_text(row.trading_day),
        "at": time_text(row.at_ns),
        "seq": row.seq,
    }


def trade_shape(row: Tick, *, contract: Contract) -> dict[str, Any]:
    """Return a public trade."""
    return {
        "id": str(row.trade_id),
        "price": contract.price(row.price_ticks),
        "qty": row.qty,
        "side": SIDE_WORDS[row.taker_side],
        "taker_effect": OFFSET_WORDS[row.taker_offset],
        "maker_effect": OFFSET_WORDS[row.maker_offset],
        "open_interest": row.open_interest,
        "journal_seq": row.seq,
        "at": time_text(row.market_ns),
    }


def tick_shape(row: Tick, terms: ContractDay | None, *, contract: Contract) -> dict[str, Any]:
    """Return a trade with the day's figures after it and the day's terms; null where they were not kept."""
    kept = row.trading_day != 0
    return {
        "id": str(row.trade_id),
        "trading_day": day_text(row.trading_day) if kept else None,
        "phase": PHASE_WORDS[row.phase] if kept else None,
        "price": contract.price(row.price_ticks),
        "qty": row.qty,
        "side": SIDE_WORDS[row.taker_side],
        "volume": row.volume if kept else None,
        "turnover": money(row.turnover_fen) if kept else None,
        "average_price": contract.day_average(volume=row.volume, turnover_fen=row.turnover_fen),
        "open_interest": row.open_interest,
        "open_interest_change": row.open_interest - terms.previous_open_interest if terms else None,
        "upper_limit": _price_or_none(contract, terms.upper_ticks if terms else None),
        "lower_limit": _price_or_none(contract, terms.lower_ticks if terms else None),
        "previous_settlement": _price_or_none(contract, terms.previous_settlement_ticks if terms else None),
        "settlement": _price_or_none(contract, terms.settlement_ticks if terms else None),
        "journal_seq": row.seq,
        "at": time_text(row.market_ns),
    }


def bar_shape(row: Bar, *, contract: Contract) -> dict[str, Any]:
    """Return one bar."""
    price = contract.price
    return {
        "start": time_text(row.start_s * 1_000_000_000),
        "start_s": row.start_s,
        "open": price(row.open_ticks),
        "high": price(row.high_ticks),
        "low": price(row.low_ticks),
        "close": price(row.close_ticks),
        "volume": row.volume,
        "open_interest": row.open_interest,
        "source": BAR_SOURCE_WORDS[row.source],
    }
