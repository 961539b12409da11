"""The end of a trading day for one account: marks to cash, lots roll, margin on the settlement price."""

from __future__ import annotations

from trading.engine.counter.accounts import Account
from trading.engine.events import AccountSettled, PositionState
from trading.engine.types import LONG, SHORT


def has_anything(account: Account) -> bool:
    """Say whether a day's end means anything to an account."""
    return bool(
        account.cash_fen
        or account.holdings
        or account.close_profit_fen
        or account.fee_fen
        or account.deposits_fen
        or account.withdrawals_fen
        or account.corrected_fen
    )


def settle_account(account: Account, ended_trading_day: int, *, next_trading_day: int = 0) -> AccountSettled:
    """Settle one account; its contracts already stand on their settlement prices."""
    previous_cash_fen = account.cash_fen
    mark = margin = 0
    positions: list[PositionState] = []
    for instrument_id in sorted(account.holdings):
        holding = account.holdings[instrument_id]
        if holding.is_empty():
            account.drop_holding(instrument_id)
            continue
        contract = holding.contract
        value_fen = contract.settlement_ticks * contract.tick_value_fen
        profit = value_fen * holding.net_qty - holding.net_cost_fen
        contract.cleared_fen += profit
        mark += profit
        tariff = contract.tariff(account.tariff_key)
        for position in (holding.long, holding.short):
            unit = tariff.settlement_unit_fen(LONG if position.side == LONG else SHORT)
            position.roll(settlement_value_fen=value_fen, margin_unit=unit)
            margin += position.margin_fen
            if position.yesterday_qty:
                positions.append(position.state(instrument_id))
        holding.net_cost_fen = value_fen * holding.net_qty
    close_profit, fee = account.close_profit_fen, account.fee_fen
    account.cash_fen += mark
    account.margin_fen = margin
    account.close_profit_fen = account.fee_fen = 0
    account.deposits_fen = account.withdrawals_fen = account.corrected_fen = 0
    account.pre_balance_fen = account.cash_fen
    if account.tenant.confirms and ended_trading_day:
        account.statement_day = ended_trading_day
        account.statement_version = 1
        account.confirmed_version = 0
    account.account_seq += 1
    return AccountSettled(
        account.tenant_id,
        account.account_id,
        account.account_seq,
        ended_trading_day,
        previous_cash_fen,
        mark,
        close_profit,
        fee,
        account.funds(),
        positions,
        next_trading_day,
    )
