"""The engine's small vocabulary: integer codes with names.

Codes are plain integers because the engine applies hundreds of thousands of commands a second and the same
module must compile unchanged. Words for people and for the API live in `trading.choices`.
"""

from typing import Final

ENGINE_VERSION: Final = 1

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

# Time in force: DAY = GFD (当日有效), IOC = FAK (即成剩撤), FOK (全成或撤).
DAY: Final = 0
IOC: Final = 1
FOK: Final = 2

# Status of an order. A terminal status never changes again.
NEW: Final = 0
PARTIALLY_FILLED: Final = 1
FILLED: Final = 2
CANCELED: Final = 3
REJECTED: Final = 4
EXPIRED: Final = 5

# Status of a money account.
ACTIVE: Final = 0
CLOSE_ONLY: Final = 1
BLOCKED: Final = 2

# Kinds of cash movement.
DEPOSIT: Final = 1
WITHDRAW: Final = 2

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
