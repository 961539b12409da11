"""The engine's small vocabulary: integer codes with names.

Codes are plain integers because the engine applies hundreds of thousands of commands a second and the same
module must compile unchanged. Words for people and for the API live in `trading.choices`.
"""

from typing import Final

ENGINE_VERSION: Final = 2
OLDEST_VERSION: Final = 1  # rows and snapshots from this one on are read: what was added since has a default

# Side of an order or a position. The sign of a long position is +1, of a short position -1.
BUY: Final = 1
SELL: Final = 2
LONG: Final = 1
SHORT: Final = 2

# Offset (开平): the numbers are CTP's CombOffsetFlag values; AUTO is resolved by the counter at acceptance.
OPEN: Final = 0
CLOSE: Final = 1
CLOSE_TODAY: Final = 3
CLOSE_YESTERDAY: Final = 4
AUTO: Final = 9

# Price condition.
LIMIT: Final = 1
MARKET: Final = 2
STOP: Final = 3  # a market order once the last price reaches the trigger
STOP_LIMIT: Final = 4
TRAILING_STOP: Final = 5  # a stop whose trigger follows the best price at a distance

# Time in force: DAY = GFD (当日有效), IOC = FAK (即成剩撤), FOK (全成或撤), GTD until a trading day,
# GTC until cancelled, AUCTION only in the call auction (集合竞价).
DAY: Final = 0
IOC: Final = 1
FOK: Final = 2
GTD: Final = 3
GTC: Final = 4
AUCTION: Final = 5

# Status of an order. A terminal status never changes again.
NEW: Final = 0
PARTIALLY_FILLED: Final = 1
FILLED: Final = 2
CANCELED: Final = 3
REJECTED: Final = 4
EXPIRED: Final = 5
HELD: Final = 7  # a stop that has not been triggered (6 is never seen: before the counter has answered)

# Status of a money account.
ACTIVE: Final = 0
CLOSE_ONLY: Final = 1
BLOCKED: Final = 2

# Phases of trading of a contract (交易阶段).
CLOSED: Final = 0
AUCTION_ENTRY: Final = 1  # 集合竞价报单
AUCTION_MATCH: Final = 2  # 集合竞价撮合
CONTINUOUS: Final = 3  # 连续交易
BREAK: Final = 4  # 休市
SETTLEMENT: Final = 5  # 结算
HALTED: Final = 6  # 暂停交易

# The price of a continuous trade: the resting order's, or the middle one of bid, ask and last (SHFE's 撮合价).
PRICE_RESTING: Final = 0
PRICE_MEDIAN: Final = 1

# Which price of an auction is taken when several trade the most lots with the least left over.
AUCTION_NEAREST: Final = 0  # to the previous settlement
AUCTION_HIGHEST: Final = 1

# When orders under one control would meet.
STP_NEWEST: Final = 0  # the incoming order's rest is cancelled
STP_OLDEST: Final = 1  # the resting order is cancelled, the incoming one goes on
STP_BOTH: Final = 2

# Kinds of cash movement.
DEPOSIT: Final = 1
WITHDRAW: Final = 2

# Why positions are closed by force (强平原因), in CTP's numbers; 0 is an order that is not forced.
FORCE_DEPOSIT: Final = 1  # 资金不足
FORCE_REASON_MAX: Final = 11  # 8 to 11 are a broker's own

# Whose margin a risk degree is measured by.
BASIS_COMPANY: Final = 1
BASIS_EXCHANGE: Final = 2

# How a forced liquidation ended.
LIQUIDATION_RESTORED: Final = 1  # the risk degree is at or below its target
LIQUIDATION_DONE: Final = 2  # nothing of the plan is left to close
LIQUIDATION_STOPPED: Final = 3  # by an officer

# Scopes of the kill switch.
KILL_VENUE: Final = 1
KILL_TENANT: Final = 2
KILL_INSTRUMENT: Final = 3

# Why an order ended without being filled.
CANCELED_BY_CLIENT: Final = "client"
CANCELED_BY_OFFICER: Final = "officer"
CANCELED_IOC: Final = "ioc_remainder"
CANCELED_FOK: Final = "fok_unfillable"
CANCELED_MARKET: Final = "market_remainder"
CANCELED_DAY_END: Final = "day_end"
CANCELED_SELF_TRADE: Final = "self_trade"
CANCELED_KILL: Final = "kill_switch"
CANCELED_DISCONNECT: Final = "disconnect"
CANCELED_MIN_QTY: Final = "min_qty_unfillable"
CANCELED_OCO: Final = "other_leg"
CANCELED_AUCTION_END: Final = "auction_end"
CANCELED_GTD: Final = "good_till_date"
CANCELED_BAND: Final = "outside_band"
CANCELED_UNCOVERED: Final = "not_covered"  # a triggered stop found no money or no lots left
CANCELED_TIMER: Final = "cancel_after"
CANCELED_LIQUIDATION: Final = "liquidation"
CANCELED_EXPIRED: Final = "contract_expired"
CANCELED_DELIVERY: Final = "delivery"  # the road to delivery does not allow the order any more
EXPIRING: Final = frozenset(
    {CANCELED_DAY_END, CANCELED_GTD, CANCELED_EXPIRED}
)  # the order ends as expired, not as cancelled
