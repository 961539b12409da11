"""Thousands of random commands: the books must be right after each, and every road to a state must lead to it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from trading.engine.all_events import AnyEvent
from trading.engine.commands import AnyCommand
from trading.engine.events import CommandRefused, Event, OrderAccepted, OrderRepeated, Trade
from trading.engine.invariants import check
from trading.engine.machine import Machine
from trading.engine.snapshot import dump, load
from trading.engine.types import OPEN

from .generated import Commands

STEPS = 2_500
ROOT = Path(__file__).parents[2]


def live(seed: int, steps: int, *, prove: bool) -> tuple[Machine, list[tuple[AnyCommand, int, list[Event]]]]:
    """Run a machine under random commands; give it and what it said."""
    machine = Machine()
    source = Commands(machine, seed)
    log: list[tuple[AnyCommand, int, list[Event]]] = []
    at_ns = 1_000_000_000

    def apply(command: AnyCommand) -> None:
        nonlocal at_ns
        at_ns += 40_000_000
        seq = machine.seq
        events = machine.apply(command, at_ns, at_ns)
        assert events
        assert machine.seq == seq + (type(events[0]) is not OrderRepeated)
        log.append((command, at_ns, events))
        if prove:
            assert check(machine) == [], command
            for event in events:
                _check_event(machine, event)

    for command in source.opening():
        apply(command)
    for _ in range(steps):
        apply(source.next())
    return machine, log


def _check_event(machine: Machine, event: Event) -> None:
    """M7: at its own number no accepted opening order leaves the account without money."""
    if isinstance(event, OrderAccepted) and event.offset == OPEN:
        funds = event.funds
        assert funds.cash_fen - funds.margin_fen - funds.frozen_margin_fen - funds.frozen_fee_fen >= 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_books_are_right_after_every_command(seed: int) -> None:
    machine, log = live(seed, STEPS, prove=True)
    assert sum(type(event) is Trade for _, _, events in log for event in events) > STEPS / 20
    assert machine.day_number > 3


def test_the_dice_reach_everything() -> None:
    # Or the proofs of this page are empty.
    logs = [live(seed, STEPS, prove=False)[1] for seed in range(1, 13)]
    kinds = {type(event).__name__ for log in logs for _, _, events in log for event in events}
    assert {event.__name__ for event in get_args(AnyEvent)} - kinds == set()


@pytest.mark.parametrize("seed", [11, 12])
def test_every_road_leads_to_the_same_state_and_says_the_same(seed: int) -> None:
    machine, log = live(seed, STEPS, prove=False)
    encode = msgspec.msgpack.Encoder().encode
    replayed, restored = Machine(), Machine()
    for number, (command, at_ns, events) in enumerate(log):
        assert encode(replayed.apply(command, at_ns, at_ns)) == encode(events)
        if number % 97 == 0:
            before = dump(restored)
            restored = load(before)
            assert dump(restored) == before
        assert encode(restored.apply(command, at_ns, at_ns)) == encode(events)
    assert machine.state_hash() == replayed.state_hash() == restored.state_hash()
    assert check(restored) == []


def test_commands_and_events_survive_the_wire() -> None:
    _, log = live(21, 400, prove=False)
    for command, _, events in log:
        try:
            body = msgspec.msgpack.encode(command)
        except OverflowError:
            continue
        assert msgspec.msgpack.decode(body, type=AnyCommand) == command
        for event in events:
            assert msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=AnyEvent) == event


def test_a_refused_command_leaves_no_trace_but_its_number() -> None:
    machine = Machine()
    source = Commands(machine, 31)
    at_ns = 1_000_000_000
    refused = 0
    for command in source.opening():
        machine.apply(command, at_ns, at_ns)
    for _ in range(600):
        at_ns += 40_000_000
        before = machine.state_hash()
        (first, *rest) = machine.apply(source.next(), at_ns, at_ns)
        if isinstance(first, CommandRefused):
            refused += 1
            assert rest == []
            machine.state.seq -= 1
            assert machine.state_hash() == before
            machine.state.seq += 1
    assert refused > 40


def test_nothing_is_left_for_a_garbage_collector() -> None:
    # The core runs with the collector off, so whatever ends must fall to its reference count alone.
    run = subprocess.run(
        [sys.executable, "-m", "tests.engine.leftovers"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "0"
