"""Limits of one account. Each check gives a code, empty when all is well, and fills in the figures of a refusal."""

from __future__ import annotations

from collections import deque

from trading.engine import rejects
from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Tariff
from trading.engine.counter.positions import Position
from trading.engine.counter.resolving import smaller_limit

SECOND_NS = 1_000_000_000


def check_order_qty(account: Account, qty: int, contract_max: int, figures: dict[str, int]) -> str:
    """The smaller of the account's largest order and the one in force for the contract."""
    own = account.max_order_qty
    limit = own if 0 < own < contract_max else contract_max
    if qty <= limit:
        return ""
    figures["qty"] = qty
    figures["limit"] = limit
    return rejects.QTY_OVER_MAX


def position_limit(account: Account, tariff: Tariff) -> int:
    """The smaller of the account's own limit and that in force by dated rows and the road to delivery; 0: none."""
    return smaller_limit(account.max_position_qty, tariff.max_position_qty)


def check_position(position: Position | None, qty: int, limit: int, figures: dict[str, int]) -> str:
    """Lots held and lots that working orders may still open count, for each contract and direction."""
    held = working = 0
    if position is not None:
        held = position.today_qty + position.yesterday_qty
        working = position.opening_qty
    if held + working + qty <= limit:
        return ""
    figures["held"] = held
    figures["working"] = working
    figures["qty"] = qty
    figures["limit"] = limit
    return rejects.POSITION_LIMIT


def check_working_orders(account: Account, figures: dict[str, int]) -> str:
    """How many orders may work at once."""
    limit = account.max_working_orders
    if limit == 0 or account.working_orders < limit:
        return ""
    figures["working"] = account.working_orders
    figures["limit"] = limit
    return rejects.ORDER_COUNT_LIMIT


def check_rate(account: Account, at_ns: int, figures: dict[str, int]) -> str:
    """At most so many orders within any one second: exact, by the times of the last ones."""
    limit = account.max_orders_per_second
    if limit == 0:
        return ""
    recent = account.recent_ns
    if recent is None or len(recent) < limit:
        return ""
    wait_ns = recent[-limit] + SECOND_NS - at_ns
    if wait_ns <= 0:
        return ""
    figures["limit"] = limit
    figures["wait_ns"] = wait_ns
    return rejects.RATE_LIMITED


def count_order(account: Account, at_ns: int) -> None:
    """Let an order count against the limit per second; only as many times are kept as the limit needs."""
    limit = account.max_orders_per_second
    if limit == 0:
        return
    recent = account.recent_ns
    if recent is None:
        recent = account.recent_ns = deque()
    while len(recent) >= limit:
        recent.popleft()
    recent.append(at_ns)
