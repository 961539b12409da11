"""Admin pages of trading: contracts, accounts, orders, trades, positions, rates, rules, proposals, statements."""

from portal.admin_base import say_refusals_by
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
from trading.shapes.refusals import detail

say_refusals_by(detail)
