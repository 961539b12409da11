"""The union of all events: what a journal holds and the core answers; decoders are made of it."""

from trading.engine.events import (
    AccountLimitsChanged,
    AccountOpened,
    AccountSettled,
    AccountsSettled,
    AccountStatusChanged,
    AuctionMatched,
    CancelAfterSet,
    CashMoved,
    CommandRefused,
    DayRolled,
    FeeCharged,
    InstrumentPut,
    KillChanged,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderRepeated,
    OrderReplaced,
    OrderTriggered,
    PhaseChanged,
    SelfTradeSet,
    SettlementBegun,
    TenantRatesChanged,
    Trade,
)
from trading.engine.liquidation_events import (
    LiquidationCarried,
    LiquidationEnded,
    LiquidationOpened,
    LiquidationStepped,
)
from trading.engine.parameter_events import HedgeSet, ParametersPut, ParametersWithdrawn
from trading.engine.statement_events import StatementConfirmed, StatementCorrected, TenantRulesChanged
from trading.engine.venue_events import ContractsMoved, DeliveryPut, HolderKindSet, LimitLadderPut, LotsExpired

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
