"""A small market for chaos runs and benchmarks: a contract, a trading day, funded accounts, orders that cross."""

from __future__ import annotations

import random
from typing import Final

from trading.engine.commands import Command, MoveCash, OpenAccount, PlaceOrder, PutInstrument, RollDay
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.types import AUTO, BUY, DAY, DEPOSIT, IOC, LIMIT, OPEN, SELL

INSTRUMENT_ID: Final = 1
TRADING_DAY: Final = 20261123
FIRST_ACCOUNT_ID: Final = 7001
MIDDLE_TICKS: Final = 39_000
CASH_FEN: Final = 500_000_000_000
_REACH_TICKS: Final = 20
_SPREAD_TICKS: Final = 8

CONTRACT: Final = Instrument(
    instrument_id=INSTRUMENT_ID,
    symbol="SHFE.au2612",
    venue="SHFE",
    product="au",
    name_zh="黄金2612",
    name_en="Gold 2612",
    multiplier=1000,
    tick_e4=200,
    tick_value_fen=2000,
    rates=Rates(160_000, 160_000, Fees(open_fen=1000, close_fen=1000, close_today_fen=0)),
    limit_ppm=130_000,
    band_rounds_down=True,
    close_means_yesterday=True,
    max_order_qty=500,
    previous_settlement_ticks=MIDDLE_TICKS,
    last_trading_day=20261215,
)


def opening_commands(*, accounts: int, tenants: int, run: str = "rig") -> list[Command]:
    """Return what turns an empty machine into this market."""
    commands: list[Command] = [
        PutInstrument(0, CONTRACT, "system"),
        RollDay(0, TRADING_DAY, [(INSTRUMENT_ID, MIDDLE_TICKS)], "system"),
    ]
    for number in range(accounts):
        tenant_id, account_id = tenant_of(number, tenants=tenants), FIRST_ACCOUNT_ID + number
        commands.append(OpenAccount(tenant_id, account_id, 0, "system"))
        commands.append(MoveCash(tenant_id, account_id, DEPOSIT, CASH_FEN, f"{run}-{account_id}", "maker", "checker"))
    return commands


def tenant_of(number: int, *, tenants: int) -> int:
    """Return the tenant of the n-th account."""
    return number % tenants + 1


class OrderFlow:
    """An endless, seeded flow of orders around a fixed middle; half of them take what the other half has left.

    Takers reach through the book and leave nothing behind, so the book stays about as long as it is.
    """

    def __init__(self, *, seed: int, accounts: int, tenants: int, prefix: str, lots_max: int = 3) -> None:
        self._random = random.Random(seed)  # noqa: S311  (a repeatable load, not a secret)
        self._accounts = accounts
        self._tenants = tenants
        self._prefix = prefix
        self._lots_max = lots_max
        self._count = 0

    def next(self) -> PlaceOrder:
        """Return the next order."""
        draw = self._random
        number = draw.randrange(self._accounts)
        side = BUY if draw.random() < 0.5 else SELL
        takes = draw.random() < 0.5
        away = -_REACH_TICKS if takes else draw.randint(1, _SPREAD_TICKS)
        price = MIDDLE_TICKS - away if side == BUY else MIDDLE_TICKS + away
        self._count += 1
        return PlaceOrder(
            tenant_of(number, tenants=self._tenants),
            FIRST_ACCOUNT_ID + number,
            f"{self._prefix}-{self._count}",
            TRADING_DAY,
            INSTRUMENT_ID,
            side,
            AUTO if draw.random() < 0.3 else OPEN,
            LIMIT,
            IOC if takes else DAY,
            draw.randint(1, self._lots_max),
            price,
            "rig",
        )
