"""Admin pages of trading: contracts, money accounts, orders, trades, proposals."""

from trading.admin import accounts, instruments, orders, parameters, proposals  # noqa: F401
