"""What can have happened to orders, accounts and days: facts in the past, with the state after them.

A follower needs no reads to project an event: every private event carries the account's own gapless number
(`account_seq`) and the funds, and where it matters the position, as they stand after it. Times are not in the events:
they are the command's (`at_ns`, `market_ns`), kept beside them in the journal record.

Liquidations, venue rules, statements and parameter rows have modules of their own
(`*_events.py`); `all_events` is the union.
"""

import msgspec

from trading.engine.instrument import Instrument, Rates
from trading.engine.terms import Terms


class Funds(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """An account's money after an event, in fen. Equity = cash + position profit at the last price (by date)."""

    cash_fen: int  # previous balance + deposits - withdrawals + corrections + closed profit by date - fees
    margin_fen: int
    frozen_margin_fen: int
    frozen_fee_fen: int
    close_profit_fen: int  # of this trading day, by date (逐日盯市)
    fee_fen: int  # of this trading day


class PositionState(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One direction of one contract after an event. Costs are sums over lots of price x tick value x lots, in fen."""

    instrument_id: int
    side: int  # LONG or SHORT
    today_qty: int
    yesterday_qty: int
    frozen_today: int
    frozen_yesterday: int
    open_cost_fen: int  # at the opening prices: the base of profit by trade (逐笔对冲)
    mark_cost_fen: int  # today's lots at their opening price, yesterday's at the previous settlement: base by date
    margin_fen: int


class Event(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Base of all events; `tenant_id` 0 means public or the platform's."""

    tenant_id: int


class OrderAccepted(Event, array_like=True, gc=False, frozen=True, tag=1):
    """The counter accepted the order; `offset` is as resolved (AUTO never appears)."""

    account_id: int
    account_seq: int
    order_id: int
    client_order_id: str
    instrument_id: int
    side: int
    offset: int
    order_type: int
    time_in_force: int
    qty: int
    price_ticks: int  # of a market order: the band's edge it was bounded by
    actor: str
    funds: Funds
    position: PositionState | None  # when closing: the bucket with its frozen lots
    terms: Terms | None = None  # of an order that is more than plain; one with a trigger is held


class OrderRejected(Event, array_like=True, gc=False, frozen=True, tag=2):
    """The counter refused the order; it has a number and is kept."""

    account_id: int
    account_seq: int
    order_id: int
    client_order_id: str
    instrument_id: int
    side: int
    offset: int
    order_type: int
    time_in_force: int
    qty: int
    price_ticks: int
    actor: str
    code: str
    figures: dict[str, int]


class OrderCanceled(Event, array_like=True, gc=False, frozen=True, tag=3):
    """The rest of the order left the book (or never entered it)."""

    account_id: int
    account_seq: int
    order_id: int
    instrument_id: int
    filled_qty: int
    canceled_qty: int
    reason: str
    actor: str
    funds: Funds
    position: PositionState | None


class OrderReplaced(Event, array_like=True, gc=False, frozen=True, tag=4):
    """The order stands with a new total quantity and price."""

    account_id: int
    account_seq: int
    order_id: int
    instrument_id: int
    qty: int
    price_ticks: int
    filled_qty: int
    kept_place: bool
    actor: str
    funds: Funds
    position: PositionState | None
    trigger_ticks: int = 0  # of a held stop: the price it waits for from now on


class OrderTriggered(Event, array_like=True, gc=False, frozen=True, tag=6):
    """The last price reached a held stop: from now on it is an order like any other."""

    account_id: int
    account_seq: int
    order_id: int
    instrument_id: int
    qty: int
    price_ticks: int  # its limit; of a stop without one the band's edge
    trigger_ticks: int
    last_ticks: int
    funds: Funds
    position: PositionState | None


class Leg(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One side of a trade, with that account's state after it."""

    tenant_id: int
    account_id: int
    account_seq: int
    order_id: int
    side: int
    offset: int
    closed_today: int
    closed_yesterday: int
    fee_fen: int
    close_profit_fen: int  # by date: goes to cash
    close_profit_trade_fen: int  # by trade: for statements
    order_filled_qty: int
    order_leaves_qty: int
    order_filled_ticks: int  # sum of price x lots over the order's fills
    funds: Funds
    position: PositionState


class Trade(Event, array_like=True, gc=False, frozen=True, tag=5):
    """Two orders met. `tenant_id` is 0: the legs carry theirs."""

    trade_id: int
    instrument_id: int
    price_ticks: int
    qty: int
    taker_side: int
    open_interest: int  # after it, one-sided count
    maker: Leg
    taker: Leg


class AccountOpened(Event, array_like=True, gc=False, frozen=True, tag=10):
    """A money account exists in the counter."""

    account_id: int
    account_seq: int
    group_id: int
    actor: str
    funds: Funds
    natural: bool = False


class CashMoved(Event, array_like=True, gc=False, frozen=True, tag=11):
    """Money came in or went out."""

    account_id: int
    account_seq: int
    kind: int
    amount_fen: int
    reference: str
    maker: str
    checker: str
    funds: Funds


class AccountStatusChanged(Event, array_like=True, gc=False, frozen=True, tag=12):
    """The account's right to trade changed; effective at this command's number."""

    account_id: int
    account_seq: int
    status: int
    previous: int
    reason: str
    actor: str


class AccountLimitsChanged(Event, array_like=True, gc=False, frozen=True, tag=13):
    """The account's own limits changed."""

    account_id: int
    account_seq: int
    max_order_qty: int
    max_position_qty: int
    max_working_orders: int
    max_orders_per_second: int
    maker: str
    checker: str


class TenantRatesChanged(Event, array_like=True, gc=False, frozen=True, tag=14):
    """A broker's margin and fees for a contract changed."""

    instrument_id: int
    rates: Rates
    maker: str
    checker: str


class AccountSettled(Event, array_like=True, gc=False, frozen=True, tag=15):
    """The account went through the end of a day: marks to cash, lots rolled, margin on the settlement price."""

    account_id: int
    account_seq: int
    trading_day: int  # the day that ended
    previous_cash_fen: int  # cash before the mark
    mark_fen: int  # position profit by date taken to cash
    close_profit_fen: int  # of the ended day
    fee_fen: int  # of the ended day
    funds: Funds  # as the next day begins
    positions: list[PositionState]
    next_trading_day: int = 0  # settled in steps: the day to come; 0: the same command opens it


class CancelAfterSet(Event, array_like=True, gc=False, frozen=True, tag=17):
    """The account's dead man's switch stands at another time; 0: it is off, or it has fired."""

    account_id: int
    account_seq: int
    due_ns: int  # the core's time (`at_ns`)
    fired: bool
    actor: str


class SelfTradeSet(Event, array_like=True, gc=False, frozen=True, tag=16):
    """What happens to orders of the account's control group that would meet each other."""

    account_id: int
    account_seq: int
    mode: int
    actor: str


class InstrumentPut(Event, array_like=True, gc=False, frozen=True, tag=20):
    """A contract was added or changed; the band in force is included."""

    instrument: Instrument
    lower_ticks: int
    upper_ticks: int
    actor: str
    maker: str = ""  # who proposed it; empty: nobody but `actor` stands behind it


class KillChanged(Event, array_like=True, gc=False, frozen=True, tag=21):
    """A kill switch was thrown or released."""

    scope: int
    target_id: int
    on: bool
    reason: str
    actor: str


class DayRolled(Event, array_like=True, gc=False, frozen=True, tag=22):
    """A new trading day has begun. Rows: (instrument_id, settlement, lower, upper) in ticks."""

    ended_trading_day: int
    trading_day: int
    day_number: int  # count of rolls
    settlement: list[tuple[int, int, int, int]]
    actor: str


class PhaseChanged(Event, array_like=True, gc=False, frozen=True, tag=23):
    """Contracts moved to a phase. Rows: (instrument_id, phase before)."""

    phase: int
    moved: list[tuple[int, int]]
    reason: str
    actor: str


class AuctionMatched(Event, array_like=True, gc=False, frozen=True, tag=24):
    """A call auction came to its end; its trades precede this. Price 0: no two orders met."""

    instrument_id: int
    price_ticks: int
    qty: int
    surplus: int  # lots at that price that found nobody: > 0 buyers, < 0 sellers


class SettlementBegun(Event, array_like=True, gc=False, frozen=True, tag=25):
    """Trading has stopped for the settlement. Rows: (instrument_id, settlement, previous settlement) in ticks."""

    trading_day: int
    next_trading_day: int
    rows: list[tuple[int, int, int]]
    actor: str


class AccountsSettled(Event, array_like=True, gc=False, frozen=True, tag=26):
    """A chunk of accounts is settled; those with anything follow with their own events."""

    through: int  # the last account of the chunk
    count: int
    remaining: int


class CommandRefused(Event, array_like=True, gc=False, frozen=True, tag=30):
    """A command was refused; nothing changed. `order_id` 0 when not about an order.

    Of PlaceOrder: what cannot be filed under (account, trading day, client order id) or makes no sense as an order gets
    this answer and no number (account, contract, day, fields, quantity or price out of all bounds). What is refused by
    a rule of trading is an OrderRejected.
    """

    account_id: int
    order_id: int
    code: str
    figures: dict[str, int]


class OrderRepeated(Event, array_like=True, gc=False, frozen=True, tag=31):
    """The answer to a repeated client_order_id. Never journaled and never numbered: nothing happened.

    Same fields: `code` is empty when the first order was accepted, else the first refusal's code. Other fields:
    `code` is duplicate_client_order_id and `order_id` names the order that holds the id.
    """

    account_id: int
    order_id: int
    seq: int  # journal number of the first answer
    code: str
    figures: dict[str, int]


class FeeCharged(Event, array_like=True, gc=False, frozen=True, tag=41):
    """A fee for a message was taken from cash: for entering an order (kind 1), for cancelling or replacing it (2)."""

    account_id: int
    account_seq: int
    order_id: int
    instrument_id: int
    kind: int
    fee_fen: int
    funds: Funds
