"""A small broker for the tests: two gold contracts, two tenants, and short words for what people do."""

from __future__ import annotations

from typing import Any

from trading.engine.commands import (
    AnyCommand,
    CancelAll,
    CancelOrder,
    MoveCash,
    OpenAccount,
    PlaceOrder,
    PutInstrument,
    ReplaceOrder,
    RollDay,
    SetAccountLimits,
    SetAccountStatus,
    SetKill,
    SetTenantRates,
)
from trading.engine.events import CommandRefused, Event
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.invariants import check
from trading.engine.machine import Machine
from trading.engine.types import BUY, DAY, DEPOSIT, LIMIT, OPEN, SELL, WITHDRAW

GOLD = 1  # SHFE: CLOSE means yesterday, both limits rounded down
SOY = 2  # a venue where CLOSE closes both buckets, limits to nearest
DAY_1 = 20261123
DAY_2 = 20261124
DAY_3 = 20261125
SECOND = 1_000_000_000

GOLD_RATES = Rates(160_000, 160_000, Fees(open_fen=1_000, close_fen=1_000, close_today_fen=0))


def gold(**changes: Any) -> Instrument:
    """Gold with round figures: 0.02 CNY/g a tick, 1,000 g a lot, previous settlement 800.00, band 14 %."""
    fields: dict[str, Any] = {
        "instrument_id": GOLD,
        "symbol": "SHFE.au2612",
        "venue": "SHFE",
        "product": "au",
        "name_zh": "黄金2612",
        "name_en": "Gold 2612",
        "multiplier": 1_000,
        "tick_e4": 200,
        "tick_value_fen": 2_000,
        "rates": GOLD_RATES,
        "limit_ppm": 140_000,
        "band_rounds_down": True,
        "close_means_yesterday": True,
        "max_order_qty": 500,
        "previous_settlement_ticks": 40_000,
        "last_trading_day": 20261215,
        "tradable": True,
    }
    return Instrument(**(fields | changes))


def soy(**changes: Any) -> Instrument:
    """Soybean meal-like: 1 CNY/t a tick, 10 t a lot, 10 % margin, fees by money."""
    fields: dict[str, Any] = {
        "instrument_id": SOY,
        "symbol": "DCE.m2701",
        "venue": "DCE",
        "product": "m",
        "name_zh": "豆粕2701",
        "name_en": "Soybean meal 2701",
        "multiplier": 10,
        "tick_e4": 10_000,
        "tick_value_fen": 1_000,
        "rates": Rates(100_000, 120_000, Fees(open_ppm=100, close_ppm=100, close_today_ppm=50)),
        "limit_ppm": 60_000,
        "band_rounds_down": False,
        "close_means_yesterday": False,
        "max_order_qty": 1_000,
        "previous_settlement_ticks": 3_001,
        "last_trading_day": 20270115,
        "tradable": True,
    }
    return Instrument(**(fields | changes))


class World:
    """A machine with an open day; every command goes through `do`, which can prove the books after it."""

    def __init__(self, *, prove: bool = True) -> None:
        self.machine = Machine()
        self.prove = prove
        self.at_ns = 0
        self.refs = 0
        self.log: list[tuple[AnyCommand, int, int]] = []
        self.do(PutInstrument(0, gold(), "u1"))
        self.do(PutInstrument(0, soy(), "u1"))
        self.do(RollDay(0, DAY_1, [], "system"))

    def do(self, command: AnyCommand, at_ns: int = 0) -> list[Event]:
        """Apply a command at the next millisecond (or at a given time)."""
        self.at_ns = at_ns or self.at_ns + 1_000_000
        self.log.append((command, self.at_ns, self.at_ns))
        events = self.machine.apply(command, self.at_ns, self.at_ns)
        if self.prove:
            assert check(self.machine) == []
        return events

    def refused(self, command: AnyCommand) -> CommandRefused:
        """Apply a command that must be refused and must leave no trace but its number."""
        before, seq = self.machine.state_hash(), self.machine.seq
        events = self.do(command)
        assert self.machine.seq == seq + 1
        self.machine.state.seq = seq
        assert self.machine.state_hash() == before
        self.machine.state.seq = seq + 1
        (event,) = events
        assert isinstance(event, CommandRefused)
        return event

    def account(self, account_id: int, *, cash_fen: int = 0, tenant_id: int = 1, group_id: int = 0) -> int:
        """Open an account and pay money in."""
        self.do(OpenAccount(tenant_id, account_id, group_id, "u1"))
        if cash_fen:
            self.cash(account_id, cash_fen, tenant_id=tenant_id)
        return account_id

    def cash(self, account_id: int, amount_fen: int, *, tenant_id: int = 1) -> list[Event]:
        """Pay in, or out when negative."""
        self.refs += 1
        kind = DEPOSIT if amount_fen > 0 else WITHDRAW
        return self.do(MoveCash(tenant_id, account_id, kind, abs(amount_fen), f"r{self.refs}", "u2", "u3"))

    def order(self, account_id: int, side: int, qty: int, price_ticks: int, **changes: Any) -> PlaceOrder:
        """An order command; what is not said is a limit order to open gold, good for the day."""
        self.refs += 1
        account = self.machine.state.accounts.get(account_id)
        fields: dict[str, Any] = {
            "tenant_id": account.tenant_id if account else 1,
            "account_id": account_id,
            "client_order_id": f"c{self.refs}",
            "trading_day": self.machine.trading_day,
            "instrument_id": GOLD,
            "side": side,
            "offset": OPEN,
            "order_type": LIMIT,
            "time_in_force": DAY,
            "qty": qty,
            "price_ticks": price_ticks,
            "actor": "u9",
        }
        return PlaceOrder(**(fields | changes))

    def buy(self, account_id: int, qty: int, price_ticks: int, **changes: Any) -> list[Event]:
        """Enter a buy order."""
        return self.do(self.order(account_id, BUY, qty, price_ticks, **changes))

    def sell(self, account_id: int, qty: int, price_ticks: int, **changes: Any) -> list[Event]:
        """Enter a sell order."""
        return self.do(self.order(account_id, SELL, qty, price_ticks, **changes))

    def trade(self, buyer: int, seller: int, qty: int, price_ticks: int, **changes: Any) -> None:
        """Let two accounts open against each other."""
        self.sell(seller, qty, price_ticks, **changes)
        self.buy(buyer, qty, price_ticks, **changes)


__all__ = [
    "BUY",
    "SELL",
    "CancelAll",
    "CancelOrder",
    "ReplaceOrder",
    "SetAccountLimits",
    "SetAccountStatus",
    "SetKill",
    "SetTenantRates",
    "World",
]
