"""Bounds on everything that comes from outside, so that no sum can leave 64 bits and no text can poison a database.

The money bounds fit together: a lot is worth at most 10^12 fen and carries at least 0.1 % margin, an account holds at
most 10^15 fen, so no cost of a position passes 10^18.
"""

from typing import Final

QTY_MAX: Final = 1_000_000_000
PRICE_TICKS_MAX: Final = 1_000_000_000
NUMBER_MAX: Final = 2_147_483_647
LOT_VALUE_FEN_MAX: Final = 1_000_000_000_000
CASH_FEN_MAX: Final = 1_000_000_000_000_000
FEE_FEN_MAX: Final = 100_000_000
MARGIN_LOT_FEN_MAX: Final = 10_000_000_000
ORDER_QTY_MAX: Final = 100_000
RATE_PPM_MAX: Final = 1_000_000
MARGIN_PPM_MIN: Final = 1_000
NAME_LEN_MAX: Final = 64
REASON_LEN_MAX: Final = 500
ORDERS_PER_SECOND_MAX: Final = 100_000
CANCEL_AFTER_MS_MIN: Final = 1_000
CANCEL_AFTER_MS_MAX: Final = 3_600_000


def name_ok(text: str) -> bool:
    """Say whether a text can serve as a name: client order id, actor, reference."""
    return 0 < len(text) <= NAME_LEN_MAX and text.isprintable()


def reason_ok(text: str) -> bool:
    """Say whether a free text can be kept: people may write lines and wide spaces, PostgreSQL takes no NUL."""
    return len(text) <= REASON_LEN_MAX and "\x00" not in text


def trading_day_ok(day: int) -> bool:
    """Say whether a number reads as YYYYMMDD."""
    return 1990_01_01 <= day <= 9999_12_31 and 1 <= day // 100 % 100 <= 12 and 1 <= day % 100 <= 31
