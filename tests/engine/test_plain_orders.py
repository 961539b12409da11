"""The short way of plain orders says and does, byte for byte, what the general way does."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from trading.engine.commands import (
    AnyCommand,
    CancelOrder,
    PlaceOrder,
    PutParameters,
    SetAccountLimits,
    SetTenantRules,
)
from trading.engine.events import Event, OrderAccepted, OrderCanceled, Trade
from trading.engine.invariants import check
from trading.engine.machine import Machine
from trading.engine.state import State
from trading.engine.types import (
    AUTO,
    CLOSE,
    CLOSE_TODAY,
    DAY,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MARKET,
    OPEN,
)

from .generated import Commands

AT_NS = 40_000_000
US, OTHER = 7001, 7002
_encode = msgspec.msgpack.Encoder().encode


def bar_short_way(state: State) -> None:
    """Let every account believe that it was asked and has no plain standing."""
    for account in state.accounts.values():
        for holding in account.holdings.values():
            holding.plain_at = -state.standing


def is_plain(machine: Machine, account_id: int, instrument_id: int) -> bool:
    """Whether the next order of an account in a contract need not ask again."""
    holding = machine.state.accounts[account_id].holdings.get(instrument_id)
    return holding is not None and holding.plain_at == machine.state.standing


class Twins:
    """Two machines given the same commands: one goes as it likes, the other the general way only."""

    def __init__(self) -> None:
        self.short, self.general = Machine(), Machine()
        self.at_ns = 1_000_000_000
        self.short_ones: list[tuple[AnyCommand, list[Event]]] = []

    def apply(self, command: AnyCommand) -> None:
        """Apply a command to both; they must say the same."""
        self.at_ns += AT_NS
        bar_short_way(self.general.state)
        events = self.short.apply(command, self.at_ns, self.at_ns)
        assert _encode(events) == _encode(self.general.apply(command, self.at_ns, self.at_ns)), command
        first = events[0]
        if isinstance(first, OrderAccepted | OrderCanceled) and is_plain(
            self.short, first.account_id, first.instrument_id
        ):
            self.short_ones.append((command, events))

    def agree(self) -> None:
        """Both hold the same state."""
        assert self.short.state_hash() == self.general.state_hash()
        assert check(self.short) == []


def plain_life(source: Commands, steps: int) -> Iterator[AnyCommand]:
    """A life in which nobody sets rules that make everything special for good."""
    rare = (PutParameters, SetTenantRules, SetAccountLimits)
    yield from (command for command in source.opening() if not isinstance(command, rare))
    for _ in range(steps):
        command = source.next()
        if not isinstance(command, rare):
            yield command


@pytest.mark.parametrize("seed", [41, 42, 43])
def test_both_ways_say_the_same_of_a_life_of_plain_orders(seed: int) -> None:
    twins = Twins()
    for number, command in enumerate(plain_life(Commands(twins.short, seed), 4_000)):
        twins.apply(command)
        if number % 50 == 0:
            twins.agree()
    twins.agree()
    # Or the proof is empty: every kind of plain order took the short way.
    placed = [(command, events) for command, events in twins.short_ones if isinstance(command, PlaceOrder)]
    kinds = {(command.order_type, command.time_in_force) for command, _ in placed}
    assert kinds >= {(LIMIT, DAY), (LIMIT, IOC), (LIMIT, FOK), (LIMIT, GTC), (MARKET, IOC)}
    assert {command.offset for command, _ in placed} >= {OPEN, AUTO, CLOSE, CLOSE_TODAY}
    assert sum(type(event) is Trade for _, events in placed for event in events) > 100
    assert sum(isinstance(command, CancelOrder) for command, _ in twins.short_ones) > 50


@pytest.mark.parametrize("seed", [51, 52])
def test_both_ways_say_the_same_whatever_rules_come_and_go(seed: int) -> None:
    twins = Twins()
    source = Commands(twins.short, seed)
    for command in source.opening():
        twins.apply(command)
    for _ in range(3_000):
        twins.apply(source.next())
    twins.agree()
