"""The trading tables: contracts, money accounts, orders, ledger, market data, proposals."""

from trading.models.accounts import AccountDay, Balance, MoneyAccount, Position
from trading.models.followers import FollowerLag, FollowerPosition
from trading.models.instruments import Instrument, KillSwitch, TradingDay
from trading.models.market import Bar, Depth, MarketDay, Tick
from trading.models.orders import Fill, Order
from trading.models.postings import AccountEvent, Posting
from trading.models.proposals import Proposal
from trading.models.rates import TenantRates
from trading.models.venue_rules import ContractRules, ExpiredLots, LimitLadder, VenueProposal

__all__ = [
    "AccountDay",
    "AccountEvent",
    "Balance",
    "Bar",
    "ContractRules",
    "Depth",
    "ExpiredLots",
    "Fill",
    "FollowerLag",
    "FollowerPosition",
    "Instrument",
    "KillSwitch",
    "LimitLadder",
    "MarketDay",
    "MoneyAccount",
    "Order",
    "Position",
    "Posting",
    "Proposal",
    "TenantRates",
    "Tick",
    "TradingDay",
    "VenueProposal",
]
