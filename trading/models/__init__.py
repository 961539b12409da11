"""The trading tables: contracts, money accounts, orders, ledger, market data, proposals."""

from trading.models.accounts import AccountDay, Balance, MoneyAccount, Position
from trading.models.followers import FollowerLag, FollowerPosition
from trading.models.instruments import Instrument, KillSwitch, TradingDay
from trading.models.market import Bar, Depth, MarketDay, Tick
from trading.models.orders import Fill, Order
from trading.models.postings import AccountEvent, Posting
from trading.models.proposals import Proposal
from trading.models.rates import TenantRates
from trading.models.statements import Confirmation, Correction, Statement, StatementDay, TenantRules

__all__ = [
    "AccountDay",
    "AccountEvent",
    "Balance",
    "Bar",
    "Confirmation",
    "Correction",
    "Depth",
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
    "Statement",
    "StatementDay",
    "TenantRates",
    "TenantRules",
    "Tick",
    "TradingDay",
]
