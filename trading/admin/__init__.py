"""Admin pages of trading: contracts, accounts, orders, trades, positions, rates, rules, proposals, statements."""

from trading.admin import (  # noqa: F401
    accounts,
    instruments,
    listed,
    operator_proposals,
    orders,
    parameters,
    proposals,
    statements,
)
