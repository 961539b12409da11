"""The engine's own invariants after a command: all of them now and then, always those of what the command touched.

A full proof costs as much as thirty commands, and most of it would prove again what nobody has touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from trading.engine import invariants
from trading.engine.events import Trade
from trading.engine.machine import Machine
from trading.engine.state import State

FULL_EVERY: Final = 10


def breaches(machine: Machine, events: list[Any]) -> Iterator[str]:
    """Every breach as one sentence."""
    state = machine.state
    if state.seq % FULL_EVERY == 0:
        yield from invariants.check(machine)
        return
    touched = {key for event in events for key in _accounts_of(event)}
    # A window on the state in which only these accounts stand.
    window = State()
    window.accounts.update({key: state.accounts[key] for key in touched if key in state.accounts})
    window.contracts.update(state.contracts)
    window.settling = state.settling
    yield from invariants._accounts(window)
    yield from invariants._money(state)
    yield from invariants._positions(state)
    yield from invariants._orders(state)
    yield from invariants._books(state)


def _accounts_of(event: Any) -> Iterator[int]:
    if isinstance(event, Trade):
        yield event.maker.account_id
        yield event.taker.account_id
    elif hasattr(event, "account_id"):
        yield event.account_id
