"""What can be asked of the machine: read-only pictures of one moment, in the engine's own units.

They travel from the core to the doors as MessagePack arrays, so a new field goes to the end with a default.
"""

from typing import Final

import msgspec

from trading.engine.bounds import RATE_PPM_MAX
from trading.engine.events import Funds, PositionState
from trading.engine.terms import Terms
from trading.engine.types import CONTINUOUS

# A risk degree without equity to divide by: worse than any other.
RISK_UNBOUNDED_PPM: Final = 999_999_999


class OrderView(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One order as it stands after the command that was asked about."""

    tenant_id: int
    account_id: int
    order_id: int
    client_order_id: str
    instrument_id: int
    side: int
    offset: int
    order_type: int
    time_in_force: int
    qty: int
    price_ticks: int
    filled_qty: int
    leaves_qty: int
    filled_ticks: int  # sum of price x lots over the fills
    status: int
    trading_day: int
    seq: int  # number of the command that entered the order
    frozen_margin_fen: int = 0
    frozen_fee_fen: int = 0
    entered_ns: int = 0  # time of that command
    terms: Terms | None = None  # the trigger as it stands now


class AccountLimits(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Limits of one account; 0 means none of its own."""

    max_order_qty: int = 0
    max_position_qty: int = 0
    max_working_orders: int = 0
    max_orders_per_second: int = 0


class LotView(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One lot of a position."""

    instrument_id: int
    side: int
    qty: int
    price_ticks: int  # opening price
    opened_day: int
    today: bool


class PositionMargin(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What closing lots of one direction of one contract can release, beside the company's margin of the position."""

    instrument_id: int
    side: int
    exchange_fen: int  # at the exchange's own ratios; both sides count
    netted: str = ""  # of directions under one name only the larger sum of company's margin is charged; "": all is


class AccountView(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One money account with everything that hangs on it; `account_seq` says up to which private event."""

    tenant_id: int
    account_id: int
    account_seq: int
    group_id: int
    status: int
    limits: AccountLimits
    funds: Funds
    positions: list[PositionState]
    orders: list[OrderView]  # working ones, by number
    pre_balance_fen: int = 0
    deposits_fen: int = 0
    withdrawals_fen: int = 0
    position_profit_fen: int = 0  # by date, at the last prices
    equity_fen: int = 0
    available_fen: int = 0
    withdrawable_fen: int = 0
    risk_ppm: int = 0  # margin / equity in millionths
    lots: list[LotView] = msgspec.field(default_factory=list)  # in the order in which they are closed
    exchange_margin_fen: int = 0  # of the lots held, at the exchange's own ratios
    # The last statement, where the broker wants it confirmed: its day and version (0: none), the version confirmed.
    statement_day: int = 0
    statement_version: int = 0
    confirmed_version: int = 0
    withdraw_ppm: int = RATE_PPM_MAX  # the broker's rule for withdrawals
    reserve_fen: int = 0
    hedge: bool = False
    position_margins: list[PositionMargin] = msgspec.field(default_factory=list)  # one for each of `positions`


class LiquidationView(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One open liquidation, with the account's figures by its basis."""

    tenant_id: int
    account_id: int
    number: int
    reason: int
    basis: int
    target_ppm: int
    steps: int
    equity_fen: int
    margin_fen: int
    rows: list[tuple[int, int, int, int, int, int]]  # contract, direction, offset, lots, closed, working order or 0
    largest_orders: list[int] = []  # of each row: lots of one order at most, by the account's dated rows


class InstrumentStats(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """The day's figures of one contract, prices in ticks.

    Before the first trade of the day open, high and low are 0 and `last` is the previous settlement.
    """

    instrument_id: int
    trading_day: int
    last: int
    open: int
    high: int
    low: int
    volume: int
    turnover_fen: int
    open_interest: int
    lower: int
    upper: int
    previous_settlement: int
    phase: int = CONTINUOUS
    one_sided: int = 0  # BUY or SELL alone has stood at its limit since the window before the close began
    ladder_step: int = 0
    ladder_side: int = 0
    expired: bool = False


class OrderBookView(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One contract's book order by order. Levels are (price in ticks, orders), best first; orders stand in their queue
    as (number, lots left, lots shown, lots of a slice or 0). What is not shown is for building on, never for clients.
    """

    instrument_id: int
    phase: int
    bids: list[tuple[int, list[tuple[int, int, int, int]]]]
    asks: list[tuple[int, list[tuple[int, int, int, int]]]]
    waiting: list[tuple[int, int, int]]  # stops that wait: (number, side, lots of a slice or 0)


class Preview(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What an order would need and do; `code` is empty when it would be accepted. Nothing changes by asking."""

    code: str
    figures: dict[str, int]
    offset: int  # as resolved
    margin_fen: int
    fee_fen: int
    available_fen: int
    available_after_fen: int
    risk_after_ppm: int  # once filled: margin / equity
    max_qty: int  # the largest quantity that would be accepted with these terms
    price_ticks: int = 0  # of a market order: the edge of the band


def risk_ppm(margin_fen: int, equity_fen: int) -> int:
    """Margin over equity in millionths, rounded up so that a threshold is never met too late."""
    if margin_fen <= 0:
        return 0
    if equity_fen <= 0:
        return RISK_UNBOUNDED_PPM
    return min(-(-margin_fen * 1_000_000 // equity_fen), RISK_UNBOUNDED_PPM)
