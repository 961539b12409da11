"""Money accounts and the tenants they belong to."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from trading.engine.bounds import RATE_PPM_MAX
from trading.engine.counter.larger_side import charged
from trading.engine.counter.packed_ids import PackedIds
from trading.engine.counter.positions import Holding
from trading.engine.events import Funds
from trading.engine.types import ACTIVE, STP_NEWEST

if TYPE_CHECKING:
    from trading.engine.counter.contracts import Contract
    from trading.engine.counter.orders import Order


class Tenant:
    """One broker in the counter: its bank and fee ledgers, its used references, its kill switch."""

    __slots__ = (
        "bank_fen",
        "confirms",
        "corrected_fen",
        "fee_fen",
        "killed_by_platform",
        "killed_by_tenant",
        "references",
        "reserve_fen",
        "tenant_id",
        "withdraw_ppm",
    )

    def __init__(self, tenant_id: int) -> None:
        self.tenant_id: Final = tenant_id
        self.bank_fen = 0  # client money paid in less paid out
        self.fee_fen = 0  # fees taken from clients
        self.killed_by_tenant = False
        self.killed_by_platform = False
        self.references: set[str] = set()
        self.corrected_fen = 0  # paid to clients by corrections, less what was taken
        self.confirms = False  # clients confirm a statement before they open again
        self.withdraw_ppm = RATE_PPM_MAX  # of the equity without floating gains, what may leave at most
        self.reserve_fen = 0  # stays in every account


class TradedAccount:
    """The side of a money account that every order and fill touches; the rest is in `Account`.

    A base class only for where it lies: slots of a base come first, so these are three lines of cache side by side
    instead of six. With a hundred thousand accounts each line is a wait.
    """

    __slots__ = (
        "account_id",
        "account_seq",
        "cash_fen",
        "client_ids",
        "close_profit_fen",
        "fee_fen",
        "frozen_fee_fen",
        "frozen_margin_fen",
        "group_key",
        "margin_fen",
        "nets",
        "only_holding",
        "order_head",
        "order_tail",
        "packed_ids",
        "stp_mode",
        "tariff_key",
        "tenant",
        "tenant_id",
        "working_orders",
    )

    def __init__(self, account_id: int, tenant: Tenant, group_id: int) -> None:
        self.account_id: Final = account_id
        self.tenant: Final = tenant
        self.tenant_id: Final = tenant.tenant_id
        # Odd keys are groups of a tenant, even ones single accounts: no two can be equal by accident.
        self.group_key: Final = ((tenant.tenant_id << 32) + group_id) * 2 + 1 if group_id else account_id * 2
        self.account_seq = 0
        self.stp_mode = STP_NEWEST
        self.tariff_key = tenant.tenant_id  # minus its own number where it has rows or a purpose of its own
        self.nets = False  # a rule of the larger side may be in force: margin is less than the sum over positions
        self.cash_fen = 0
        self.margin_fen = 0  # of all positions; what `larger_side` lets off is not taken away here
        self.frozen_margin_fen = 0  # of all working orders, likewise
        self.frozen_fee_fen = 0
        self.close_profit_fen = 0
        self.fee_fen = 0
        # The holding of an account that has just one, as most have: a dictionary is two more places of memory that no
        # cache holds when a hundred thousand accounts trade.
        self.only_holding: Holding | None = None
        self.client_ids: dict[str, int] = {}  # of this trading day: client order id -> order id
        self.packed_ids: PackedIds | None = None  # older ones, as a snapshot held them
        self.order_head: Order | None = None
        self.order_tail: Order | None = None
        self.working_orders = 0


class Account(TradedAccount):
    """One client's money account. Working orders hang in a list of their own, in order of entry."""

    __slots__ = (
        "confirmed_version",
        "corrected_fen",
        "corrections",
        "deposits_fen",
        "group_id",
        "hedge",
        "holdings",
        "max_order_qty",
        "max_orders_per_second",
        "max_position_qty",
        "max_working_orders",
        "natural",
        "pre_balance_fen",
        "recent_ns",
        "statement_day",
        "statement_version",
        "status",
        "withdrawals_fen",
    )

    def __init__(self, account_id: int, tenant: Tenant, group_id: int) -> None:
        super().__init__(account_id, tenant, group_id)
        self.group_id: Final = group_id
        self.status = ACTIVE
        self.hedge = False  # its orders and positions are for hedging (套保), not speculation
        self.natural = False  # the holder is a natural person
        self.pre_balance_fen = 0
        self.deposits_fen = 0
        self.withdrawals_fen = 0
        self.corrected_fen = 0  # of this trading day
        # The last statement, where its tenant wants it confirmed; version 0: there is none to confirm.
        self.statement_day = 0
        self.statement_version = 0
        self.confirmed_version = 0
        self.corrections: dict[int, int] = {}  # corrected days: how often
        self.max_order_qty = 0
        self.max_position_qty = 0
        self.max_working_orders = 0
        self.max_orders_per_second = 0
        self.recent_ns: deque[int] | None = None  # entry times within the last second, kept only under a rate limit
        self.holdings: Final[dict[int, Holding]] = {}  # changed by `add_holding` and `drop_holding` only

    def order_under(self, client_order_id: str) -> int:
        """The order of this trading day entered under a client order id; 0 when there is none."""
        found = self.client_ids.get(client_order_id, 0)
        if found == 0 and self.packed_ids is not None and self.packed_ids.may_hold(client_order_id):
            self.client_ids = self.all_ids()
            self.packed_ids = None
            found = self.client_ids.get(client_order_id, 0)
        return found

    def all_ids(self) -> dict[str, int]:
        """All client order ids of the day, oldest first."""
        return self.client_ids if self.packed_ids is None else self.packed_ids.unpacked() | self.client_ids

    def forget_ids(self) -> None:
        """The trading day is over."""
        self.packed_ids = None
        if self.client_ids:
            self.client_ids = {}

    def funds(self) -> Funds:
        """The account's money as events carry it."""
        if self.nets:
            margin, frozen = charged(self)
            return Funds(self.cash_fen, margin, frozen, self.frozen_fee_fen, self.close_profit_fen, self.fee_fen)
        return Funds(
            self.cash_fen,
            self.margin_fen,
            self.frozen_margin_fen,
            self.frozen_fee_fen,
            self.close_profit_fen,
            self.fee_fen,
        )

    def profit_fen(self) -> int:
        """Position profit by date at the last prices."""
        profit = 0
        for holding in self.holdings.values():
            profit += holding.profit_fen()
        return profit

    def available_fen(self) -> int:
        """Money for new orders: floating losses count, floating gains do not."""
        # `profit_fen` written out: every opening order passes here.
        only = self.only_holding
        if only is not None:
            profit = only.contract.last_value_fen * only.net_qty - only.net_cost_fen
        else:
            profit = 0
            for holding in self.holdings.values():
                profit += holding.contract.last_value_fen * holding.net_qty - holding.net_cost_fen
        available = self.cash_fen - self.margin_fen - self.frozen_margin_fen - self.frozen_fee_fen
        if self.nets:
            available = self.cash_fen - sum(charged(self)) - self.frozen_fee_fen
        return available + profit if profit < 0 else available

    def charged_margin_fen(self) -> int:
        """Margin that is charged for what is held: less than the sum where only the larger side counts."""
        return charged(self)[0] if self.nets else self.margin_fen

    def withdrawable_fen(self) -> int:
        """Money that may leave: what is free without floating gains, bounded by the tenant's part, less its reserve.

        WithdrawQuota of the trade (domain facts, 2.7); part and reserve are the broker's own figures. A share of
        equity is rounded down.
        """
        tenant = self.tenant
        solid = self.cash_fen + min(0, self.profit_fen())
        return max(0, min(self.available_fen(), solid * tenant.withdraw_ppm // RATE_PPM_MAX) - tenant.reserve_fen)

    def holding(self, instrument_id: int) -> Holding | None:
        """What the account has in one contract."""
        only = self.only_holding
        if only is not None and only.contract.instrument_id == instrument_id:
            return only
        return self.holdings.get(instrument_id)

    def add_holding(self, contract: Contract) -> Holding:
        """Begin to hold a contract."""
        holding = self.holdings[contract.instrument_id] = Holding(contract)
        self.only_holding = holding if len(self.holdings) == 1 else None
        return holding

    def drop_holding(self, instrument_id: int) -> None:
        """Forget a contract in which nothing is held and nothing works."""
        del self.holdings[instrument_id]
        self.only_holding = next(iter(self.holdings.values())) if len(self.holdings) == 1 else None

    def forget_standing(self) -> None:
        """Its rights, limits or holder have changed: whether it has plain standing is to be asked again."""
        for holding in self.holdings.values():
            holding.plain_at = 0

    def add_order(self, order: Order) -> None:
        """Hang a working order at the end of the list."""
        tail = self.order_tail
        if tail is None:
            self.order_head = order
        else:
            tail.account_next = order
            order.account_prev = tail
        self.order_tail = order
        order.is_listed = True
        self.working_orders += 1

    def drop_order(self, order: Order) -> None:
        """Take a working order out of the list."""
        before, after = order.account_prev, order.account_next
        if before is None:
            self.order_head = after
        else:
            before.account_next = after
        if after is None:
            self.order_tail = before
        else:
            after.account_prev = before
        order.account_prev = order.account_next = None
        order.is_listed = False
        self.working_orders -= 1
