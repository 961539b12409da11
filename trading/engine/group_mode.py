"""Which self-trade rule a control group has: its own, or while one of it is liquidated, the strictest.

A client could otherwise end an order that closes by force by sending another against it.
"""

from __future__ import annotations

from trading.engine.state import State
from trading.engine.types import STP_NEWEST


def in_liquidation(state: State, group_key: int) -> bool:
    """Say whether positions of a control group are being closed by force."""
    return any(state.accounts[key].group_key == group_key for key in state.liquidations)


def group_mode(state: State, group_key: int) -> int:
    """The rule in force for a control group."""
    if state.liquidations and in_liquidation(state, group_key):
        return STP_NEWEST
    return state.stp_modes.get(group_key, STP_NEWEST)


def put_group_mode(state: State, group_key: int) -> None:
    """Give the rule in force to all accounts of a group; called when a liquidation begins or ends."""
    if group_key in state.stp_modes:
        mode = group_mode(state, group_key)
        for account in state.accounts.values():
            if account.group_key == group_key:
                account.stp_mode = mode
