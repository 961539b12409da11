"""Everything that can have happened: facts in the past, with the state after them.

A follower needs no reads to project an event: every private event carries the account's own gapless number
(`account_seq`) and the funds, and where it matters the position, as they stand after it. Times are not in the events:
they are the command's (`at_ns`, `market_ns`), kept beside them in the journal record.
"""

import msgspec

from trading.engine.instrument import Instrument, Rates
from trading.engine.ladders import CLOSE_WINDOW_S, Delivery, LimitStep
from trading.engine.parameters import ParameterRow
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


class LiquidationOpened(Event, array_like=True, gc=False, frozen=True, tag=50):
    """The account's positions are being closed by force; the figures are those at this moment, by its basis."""

    account_id: int
    account_seq: int
    number: int
    reason: int
    basis: int
    trigger_seq: int
    lines_ppm: list[int]
    target_ppm: int
    equity_fen: int
    margin_fen: int
    degree_ppm: int
    rows: list[tuple[int, int, int, int]]  # as the command has them
    maker: str
    checker: str


class LiquidationStepped(Event, array_like=True, gc=False, frozen=True, tag=51):
    """A row of the plan is worked on with a new order; what is canceled for it and the order itself follow."""

    account_id: int
    account_seq: int
    number: int
    step: int
    row: int
    order_id: int
    instrument_id: int
    qty: int
    price_ticks: int
    actor: str


class LiquidationEnded(Event, array_like=True, gc=False, frozen=True, tag=52):
    """A liquidation is over; its working orders have been canceled."""

    account_id: int
    account_seq: int
    number: int
    outcome: int
    equity_fen: int
    margin_fen: int
    degree_ppm: int
    rows: list[tuple[int, int, int, int, int]]  # with the lots that were closed
    reason: str
    actor: str


class LiquidationCarried(Event, array_like=True, gc=False, frozen=True, tag=53):
    """A liquidation goes on after the day's end: its rows as the lots have rolled."""

    account_id: int
    account_seq: int
    number: int
    rows: list[tuple[int, int, int, int, int]]


class TenantRulesChanged(Event, array_like=True, gc=False, frozen=True, tag=55):
    """A broker's rules for confirming statements and for withdrawals changed."""

    confirms: bool
    withdraw_ppm: int
    reserve_fen: int
    maker: str
    checker: str


class StatementConfirmed(Event, array_like=True, gc=False, frozen=True, tag=56):
    """The client agreed to a day's statement in this version."""

    account_id: int
    account_seq: int
    trading_day: int  # of the statement
    version: int
    actor: str


class StatementCorrected(Event, array_like=True, gc=False, frozen=True, tag=57):
    """An ended day was put right by a posting on the current one; its statement has a new version."""

    account_id: int
    account_seq: int
    trading_day: int  # the day that was wrong
    version: int  # of its statement from now on
    amount_fen: int
    reason: str
    reference: str
    maker: str
    checker: str
    funds: Funds


class LimitLadderPut(Event, array_like=True, gc=False, frozen=True, tag=45):
    """A venue's ladder of one-sided markets was put; without steps it was taken away."""

    venue: str
    product: str
    steps: list[LimitStep]
    maker: str
    checker: str
    window_s: int = CLOSE_WINDOW_S


class HolderKindSet(Event, array_like=True, gc=False, frozen=True, tag=46):
    """The account's holder is a natural person, or is not."""

    account_id: int
    account_seq: int
    natural: bool
    actor: str


class ContractTerms(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What venue rules make of one contract at present, beyond its own parameters."""

    instrument_id: int
    phase: int
    one_sided: int  # the side that alone has stood at its limit since the window before the close began; 0: none
    step: int  # of the ladder of one-sided markets; 0: not on it
    side: int
    limit_ppm: int  # in force at the next band, the wider of own and ladder
    margin_floor_ppm: int  # the least margin of anybody; 0: none
    lot_multiple: int
    position_limit: int  # lots of one account in one direction; 0: none
    closed_to_natural: bool  # natural persons may not open any more
    expired: bool


class ContractsMoved(Event, array_like=True, gc=False, frozen=True, tag=47):
    """Rules of the venue moved contracts: watched, one-sided, a step of a ladder, expired."""

    trading_day: int  # from which the terms count
    rows: list[ContractTerms]
    actor: str


class DeliveryPut(Event, array_like=True, gc=False, frozen=True, tag=48):
    """A contract's road to delivery was put."""

    instrument_id: int
    delivery: Delivery
    maker: str
    checker: str


class LotsExpired(Event, array_like=True, gc=False, frozen=True, tag=49):
    """Lots that were held when their contract expired: closed at its last settlement price, without a fee.

    The day's mark has brought them to that price and its profit to cash, so no money moves here.
    """

    account_id: int
    account_seq: int
    instrument_id: int
    side: int  # LONG or SHORT
    qty: int
    price_ticks: int
    close_profit_trade_fen: int  # against the opening prices: for statements
    trading_day: int  # the contract's last
    funds: Funds
    position: PositionState  # empty


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


class ParametersPut(Event, array_like=True, gc=False, frozen=True, tag=40):
    """A dated row was taken in; it holds from its effective day on."""

    row: ParameterRow


class FeeCharged(Event, array_like=True, gc=False, frozen=True, tag=41):
    """A fee for a message was taken from cash: for entering an order (kind 1), for cancelling or replacing it (2)."""

    account_id: int
    account_seq: int
    order_id: int
    instrument_id: int
    kind: int
    fee_fen: int
    funds: Funds


class ParametersWithdrawn(Event, array_like=True, gc=False, frozen=True, tag=42):
    """A dated row was taken back before its day."""

    row: ParameterRow
    reason: str
    maker: str
    checker: str


class HedgeSet(Event, array_like=True, gc=False, frozen=True, tag=43):
    """The account hedges from now on, or speculates."""

    account_id: int
    account_seq: int
    hedge: bool
    maker: str
    checker: str


AnyEvent = (
    OrderAccepted
    | OrderRejected
    | OrderCanceled
    | OrderReplaced
    | Trade
    | AccountOpened
    | CashMoved
    | AccountStatusChanged
    | AccountLimitsChanged
    | TenantRatesChanged
    | AccountSettled
    | InstrumentPut
    | KillChanged
    | DayRolled
    | OrderTriggered
    | SelfTradeSet
    | CancelAfterSet
    | PhaseChanged
    | AuctionMatched
    | SettlementBegun
    | AccountsSettled
    | LiquidationOpened
    | LiquidationStepped
    | LiquidationEnded
    | LiquidationCarried
    | TenantRulesChanged
    | StatementConfirmed
    | StatementCorrected
    | ParametersPut
    | FeeCharged
    | ParametersWithdrawn
    | HedgeSet
    | LimitLadderPut
    | HolderKindSet
    | ContractsMoved
    | DeliveryPut
    | LotsExpired
    | CommandRefused
    | OrderRepeated
)
