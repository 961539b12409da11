"""The engine's codes as words: for the API (stable English words), for people (translated labels), for the database.

One table a vocabulary. The engine's integers stay the truth; a word that is not here does not exist.
"""

from __future__ import annotations

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from trading.engine import types as t


class Side(models.IntegerChoices):
    """Side of an order."""

    BUY = t.BUY, _("Buy")
    SELL = t.SELL, _("Sell")


class PositionSide(models.IntegerChoices):
    """Direction of a position."""

    LONG = t.LONG, pgettext_lazy("position", "Long")
    SHORT = t.SHORT, pgettext_lazy("position", "Short")


class Offset(models.IntegerChoices):
    """What an order does to the position (开平)."""

    OPEN = t.OPEN, pgettext_lazy("offset", "Open")
    CLOSE = t.CLOSE, pgettext_lazy("offset", "Close")
    CLOSE_TODAY = t.CLOSE_TODAY, pgettext_lazy("offset", "Close today")
    CLOSE_YESTERDAY = t.CLOSE_YESTERDAY, pgettext_lazy("offset", "Close yesterday")
    AUTO = t.AUTO, pgettext_lazy("offset", "Auto")


class OrderType(models.IntegerChoices):
    """Price condition."""

    LIMIT = t.LIMIT, pgettext_lazy("order type", "Limit")
    MARKET = t.MARKET, pgettext_lazy("order type", "Market")
    STOP = t.STOP, pgettext_lazy("order type", "Stop")
    STOP_LIMIT = t.STOP_LIMIT, pgettext_lazy("order type", "Stop limit")
    TRAILING_STOP = t.TRAILING_STOP, pgettext_lazy("order type", "Trailing stop")


class TimeInForce(models.IntegerChoices):
    """How long an order lives: day (GFD), ioc (FAK), fok, gtd, gtc, auction."""

    DAY = t.DAY, pgettext_lazy("time in force", "Day")
    IOC = t.IOC, pgettext_lazy("time in force", "FAK")
    FOK = t.FOK, pgettext_lazy("time in force", "FOK")
    GTD = t.GTD, pgettext_lazy("time in force", "Till a day")
    GTC = t.GTC, pgettext_lazy("time in force", "Till canceled")
    AUCTION = t.AUCTION, pgettext_lazy("time in force", "Auction only")


class OrderStatus(models.IntegerChoices):
    """Where an order stands; FINAL_STATUSES never change again."""

    NEW = t.NEW, pgettext_lazy("order status", "Working")
    PARTIALLY_FILLED = t.PARTIALLY_FILLED, pgettext_lazy("order status", "Partly filled")
    FILLED = t.FILLED, pgettext_lazy("order status", "Filled")
    CANCELED = t.CANCELED, pgettext_lazy("order status", "Canceled")
    REJECTED = t.REJECTED, pgettext_lazy("order status", "Refused")
    EXPIRED = t.EXPIRED, pgettext_lazy("order status", "Expired")
    HELD = t.HELD, pgettext_lazy("order status", "Waiting for its trigger")


class Phase(models.IntegerChoices):
    """Where a contract stands in its day."""

    CLOSED = t.CLOSED, pgettext_lazy("phase", "Closed")
    AUCTION_ENTRY = t.AUCTION_ENTRY, pgettext_lazy("phase", "Call auction")
    AUCTION_MATCH = t.AUCTION_MATCH, pgettext_lazy("phase", "Auction matching")
    CONTINUOUS = t.CONTINUOUS, pgettext_lazy("phase", "Trading")
    BREAK = t.BREAK, pgettext_lazy("phase", "Break")
    SETTLEMENT = t.SETTLEMENT, pgettext_lazy("phase", "Settlement")
    HALTED = t.HALTED, pgettext_lazy("phase", "Halted")


class AccountStatus(models.IntegerChoices):
    """What a money account may do."""

    ACTIVE = t.ACTIVE, pgettext_lazy("account status", "Active")
    CLOSE_ONLY = t.CLOSE_ONLY, pgettext_lazy("account status", "Close only")
    BLOCKED = t.BLOCKED, pgettext_lazy("account status", "Blocked")


class AccountState(models.IntegerChoices):
    """Life of the account's row: asked for, known to the counter, ended."""

    PENDING = 0, pgettext_lazy("account state", "Pending")
    ACTIVE = 1, pgettext_lazy("account state", "Open")
    CLOSED = 2, pgettext_lazy("account state", "Closed")


class CashKind(models.IntegerChoices):
    """Kinds of cash movement."""

    DEPOSIT = t.DEPOSIT, _("Deposit")
    WITHDRAW = t.WITHDRAW, _("Withdrawal")


class PostingKind(models.IntegerChoices):
    """Why money moved between two ledger accounts."""

    DEPOSIT = t.DEPOSIT, _("Deposit")
    WITHDRAW = t.WITHDRAW, _("Withdrawal")
    FEE = 3, _("Trading fee")
    CLOSE_PROFIT = 4, _("Closed profit by date")
    MARK = 5, _("Daily mark to market")
    CORRECTION = 6, _("Correction of a statement")
    MESSAGE_FEE = 30, _("Order or cancel fee")


class KillScope(models.IntegerChoices):
    """How far a kill switch reaches."""

    VENUE = t.KILL_VENUE, pgettext_lazy("kill switch", "Venue")
    TENANT = t.KILL_TENANT, pgettext_lazy("kill switch", "Broker")
    INSTRUMENT = t.KILL_INSTRUMENT, pgettext_lazy("kill switch", "Contract")


class SelfTrade(models.IntegerChoices):
    """What happens when orders under one control would meet."""

    NEWEST = t.STP_NEWEST, _("The incoming order is canceled")
    OLDEST = t.STP_OLDEST, _("The resting order is canceled")
    BOTH = t.STP_BOTH, _("Both are canceled")


class ForceReason(models.IntegerChoices):
    """Why a position is closed by force (强平原因), in CTP's numbers."""

    LACK_OF_DEPOSIT = 1, _("Lack of deposit")
    CLIENT_OVER_LIMIT = 2, _("Client over the position limit")
    MEMBER_OVER_LIMIT = 3, _("Member over the position limit")
    NOT_A_MULTIPLE = 4, _("Not a whole multiple")
    VIOLATION = 5, _("Violation")
    OTHER = 6, _("Other reason")
    PERSON_NEAR_DELIVERY = 7, _("Natural person near delivery")
    OWN_8 = 8, _("Broker's own measure 8")
    OWN_9 = 9, _("Broker's own measure 9")
    OWN_10 = 10, _("Broker's own measure 10")
    OWN_11 = 11, _("Broker's own measure 11")


class MarginBasis(models.IntegerChoices):
    """Whose margin a risk degree is measured by."""

    COMPANY = t.BASIS_COMPANY, _("Company margin")
    EXCHANGE = t.BASIS_EXCHANGE, _("Exchange margin")


class LiquidationOutcome(models.IntegerChoices):
    """How a forced liquidation ended."""

    RESTORED = t.LIQUIDATION_RESTORED, _("Restored")
    DONE = t.LIQUIDATION_DONE, _("Nothing left to close")
    STOPPED = t.LIQUIDATION_STOPPED, _("Stopped by an officer")


class ProposalKind(models.TextChoices):
    """Acts that need a maker and a checker."""

    CASH = "cash", _("Cash movement")
    LIMITS = "limits", _("Account limits")
    RATES = "rates", _("Broker's rates")
    RELEASE = "release", _("Release of an account")
    RULES = "rules", _("Broker's rules")
    CORRECTION = "correction", _("Correction of a statement")
    PARAMETERS = "parameters", _("Dated parameters")
    PARAMETERS_BACK = "parameters-back", _("Dated parameters taken back")
    HEDGE = "hedge", _("Purpose of an account")


class LargerSide(models.IntegerChoices):
    """Whether only the larger of long and short margin is charged."""

    OFF = 0, _("both sides")
    CONTRACT = 1, _("of each contract")
    PRODUCT = 2, _("of the product")


class OperatorProposalKind(models.TextChoices):
    """Acts of the platform that need a maker and a checker among its operators."""

    PARAMETERS = "parameters", _("Dated parameters")
    PARAMETERS_BACK = "parameters-back", _("Dated parameters taken back")
    LADDER = "ladder", _("Ladder of one-sided markets")
    DELIVERY = "delivery", _("Road to delivery")
    CONTRACT = "contract", _("Change of a contract")
    LISTING = "listing", _("Listing of a contract")


class ProposalState(models.TextChoices):
    """Life of a proposal; the last three are final."""

    PROPOSED = "proposed", _("Waiting for a checker")
    APPROVED = "approved", _("Approved, being applied")
    APPLIED = "applied", _("Applied")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class BarSource(models.IntegerChoices):
    """Where a bar's prices come from; a synthetic bar is never passed off as trading."""

    LIVE = 0, _("Traded here")
    SYNTHETIC = 1, _("Synthetic history")
    IMPORTED = 2, _("Imported history")


# The API's words: Alpaca's where it has one (interfaces.md of the market), CTP's meaning where it has none.
SIDE_WORDS: Final = {t.BUY: "buy", t.SELL: "sell"}
MESSAGE_FEE_WORDS: Final = {1: "order", 2: "cancel"}
POSITION_SIDE_WORDS: Final = {t.LONG: "long", t.SHORT: "short"}
OFFSET_WORDS: Final = {
    t.OPEN: "open",
    t.CLOSE: "close",
    t.CLOSE_TODAY: "close_today",
    t.CLOSE_YESTERDAY: "close_yesterday",
    t.AUTO: "auto",
}
ORDER_TYPE_WORDS: Final = {
    t.LIMIT: "limit",
    t.MARKET: "market",
    t.STOP: "stop",
    t.STOP_LIMIT: "stop_limit",
    t.TRAILING_STOP: "trailing_stop",
}
TIME_IN_FORCE_WORDS: Final = {
    t.DAY: "day",
    t.IOC: "ioc",
    t.FOK: "fok",
    t.GTD: "gtd",
    t.GTC: "gtc",
    t.AUCTION: "auction",
}
PHASE_WORDS: Final = {
    t.CLOSED: "closed",
    t.AUCTION_ENTRY: "auction_entry",
    t.AUCTION_MATCH: "auction_match",
    t.CONTINUOUS: "continuous",
    t.BREAK: "break",
    t.SETTLEMENT: "settlement",
    t.HALTED: "halted",
}
SELF_TRADE_WORDS: Final = {t.STP_NEWEST: "cancel_newest", t.STP_OLDEST: "cancel_oldest", t.STP_BOTH: "cancel_both"}
ORDER_STATUS_WORDS: Final = {
    t.NEW: "new",
    t.PARTIALLY_FILLED: "partially_filled",
    t.FILLED: "filled",
    t.CANCELED: "canceled",
    t.REJECTED: "rejected",
    t.EXPIRED: "expired",
    t.HELD: "held",
}
ACCOUNT_STATUS_WORDS: Final = {t.ACTIVE: "active", t.CLOSE_ONLY: "close_only", t.BLOCKED: "blocked"}
ACCOUNT_STATE_WORDS: Final = {0: "pending", 1: "active", 2: "closed"}
CASH_KIND_WORDS: Final = {t.DEPOSIT: "deposit", t.WITHDRAW: "withdraw"}
POSTING_KIND_WORDS: Final = {1: "deposit", 2: "withdraw", 3: "fee", 4: "close_profit", 5: "mark", 6: "correction"}
KILL_SCOPE_WORDS: Final = {t.KILL_VENUE: "venue", t.KILL_TENANT: "tenant", t.KILL_INSTRUMENT: "instrument"}
BAR_SOURCE_WORDS: Final = {0: "live", 1: "synthetic", 2: "imported"}

SIDE_CODES: Final = {word: code for code, word in SIDE_WORDS.items()}
POSITION_SIDE_CODES: Final = {word: code for code, word in POSITION_SIDE_WORDS.items()}
OFFSET_CODES: Final = {word: code for code, word in OFFSET_WORDS.items()}
ORDER_TYPE_CODES: Final = {word: code for code, word in ORDER_TYPE_WORDS.items()}
TIME_IN_FORCE_CODES: Final = {word: code for code, word in TIME_IN_FORCE_WORDS.items()}
ORDER_STATUS_CODES: Final = {word: code for code, word in ORDER_STATUS_WORDS.items()}
ACCOUNT_STATUS_CODES: Final = {word: code for code, word in ACCOUNT_STATUS_WORDS.items()}
CASH_KIND_CODES: Final = {word: code for code, word in CASH_KIND_WORDS.items()}
KILL_SCOPE_CODES: Final = {word: code for code, word in KILL_SCOPE_WORDS.items()}

WORKING_STATUSES: Final = (t.NEW, t.PARTIALLY_FILLED, t.HELD)
FINAL_STATUSES: Final = (t.FILLED, t.CANCELED, t.REJECTED, t.EXPIRED)
BAR_PERIODS_S: Final = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400}

FORCE_REASON_WORDS: Final = {
    1: "lack_of_deposit",
    2: "client_over_limit",
    3: "member_over_limit",
    4: "not_a_multiple",
    5: "violation",
    6: "other",
    7: "person_near_delivery",
    8: "own_measure_8",
    9: "own_measure_9",
    10: "own_measure_10",
    11: "own_measure_11",
}
"""Why a position is closed by force; the numbers are CTP's, those from 8 on a broker's own."""

FORCE_REASON_CODES: Final = {word: code for code, word in FORCE_REASON_WORDS.items()}
MARGIN_BASIS_WORDS: Final = {t.BASIS_COMPANY: "company", t.BASIS_EXCHANGE: "exchange"}
MARGIN_BASIS_CODES: Final = {word: code for code, word in MARGIN_BASIS_WORDS.items()}
LIQUIDATION_OUTCOME_WORDS: Final = {
    t.LIQUIDATION_RESTORED: "restored",
    t.LIQUIDATION_DONE: "done",
    t.LIQUIDATION_STOPPED: "stopped",
}

CANCEL_REASON_LABELS: Final = {
    t.CANCELED_BY_CLIENT: _("Canceled by the client"),
    t.CANCELED_BY_OFFICER: _("Canceled by the risk desk"),
    t.CANCELED_IOC: _("Rest of a FAK order"),
    t.CANCELED_FOK: _("FOK could not be filled in full"),
    t.CANCELED_MARKET: _("Rest of a market order"),
    t.CANCELED_DAY_END: _("End of the trading day"),
    t.CANCELED_SELF_TRADE: _("Would have traded with the same holder"),
    t.CANCELED_KILL: _("Trading halted"),
    t.CANCELED_DISCONNECT: _("Connection lost"),
    t.CANCELED_MIN_QTY: _("Fewer lots than the order's minimum"),
    t.CANCELED_OCO: _("The other order of the pair was filled, triggered or canceled"),
    t.CANCELED_AUCTION_END: _("End of the call auction"),
    t.CANCELED_GTD: _("Its last day is over"),
    t.CANCELED_BAND: _("Outside the new day's price limits"),
    t.CANCELED_UNCOVERED: _("No lots or no money left when it was triggered"),
    t.CANCELED_TIMER: _("Cancel-after timer ran out"),
    t.CANCELED_LIQUIDATION: _("Forced liquidation"),
    t.CANCELED_EXPIRED: _("The contract has expired"),
    t.CANCELED_DELIVERY: _("Not allowed so near to delivery"),
}


def contract_code(side: int, offset: int) -> str:
    """Return what the trade calls a side and an offset together, as an English source text: "Buy open"."""
    return f"{Side(side).label} {Offset(offset).label}"
