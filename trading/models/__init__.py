"""The trading tables: contracts, money accounts, orders, ledger, market data, proposals."""

from trading.models.accounts import AccountDay, Balance, MoneyAccount, Position
from trading.models.followers import FollowerLag, FollowerPosition
from trading.models.instruments import Instrument, KillSwitch, TradingDay
from trading.models.market import Bar, Depth, MarketDay, Tick
from trading.models.orders import Fill, Order
from trading.models.parameters import ClientParameters, ExchangeParameters, ExchangeProposal, TenantParameters
from trading.models.postings import AccountEvent, Posting
from trading.models.proposals import Proposal
from trading.models.rates import TenantRates

__all__ = [
    "AccountDay",
    "AccountEvent",
    "Balance",
    "Bar",
    "ClientParameters",
    "Depth",
    "ExchangeParameters",
    "ExchangeProposal",
    "Fill",
    "FollowerLag",
    "FollowerPosition",
    "Instrument",
    "KillSwitch",
    "MarketDay",
    "MoneyAccount",
    "Order",
    "Position",
    "Posting",
    "Proposal",
    "TenantParameters",
    "TenantRates",
    "Tick",
    "TradingDay",
]
