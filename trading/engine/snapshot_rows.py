"""The written form of the state: one row a thing, all rows sorted, so that equal states give equal bytes."""

from __future__ import annotations

import msgspec

from trading.engine.bounds import RATE_PPM_MAX
from trading.engine.instrument import Instrument, Rates
from trading.engine.ladders import Delivery, LimitStep, Rung, Watch
from trading.engine.parameters import ParameterRow
from trading.engine.terms import Terms
from trading.engine.types import CONTINUOUS


class TenantRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One broker."""

    tenant_id: int
    bank_fen: int
    fee_fen: int
    killed_by_tenant: bool
    killed_by_platform: bool
    references: list[str]
    corrected_fen: int = 0
    confirms: bool = False
    withdraw_ppm: int = RATE_PPM_MAX
    reserve_fen: int = 0


class ContractRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One contract in the counter and on the exchange."""

    spec: Instrument
    cleared_fen: int
    killed: bool
    tenant_rates: list[tuple[int, Rates]]
    lower_ticks: int
    upper_ticks: int
    last_ticks: int
    open_ticks: int
    high_ticks: int
    low_ticks: int
    volume: int
    turnover_ticks: int
    open_interest: int
    bids: list[list[int]]  # best first: price, then order numbers, oldest first
    asks: list[list[int]]
    phase: int = CONTINUOUS
    rung: Rung | None = None
    delivery: Delivery | None = None
    one_sided: int = 0
    watched_day: int = 0
    entered_day: int = 0  # whose step of the road to delivery is in force
    expired: bool = False


class LotRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One lot."""

    price_ticks: int
    qty: int
    margin_unit: int
    opened_day: int


class PositionRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One direction of one contract; quantities are sums of the lots, what is frozen is a sum over the orders."""

    open_cost_fen: int
    mark_cost_fen: int
    margin_fen: int
    yesterday_unit: int
    today: list[LotRow]
    yesterday: list[LotRow]


class HoldingRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Both directions of one contract."""

    instrument_id: int
    long: PositionRow
    short: PositionRow


class AccountRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One money account."""

    account_id: int
    tenant_id: int
    group_id: int
    account_seq: int
    status: int
    cash_fen: int
    margin_fen: int
    frozen_margin_fen: int
    frozen_fee_fen: int
    close_profit_fen: int
    fee_fen: int
    pre_balance_fen: int
    deposits_fen: int
    withdrawals_fen: int
    max_order_qty: int
    max_position_qty: int
    max_working_orders: int
    max_orders_per_second: int
    recent_ns: list[int]
    holdings: list[HoldingRow]
    id_count: int  # client order ids of the day, oldest first, as `packed_ids` packs them
    client_ids: bytes
    order_ids: bytes
    id_marks: bytes
    stp_mode: int = 0
    corrected_fen: int = 0
    statement_day: int = 0
    statement_version: int = 0
    confirmed_version: int = 0
    corrections: list[tuple[int, int]] = []
    hedge: bool = False
    natural: bool = False


class SpecialRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """The special side of a working order."""

    terms: Terms
    trigger_ticks: int
    fellow_id: int
    is_frozen: bool
    guards: int
    entered_day: int
    entered_seq: int
    entered_ns: int


class OrderRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One working order."""

    order_id: int
    account_id: int
    instrument_id: int
    client_order_id: str
    side: int
    offset: int
    order_type: int
    time_in_force: int
    status: int
    price_ticks: int
    qty: int
    filled_qty: int
    filled_ticks: int
    margin_unit: int
    fee_unit: int
    from_today: int
    from_yesterday: int
    hidden_qty: int = 0
    special: SpecialRow | None = None


class SettlingRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A settlement under way."""

    next_trading_day: int
    prices: list[tuple[int, int]]
    old_prices: list[tuple[int, int]]
    phases: list[tuple[int, int]]
    through: int


class LiquidationRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """An open liquidation; its rows are (contract, side, offset, lots, lots closed, working order)."""

    account_id: int
    number: int
    reason: int
    basis: int
    target_ppm: int
    steps: int
    rows: list[tuple[int, int, int, int, int, int]]


class SegmentRef(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Where a stretch of the day's memory is written down: its orders, and the hash of its bytes."""

    first_order_id: int
    count: int
    hash: bytes


class SegmentRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """The day's memory of a run of orders. It never changes again, so it is written once for all later snapshots.

    `accounts` are those that entered orders, ascending, and `ends` says where the part of each ends in `parts`.
    """

    first_order_id: int
    rows: bytes  # as `day_memory` packs them
    accounts: bytes
    ends: bytes
    parts: bytes  # client order ids by account, each part as `packed_ids` writes it
    refusals: list[tuple[int, str, list[tuple[str, int]]]]
    terms: list[tuple[int, Terms]]


class StateRow(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """The whole state. With `segments` the day's memory lies in them, and what this row has of it begins after them."""

    engine_version: int
    seq: int
    trading_day: int
    day_number: int
    next_order_id: int
    next_trade_id: int
    venue_killed: bool
    tenants: list[TenantRow]
    contracts: list[ContractRow]
    accounts: list[AccountRow]
    orders: list[OrderRow]
    first_order_id: int  # of the trading day
    memory: bytearray  # the day's rows as `day_memory` packs them
    refusals: list[tuple[int, str, list[tuple[str, int]]]]
    terms: list[tuple[int, Terms]] = []  # of the day's orders that are more than plain
    stp_modes: list[tuple[int, int]] = []
    settling: SettlingRow | None = None
    timers: list[tuple[int, int]] = []
    next_liquidation: int = 1
    liquidations: list[LiquidationRow] = []
    liquidation_ends: list[tuple[int, int]] = []
    next_row_id: int = 1
    parameters: list[ParameterRow] = []  # by number
    ladders: list[tuple[str, str, list[LimitStep]]] = []
    watches: list[tuple[int, Watch]] = []
    close_windows: list[tuple[str, str, int]] = []
    segments: list[SegmentRef] = []
