"""Funds, positions and accounts as JSON, with the figures that hang on the last price worked out from whole fen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trading.choices import POSITION_SIDE_WORDS
from trading.engine import types as t
from trading.engine.events import Funds, PositionState
from trading.shapes.contracts import Contract
from trading.shapes.numbers import money, quotient


def funds_json(account_id: int, funds: Funds) -> str:
    """Return the six stored figures of an account's money as JSON text (socket events)."""
    return (
        f'{{"account":{account_id},"cash":"{money(funds.cash_fen)}","margin":"{money(funds.margin_fen)}",'
        f'"frozen_margin":"{money(funds.frozen_margin_fen)}","frozen_fee":"{money(funds.frozen_fee_fen)}",'
        f'"close_profit":"{money(funds.close_profit_fen)}","fees":"{money(funds.fee_fen)}"}}'
    )


def position_json(account_id: int, position: PositionState, contract: Contract) -> str:
    """Return one direction of one contract as JSON text (socket events; no figures of the last price)."""
    qty = position.today_qty + position.yesterday_qty
    average = f'"{contract.cost_price(cost_fen=position.open_cost_fen, qty=qty)}"' if qty else "null"
    return (
        f'{{"account":{account_id},"symbol":"{contract.symbol}","side":"{POSITION_SIDE_WORDS[position.side]}",'
        f'"qty":{qty},"today_qty":{position.today_qty},"yesterday_qty":{position.yesterday_qty},'
        f'"closable_today":{position.today_qty - position.frozen_today},'
        f'"closable_yesterday":{position.yesterday_qty - position.frozen_yesterday},"avg_open_price":{average},'
        f'"open_cost":"{money(position.open_cost_fen)}","mark_cost":"{money(position.mark_cost_fen)}",'
        f'"margin":"{money(position.margin_fen)}"}}'
    )


def profit_fen(*, side: int, cost_fen: int, qty: int, last_ticks: int, tick_value_fen: int) -> int:
    """Return the profit of lots with this cost at a price: positive for a long when the price is above it."""
    value_fen = last_ticks * tick_value_fen * qty
    return value_fen - cost_fen if side == t.LONG else cost_fen - value_fen


@dataclass(frozen=True, slots=True)
class FundsAtLast:
    """An account's money at the last prices."""

    funds: Funds
    position_profit_fen: int

    @property
    def equity_fen(self) -> int:
        """Cash and the position profit by date."""
        return self.funds.cash_fen + self.position_profit_fen

    @property
    def available_fen(self) -> int:
        """What new orders may bind: floating losses count, floating gains do not."""
        funds = self.funds
        held = funds.margin_fen + funds.frozen_margin_fen + funds.frozen_fee_fen
        return funds.cash_fen - held + min(0, self.position_profit_fen)

    def shape(self, account_id: int) -> dict[str, object]:
        """Return the funds with the figures at the last price (REST and socket snapshots)."""
        funds, equity_fen = self.funds, self.equity_fen
        return {
            "account": account_id,
            "cash": money(funds.cash_fen),
            "margin": money(funds.margin_fen),
            "frozen_margin": money(funds.frozen_margin_fen),
            "frozen_fee": money(funds.frozen_fee_fen),
            "close_profit": money(funds.close_profit_fen),
            "fees": money(funds.fee_fen),
            "equity": money(equity_fen),
            "available": money(self.available_fen),
            "position_profit": money(self.position_profit_fen),
            "risk_degree": risk_degree(margin_fen=funds.margin_fen, equity_fen=equity_fen),
        }


def risk_degree(*, margin_fen: int, equity_fen: int) -> str | None:
    """Return margin ÷ equity to four places; None when there is margin and no equity left to carry it."""
    if margin_fen == 0:
        return "0.0000"
    if equity_fen <= 0:
        return None
    return quotient(margin_fen, equity_fen, decimals_min=4, decimals_max=4)


def position_profits(positions: Iterable[tuple[PositionState, Contract, int]]) -> int:
    """Return the summed position profit by date of (position, contract, last price) rows, in fen."""
    return sum(
        profit_fen(
            side=position.side,
            cost_fen=position.mark_cost_fen,
            qty=position.today_qty + position.yesterday_qty,
            last_ticks=last_ticks,
            tick_value_fen=contract.instrument.tick_value_fen,
        )
        for position, contract, last_ticks in positions
    )
