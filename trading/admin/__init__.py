"""Admin pages of trading: contracts, money accounts, orders, trades, proposals, statements."""

from trading.admin import accounts, instruments, orders, proposals, statements  # noqa: F401
