"""Admin pages of trading: contracts, accounts, orders, trades, positions, rates, parameters, proposals, statements."""

from trading.admin import accounts, instruments, listed, orders, parameters, proposals, statements  # noqa: F401
