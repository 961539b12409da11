"""Everything the core can be told to do. A command is an order in the imperative; what came of it is in `events`.

Wire and journal form: MessagePack arrays, first element the tag. Money in fen, prices in ticks, quantities in lots,
trading days as YYYYMMDD. `actor`, `maker`, `checker` are opaque names such as "u12" (a user), "k7" (an API key) or
"system"; the engine only compares them.
"""

import msgspec

from trading.engine.instrument import Instrument, Rates
from trading.engine.ladders import CLOSE_WINDOW_S, Delivery, LimitStep
from trading.engine.parameters import Parameters
from trading.engine.terms import Terms


class Command(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Base of all commands; `tenant_id` 0 means the platform operator."""

    tenant_id: int


class PlaceOrder(Command, array_like=True, gc=False, frozen=True, tag=1):
    """Enter an order. `client_order_id` is unique per account and trading day."""

    account_id: int
    client_order_id: str
    trading_day: int
    instrument_id: int
    side: int
    offset: int
    order_type: int
    time_in_force: int
    qty: int
    price_ticks: int  # 0 for a market order
    actor: str
    terms: Terms | None = None  # None for a plain order


class CancelOrder(Command, array_like=True, gc=False, frozen=True, tag=2):
    """Cancel one order by the engine's number, or by the client's when `order_id` is 0."""

    account_id: int
    order_id: int
    client_order_id: str
    actor: str


class ReplaceOrder(Command, array_like=True, gc=False, frozen=True, tag=3):
    """Change total quantity and price of a working order. A smaller quantity at the same price keeps its place."""

    account_id: int
    order_id: int
    qty: int
    price_ticks: int
    actor: str
    trigger_ticks: int = 0  # new trigger of a held stop; 0 leaves it


class CancelAll(Command, array_like=True, gc=False, frozen=True, tag=4):
    """Cancel all working orders of an account, of one contract when `instrument_id` is not 0."""

    account_id: int
    instrument_id: int
    reason: str
    actor: str


class SetCancelAfter(Command, array_like=True, gc=False, frozen=True, tag=5):
    """Dead man's switch: unless it is set again in time, all working orders are cancelled. 0 ms turns it off."""

    account_id: int
    after_ms: int
    actor: str


class CancelOverdue(Command, array_like=True, gc=False, frozen=True, tag=6):
    """The core's clock has passed an account's dead man's switch."""

    account_id: int
    actor: str


class SetSelfTrade(Command, array_like=True, gc=False, frozen=True, tag=15):
    """What happens when orders of an account's control group would meet each other; counts for the whole group."""

    account_id: int
    mode: int
    actor: str


class OpenAccount(Command, array_like=True, gc=False, frozen=True, tag=10):
    """Open a money account. `group_id` joins accounts under one control; 0 means on its own."""

    account_id: int
    group_id: int
    actor: str
    natural: bool = False  # the holder is a natural person: out before delivery


class MoveCash(Command, array_like=True, gc=False, frozen=True, tag=11):
    """Deposit or withdraw. `reference` is unique per tenant for ever; maker and checker must differ."""

    account_id: int
    kind: int
    amount_fen: int
    reference: str
    maker: str
    checker: str


class SetAccountStatus(Command, array_like=True, gc=False, frozen=True, tag=12):
    """Set an account active, close-only or blocked; `cancel_orders` also cancels what is working."""

    account_id: int
    status: int
    cancel_orders: bool
    reason: str
    actor: str


class SetAccountLimits(Command, array_like=True, gc=False, frozen=True, tag=13):
    """Limits of one account; 0 means no limit of its own."""

    account_id: int
    max_order_qty: int
    max_position_qty: int  # per contract and direction
    max_working_orders: int
    max_orders_per_second: int
    maker: str
    checker: str


class SetTenantRates(Command, array_like=True, gc=False, frozen=True, tag=14):
    """A broker's own margin and fees for one contract: at once for new lots, at the settlement for held ones."""

    instrument_id: int
    rates: Rates
    maker: str
    checker: str


class PutInstrument(Command, array_like=True, gc=False, frozen=True, tag=20):
    """Add a contract or change its parameters: one operator proposed it, `actor` approved it."""

    instrument: Instrument
    actor: str
    maker: str = ""  # empty: set-up lists a contract alone, as journals before proposals of contracts do


class SetKill(Command, array_like=True, gc=False, frozen=True, tag=21):
    """Kill switch: refuse new orders and cancel working ones of a venue, a tenant or a contract."""

    scope: int
    target_id: int  # tenant or instrument number; 0 for the venue
    on: bool
    reason: str
    actor: str


class RollDay(Command, array_like=True, gc=False, frozen=True, tag=22):
    """End the trading day: day orders end, marks go to cash at the given prices, today's lots become yesterday's."""

    next_trading_day: int
    settlement: list[tuple[int, int]]  # (instrument_id, settlement price in ticks)
    actor: str


class SetPhase(Command, array_like=True, gc=False, frozen=True, tag=23):
    """Move contracts to a phase of trading; the auction's trades happen on entering its match."""

    instrument_ids: list[int]
    phase: int
    reason: str
    actor: str


class BeginSettlement(Command, array_like=True, gc=False, frozen=True, tag=24):
    """Stop trading and put contracts on their settlement prices; those without one on their day's average."""

    next_trading_day: int
    prices: list[tuple[int, int]]  # (instrument_id, settlement price in ticks)
    actor: str


class SettleAccounts(Command, array_like=True, gc=False, frozen=True, tag=25):
    """Settle the next accounts, at most 500, after the last one settled (0 for the first)."""

    after_account_id: int
    count: int
    actor: str


class EndSettlement(Command, array_like=True, gc=False, frozen=True, tag=26):
    """Open the next trading day; every account must be settled."""

    actor: str


class OpenLiquidation(Command, array_like=True, gc=False, frozen=True, tag=40):
    """Begin to close an account's positions by force (强平): why, on whose margin, which lots in which order.

    `trigger_seq` is the journal number whose figures called for it: none serves twice. `lines_ppm` are the lines that
    stood then (warn, margin call, close-only, liquidate); at or below `target_ppm` of risk degree it is over. Maker
    and checker are two officers, or an officer's place is taken by the name of a rule.
    """

    account_id: int
    reason: int  # CTP's numbers
    basis: int
    trigger_seq: int
    lines_ppm: list[int]
    target_ppm: int  # 0: the plan is worked to its end
    rows: list[tuple[int, int, int, int]]  # (instrument_id, LONG or SHORT, CLOSE_TODAY or CLOSE_YESTERDAY, lots)
    maker: str
    checker: str


class StepLiquidation(Command, array_like=True, gc=False, frozen=True, tag=41):
    """Work one row of an open liquidation's plan: a limit order for lots of it, in place of the row's last order."""

    account_id: int
    number: int
    step: int  # from 1, each once
    row: int  # from 0
    qty: int
    price_ticks: int
    actor: str
    by_tariff: bool = False  # at most the largest order of the account's dated rows; before: the contract's own


class StopLiquidation(Command, array_like=True, gc=False, frozen=True, tag=42):
    """End an open liquidation before its time."""

    account_id: int
    number: int
    reason: str
    actor: str


class SetTenantRules(Command, array_like=True, gc=False, frozen=True, tag=45):
    """A broker's own rules: whether statements must be confirmed before opening, and what of the money may leave."""

    confirms: bool
    withdraw_ppm: int  # of the equity without floating gains, at most this part may leave
    reserve_fen: int  # stays in every account
    maker: str
    checker: str


class ConfirmStatement(Command, array_like=True, gc=False, frozen=True, tag=46):
    """The client has read the last statement and agrees: opening is free until the next one."""

    account_id: int
    trading_day: int  # of the statement
    version: int
    actor: str


class CorrectStatement(Command, array_like=True, gc=False, frozen=True, tag=47):
    """Put an ended day right: a new version of its statement and one posting on the current day.

    `reference` is unique per tenant, as that of a cash movement; an amount below zero takes money.
    """

    account_id: int
    trading_day: int  # the day that was wrong
    amount_fen: int
    reason: str
    reference: str
    maker: str
    checker: str


class PutParameters(Command, array_like=True, gc=False, frozen=True, tag=30):
    """A dated row of margin, fees and limits (tenant 0: the exchange's; account 0: of all accounts)."""

    account_id: int
    instrument_id: int  # 0: of a whole product
    product: str  # "SHFE.au"; "" for one contract
    hedge: bool  # for hedging accounts only
    effective_day: int  # the first trading day on which it holds
    fields: Parameters
    source: str  # the notice behind it
    maker: str
    checker: str


class WithdrawParameters(Command, array_like=True, gc=False, frozen=True, tag=31):
    """Take back a dated row whose day has not begun."""

    row_id: int
    reason: str
    maker: str
    checker: str


class SetHedge(Command, array_like=True, gc=False, frozen=True, tag=32):
    """Say whether an account hedges (套保) or speculates (投机)."""

    account_id: int
    hedge: bool
    maker: str
    checker: str


class PutLimitLadder(Command, array_like=True, gc=False, frozen=True, tag=35):
    """Put a venue's ladder of one-sided markets, for one product or for all that have none of their own ("").

    No steps: there is no such ladder any more. It counts from the next settlement on.
    """

    venue: str
    product: str
    steps: list[LimitStep]
    maker: str
    checker: str
    window_s: int = CLOSE_WINDOW_S  # before the close, in which a market can be one-sided


class WatchClose(Command, array_like=True, gc=False, frozen=True, tag=36):
    """The window before the close begins: from now to the close contracts are watched for a one-sided market."""

    instrument_ids: list[int]
    actor: str


class PutDelivery(Command, array_like=True, gc=False, frozen=True, tag=37):
    """Put a contract's road to delivery, days resolved by the calendar: at once for new lots and orders."""

    instrument_id: int
    delivery: Delivery
    maker: str
    checker: str


class SetHolderKind(Command, array_like=True, gc=False, frozen=True, tag=38):
    """Say whether an account's holder is a natural person, as its papers say."""

    account_id: int
    natural: bool
    actor: str


AnyCommand = (
    PlaceOrder
    | CancelOrder
    | ReplaceOrder
    | CancelAll
    | OpenAccount
    | MoveCash
    | SetAccountStatus
    | SetAccountLimits
    | SetTenantRates
    | PutInstrument
    | SetKill
    | RollDay
    | SetSelfTrade
    | SetCancelAfter
    | CancelOverdue
    | SetPhase
    | BeginSettlement
    | SettleAccounts
    | EndSettlement
    | OpenLiquidation
    | StepLiquidation
    | StopLiquidation
    | SetTenantRules
    | ConfirmStatement
    | CorrectStatement
    | PutParameters
    | WithdrawParameters
    | SetHedge
    | PutLimitLadder
    | WatchClose
    | PutDelivery
    | SetHolderKind
)
