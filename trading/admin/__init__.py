"""Admin pages of trading: contracts, money accounts, orders, trades, proposals."""

from trading.admin import accounts, instruments, orders, proposals  # noqa: F401
