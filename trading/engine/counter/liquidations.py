"""Forced liquidation of one account: what is to be closed, how far it has come, and the figures it is judged by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Contract
from trading.engine.counter.positions import Position
from trading.engine.types import BASIS_EXCHANGE, CLOSE_TODAY, CLOSE_YESTERDAY, LONG


class Part:
    """One row of a plan: lots of one direction and bucket, with the order that works for it now."""

    __slots__ = ("filled", "instrument_id", "offset", "order_id", "qty", "side")

    def __init__(
        self, instrument_id: int, side: int, offset: int, qty: int, filled: int = 0, order_id: int = 0
    ) -> None:
        self.instrument_id: Final = instrument_id
        self.side: Final = side  # of the position
        self.offset = offset
        self.qty: Final = qty
        self.filled = filled
        self.order_id = order_id  # the last one; it need not work any more

    def remaining(self) -> int:
        """Lots of the row not yet closed."""
        return self.qty - self.filled


class Liquidation:
    """An open liquidation. There is at most one an account."""

    __slots__ = ("account_id", "basis", "number", "parts", "reason", "steps", "target_ppm")

    def __init__(
        self, account_id: int, number: int, reason: int, basis: int, target_ppm: int, parts: list[Part], steps: int = 0
    ) -> None:
        self.account_id: Final = account_id
        self.number: Final = number
        self.reason: Final = reason
        self.basis: Final = basis
        self.target_ppm: Final = target_ppm
        self.parts: Final = parts
        self.steps = steps


def position_of(account: Account, instrument_id: int, side: int) -> Position | None:
    """One direction of one contract, when the account has anything in it."""
    holding = account.holding(instrument_id)
    return None if holding is None else holding.long if side == LONG else holding.short


def held_in(position: Position | None, offset: int) -> int:
    """Lots of the bucket that an offset closes."""
    if position is None:
        return 0
    return position.today_qty if offset == CLOSE_TODAY else position.yesterday_qty


def free_in(position: Position, offset: int) -> int:
    """Lots of the bucket that no working order holds."""
    if offset == CLOSE_TODAY:
        return position.today_qty - position.frozen_today
    return position.yesterday_qty - position.frozen_yesterday


def roll_parts(parts: list[Part]) -> None:
    """The day has ended: today's lots are yesterday's."""
    for part in parts:
        part.offset = CLOSE_YESTERDAY
        part.order_id = 0


def lots_exchange_fen(contract: Contract, side: int, yesterday_qty: int, today: Iterable[tuple[int, int]]) -> int:
    """Margin of one direction's lots at the exchange's own rates in force, lot by lot as the company's is made.

    Yesterday's lots stand on the previous settlement, today's, given as (opening price, lots), on their opening price.
    """
    base, tick_value = contract.base, contract.tick_value_fen
    margin = yesterday_qty * base.settlement_unit_fen(side)
    for price_ticks, qty in today:
        margin += base.open_unit_fen(side, price_ticks * tick_value) * qty
    return margin


def position_exchange_fen(contract: Contract, position: Position) -> int:
    """The exchange's margin of one direction of a contract."""
    return lots_exchange_fen(contract, position.side, position.yesterday_qty, position.today_lots())


def exchange_margin_fen(account: Account) -> int:
    """The exchange's margin of all lots held. Both sides count, and what an account is for does not."""
    return sum(
        position_exchange_fen(holding.contract, position)
        for holding in account.holdings.values()
        for position in (holding.long, holding.short)
    )


def basis_margin_fen(account: Account, basis: int) -> int:
    """The margin that a risk degree of this basis is made of."""
    return exchange_margin_fen(account) if basis == BASIS_EXCHANGE else account.charged_margin_fen()
