"""The trading tables: contracts, money accounts, orders, ledger, market data, proposals."""

from trading.models.accounts import AccountDay, Balance, MoneyAccount, Position
from trading.models.followers import FollowerLag, FollowerPosition
from trading.models.instruments import Instrument, KillSwitch, TradingDay
from trading.models.liquidations import Liquidation, LiquidationStep
from trading.models.listed import PositionListed, PostingListed, RatesListed
from trading.models.market import Bar, ContractDay, Depth, MarketDay, Tick
from trading.models.orders import Fill, Order
from trading.models.parameters import ClientParameters, ExchangeParameters, TenantParameters
from trading.models.postings import AccountEventPack, Posting
from trading.models.proposals import OperatorProposal, Proposal
from trading.models.rates import TenantRates
from trading.models.statements import Confirmation, Correction, Statement, StatementDay, TenantRules
from trading.models.venue_rules import ContractRules, ExpiredLots, LimitLadder

__all__ = [
    "AccountDay",
    "AccountEventPack",
    "Balance",
    "Bar",
    "ClientParameters",
    "Confirmation",
    "ContractDay",
    "ContractRules",
    "Correction",
    "Depth",
    "ExchangeParameters",
    "ExpiredLots",
    "Fill",
    "FollowerLag",
    "FollowerPosition",
    "Instrument",
    "KillSwitch",
    "LimitLadder",
    "Liquidation",
    "LiquidationStep",
    "MarketDay",
    "MoneyAccount",
    "OperatorProposal",
    "Order",
    "Position",
    "PositionListed",
    "Posting",
    "PostingListed",
    "Proposal",
    "RatesListed",
    "Statement",
    "StatementDay",
    "TenantParameters",
    "TenantRates",
    "TenantRules",
    "Tick",
    "TradingDay",
]
