"""Admin pages of trading: contracts, accounts, orders, trades, positions, rates, postings, proposals, statements."""

from trading.admin import accounts, instruments, listed, orders, proposals, statements  # noqa: F401
