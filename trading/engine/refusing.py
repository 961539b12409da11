"""Refusing a command: one event, nothing changed."""

from __future__ import annotations

from trading.engine import rejects
from trading.engine.bounds import NUMBER_MAX
from trading.engine.counter.accounts import Account
from trading.engine.counter.orders import Order
from trading.engine.events import CommandRefused, Event
from trading.engine.state import State


def refuse(events: list[Event], tenant_id: int, account_id: int, code: str, **figures: int) -> None:
    """Refuse a command that is not about one order. Numbers out of all bounds are not repeated."""
    events.append(
        CommandRefused(
            tenant_id if 0 <= tenant_id <= NUMBER_MAX else 0,
            account_id if 0 <= account_id <= NUMBER_MAX else 0,
            0,
            code,
            figures,
        )
    )


def refuse_order(events: list[Event], order: Order, code: str, figures: dict[str, int]) -> None:
    """Refuse what was asked of a working order."""
    account = order.account
    events.append(CommandRefused(account.tenant_id, account.account_id, order.order_id, code, figures))


def refuse_unknown_order(state: State, account: Account, order_id: int, events: list[Event]) -> None:
    """Refuse what was asked of an order that does not work: one that ended today is told from one that never was."""
    ended = order_id not in state.orders and state.memory.account_of(order_id) == account.account_id
    code = rejects.ORDER_TERMINAL if ended else rejects.ORDER_UNKNOWN
    events.append(CommandRefused(account.tenant_id, account.account_id, order_id if ended else 0, code, {}))
