"""Everything the machine knows. Only commands change it; `snapshot` writes it down, `invariants` proves it."""

from __future__ import annotations

from typing import Final

from trading.engine.counter.accounts import Account, Tenant
from trading.engine.counter.contracts import Contract
from trading.engine.counter.day_memory import DayMemory
from trading.engine.counter.liquidations import Liquidation
from trading.engine.counter.orders import Order
from trading.engine.counter.parameter_book import ParameterBook
from trading.engine.counter.settling import Settling
from trading.engine.exchange.market import Market
from trading.engine.ladders import LimitStep, Watch


class State:
    """The counter's and the exchange's state, side by side."""

    __slots__ = (
        "accounts",
        "close_windows",
        "contracts",
        "day_number",
        "ended",
        "ladders",
        "liquidation_ends",
        "liquidations",
        "markets",
        "memory",
        "next_liquidation",
        "next_order_id",
        "next_trade_id",
        "orders",
        "parameters",
        "seq",
        "settling",
        "standing",
        "stp_modes",
        "symbols",
        "tenants",
        "timers",
        "trading_day",
        "venue_killed",
        "watches",
    )

    def __init__(self) -> None:
        self.seq = 0  # commands applied
        # Grows with every command after which somebody may trade on other terms: what was found out about an account's
        # standing at an earlier number is found out anew. No part of what is kept: a restored state asks everybody.
        self.standing = 1
        self.trading_day = 0  # 0 until the first RollDay opens a day
        self.day_number = 0
        self.next_order_id = 1
        self.next_trade_id = 1
        self.venue_killed = False
        self.settling: Settling | None = None
        self.accounts: Final[dict[int, Account]] = {}
        self.tenants: Final[dict[int, Tenant]] = {}
        self.contracts: Final[dict[int, Contract]] = {}
        self.markets: Final[dict[int, Market]] = {}
        self.symbols: Final[dict[str, int]] = {}
        self.timers: Final[dict[int, int]] = {}  # dead man's switches: account -> when it fires (`at_ns`)
        self.stp_modes: Final[dict[int, int]] = {}  # by control group, where it is not the default
        self.next_liquidation = 1
        self.liquidations: Final[dict[int, Liquidation]] = {}  # open ones, by account
        self.liquidation_ends: Final[dict[int, int]] = {}  # account -> number of the command that ended its last one
        self.ladders: Final[dict[tuple[str, str], list[LimitStep]]] = {}  # by venue and product, "" for all others
        self.close_windows: Final[dict[tuple[str, str], int]] = {}  # of ladders, in seconds, where not the usual one
        self.watches: Final[dict[int, Watch]] = {}  # contracts that are one-sided in the window before their close
        self.orders: Final[dict[int, Order]] = {}  # working orders; entry order is number order
        self.memory = DayMemory(1)
        self.parameters: Final = ParameterBook()
        # What the last command ended, for its answer only; the makers it filled are not its own.
        self.ended: Final[list[Order]] = []

    def tenant(self, tenant_id: int) -> Tenant:
        """A tenant's ledgers, made at its first use."""
        tenant = self.tenants.get(tenant_id)
        if tenant is None:
            tenant = self.tenants[tenant_id] = Tenant(tenant_id)
        return tenant

    def account_of(self, account_id: int, tenant_id: int) -> Account | None:
        """The account, when it is this tenant's: another tenant's does not exist for the asker."""
        account = self.accounts.get(account_id)
        return account if account is not None and account.tenant_id == tenant_id else None
