"""Funds, positions and accounts as JSON, with the figures that hang on the last price worked out from whole fen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from trading.choices import POSITION_SIDE_WORDS
from trading.engine import types as t
from trading.engine.events import Funds, PositionState
from trading.shapes.contracts import Contract
from trading.shapes.numbers import CENTS, money, quotient, ratio

MILLION = 1_000_000


class FundsText:
    """The stored figures of one account's money as JSON text, event after event.

    An order that is accepted or canceled moves the frozen figures only, so the texts before and after those are kept.
    """

    __slots__ = ("_account", "_cash", "_end", "_fees", "_margin", "_profit", "_start")

    def __init__(self, account: str) -> None:
        self._account = account
        self._cash = self._margin = self._profit = self._fees = 0
        self._start = f'{{"account":{account},"cash":"0.00","margin":"0.00","frozen_margin":"'
        self._end = '","close_profit":"0.00","fees":"0.00"}'

    def json(self, funds: Funds) -> str:
        """Return the six stored figures of the account's money (socket events)."""
        cash, margin, profit, fees = funds.cash_fen, funds.margin_fen, funds.close_profit_fen, funds.fee_fen
        if cash != self._cash or margin != self._margin or profit != self._profit or fees != self._fees:
            self._moved(cash, margin, profit, fees)
        frozen, frozen_fee = funds.frozen_margin_fen, funds.frozen_fee_fen
        if frozen < 0 or frozen_fee < 0:
            return f'{self._start}{money(frozen)}","frozen_fee":"{money(frozen_fee)}{self._end}'
        return (
            f"{self._start}{frozen // 100}{CENTS[frozen % 100]}"
            f'","frozen_fee":"{frozen_fee // 100}{CENTS[frozen_fee % 100]}{self._end}'
        )

    def _moved(self, cash: int, margin: int, profit: int, fees: int) -> None:
        self._cash, self._margin, self._profit, self._fees = cash, margin, profit, fees
        if cash < 0 or margin < 0 or profit < 0 or fees < 0:
            self._start = (
                f'{{"account":{self._account},"cash":"{money(cash)}","margin":"{money(margin)}","frozen_margin":"'
            )
            self._end = f'","close_profit":"{money(profit)}","fees":"{money(fees)}"}}'
            return
        self._start = (
            f'{{"account":{self._account},"cash":"{cash // 100}{CENTS[cash % 100]}",'
            f'"margin":"{margin // 100}{CENTS[margin % 100]}","frozen_margin":"'
        )
        self._end = (
            f'","close_profit":"{profit // 100}{CENTS[profit % 100]}","fees":"{fees // 100}{CENTS[fees % 100]}"}}'
        )


def position_json(account: str, position: PositionState, contract: Contract) -> str:
    """Return one direction of one contract as JSON text (socket events; no figures of the last price)."""
    today, yesterday = position.today_qty, position.yesterday_qty
    closable_today, closable_yesterday = today - position.frozen_today, yesterday - position.frozen_yesterday
    opened, marked, margin = position.open_cost_fen, position.mark_cost_fen, position.margin_fen
    if yesterday or closable_yesterday:
        qty = today + yesterday
        lots = (
            f'{qty},"today_qty":{today},"yesterday_qty":{yesterday},"closable_today":{closable_today},'
            f'"closable_yesterday":{closable_yesterday}'
        )
    else:
        qty, text = today, str(today)
        closable = text if closable_today == today else str(closable_today)
        lots = f'{text},"today_qty":{text},"yesterday_qty":0,"closable_today":{closable},"closable_yesterday":0'
    if opened < 0 or marked < 0 or margin < 0:
        opened_text, marked_text, margin_text = money(opened), money(marked), money(margin)
    else:
        opened_text = f"{opened // 100}{CENTS[opened % 100]}"
        # The two are one until the day ends.
        marked_text = opened_text if marked == opened else f"{marked // 100}{CENTS[marked % 100]}"
        margin_text = f"{margin // 100}{CENTS[margin % 100]}"
    return (
        f'{{"account":{account},"symbol":"{contract.symbol}","side":"{POSITION_SIDE_WORDS[position.side]}",'
        f'"qty":{lots},"avg_open_price":{contract.cost_json(opened, qty) if qty else "null"},'
        f'"open_cost":"{opened_text}","mark_cost":"{marked_text}","margin":"{margin_text}"}}'
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


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What of an account's money may leave, with every figure of the rule (domain facts, 2.7: WithdrawQuota).

    The engine decides by the same rule (`Account.withdrawable_fen`).
    """

    available_fen: int
    gains_fen: int  # floating gains, which are not counted
    part_fen: int  # at most this: the broker's part of the equity without floating gains
    part_ppm: int
    reserve_fen: int

    @classmethod
    def of(cls, at_last: FundsAtLast, *, part_ppm: int, reserve_fen: int) -> Withdrawal:
        """Work the rule out for an account at the last prices."""
        profit = at_last.position_profit_fen
        part = (at_last.funds.cash_fen + min(0, profit)) * part_ppm // MILLION
        return cls(at_last.available_fen, max(0, profit), part, part_ppm, reserve_fen)

    @property
    def withdrawable_fen(self) -> int:
        """What may leave."""
        return max(0, min(self.available_fen, self.part_fen) - self.reserve_fen)

    def shape(self) -> dict[str, object]:
        """Return the figures as JSON."""
        return {
            "withdrawable": money(self.withdrawable_fen),
            "withdraw_rule": {
                "available": money(self.available_fen),
                "floating_gains": money(self.gains_fen),
                "part": ratio(self.part_ppm),
                "part_amount": money(self.part_fen),
                "reserve": money(self.reserve_fen),
            },
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
