"""Admin pages of trading: contracts, money accounts, orders, trades, proposals, venue rules."""

from trading.admin import accounts, instruments, orders, proposals, venue_rules  # noqa: F401
