"""Admin pages of trading: contracts, money accounts, orders, trades, positions, rates, postings, proposals."""

from trading.admin import accounts, instruments, listed, orders, proposals  # noqa: F401
