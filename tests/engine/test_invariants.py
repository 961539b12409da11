"""The proof of the books must itself be able to fail: every kind of damage is found and named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trading.engine.invariants import check
from trading.engine.machine import Machine
from trading.engine.types import CLOSE_TODAY, FILLED

from .support import GOLD, World

US, OTHER = 7001, 7002


@pytest.fixture
def machine() -> Machine:
    """US is long 3, OTHER short 3; US works a bid for 2 and a close of 1, OTHER an ask for 4."""
    world = World()
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=500_000_000)
    world.trade(US, OTHER, 2, 40_000)
    world.trade(US, OTHER, 1, 40_010)
    world.buy(US, 2, 39_990)
    world.sell(US, 1, 40_100, offset=CLOSE_TODAY)
    world.sell(OTHER, 4, 40_100)
    return world.machine


def account(machine: Machine):
    return machine.state.accounts[US]


def position(machine: Machine):
    return account(machine).holdings[GOLD].long


def order(machine: Machine):
    return account(machine).order_head


def level(machine: Machine):
    return machine.state.markets[GOLD].book.asks.levels[40_100]


def add(thing: object, name: str, amount: int = 1) -> None:
    setattr(thing, name, getattr(thing, name) + amount)


DAMAGE: list[tuple[str, Callable[[Machine], object]]] = [
    ("M2", lambda m: add(account(m), "cash_fen")),
    ("M2", lambda m: add(m.state.tenants[1], "fee_fen")),
    ("M2", lambda m: add(m.state.tenants[1], "bank_fen", -1)),
    ("M4", lambda m: add(account(m), "fee_fen")),
    ("M4", lambda m: add(account(m), "close_profit_fen")),
    ("M5", lambda m: add(m.state.contracts[GOLD], "cleared_fen")),
    ("M5", lambda m: add(position(m).today_head, "price_ticks")),
    ("P1", lambda m: add(m.state.markets[GOLD], "open_interest")),
    ("P1", lambda m: add(position(m), "today_qty")),
    ("P2", lambda m: add(position(m).today_head, "qty")),
    ("P2", lambda m: add(position(m), "open_cost_fen")),
    ("P2", lambda m: add(position(m), "mark_cost_fen")),
    ("P2", lambda m: setattr(position(m), "today_tail", None)),
    ("P2", lambda m: add(account(m).holdings[GOLD], "net_qty")),
    ("P2", lambda m: add(account(m).holdings[GOLD], "net_cost_fen")),
    ("P3", lambda m: add(position(m), "frozen_today", 5)),
    ("P3", lambda m: add(position(m), "frozen_yesterday")),
    ("P3", lambda m: add(position(m), "opening_qty")),
    ("P3", lambda m: add(order(m).account_next, "from_today", -1)),
    ("R1", lambda m: add(account(m), "margin_fen")),
    ("R1", lambda m: add(position(m), "margin_fen")),
    ("R1", lambda m: add(position(m).today_head, "margin_unit")),
    ("R1", lambda m: add(account(m), "frozen_margin_fen")),
    ("R1", lambda m: add(account(m), "frozen_fee_fen", -1)),
    ("O2", lambda m: account(m).client_ids.popitem()),
    ("O2", lambda m: m.state.memory.rows.pop()),
    ("O2", lambda m: account(m).client_ids.update({"stranger": 999})),
    ("O3", lambda m: add(order(m), "leaves_qty")),
    ("O3", lambda m: add(account(m), "working_orders")),
    ("O3", lambda m: m.state.orders.popitem()),
    ("O4", lambda m: setattr(order(m), "status", FILLED)),
    ("O5", lambda m: setattr(m.state.markets[GOLD], "upper_ticks", 40_050)),
    ("B1", lambda m: setattr(m.state.markets[GOLD].book.asks, "best", m.state.markets[GOLD].book.bids.best)),
    ("B2", lambda m: add(level(m), "qty")),
    ("B2", lambda m: setattr(level(m), "tail", None)),
    ("B2", lambda m: setattr(level(m).tail, "prev", None)),
    ("B2", lambda m: m.state.markets[GOLD].book.asks.keys.append(-1)),
    ("B2", lambda m: m.state.markets[GOLD].book.remove(order(m))),
    ("B2", lambda m: m.state.markets[GOLD].book.add(order(m))),
]


def test_sound_books_have_no_breach(machine: Machine) -> None:
    assert check(machine) == []


@pytest.mark.parametrize(("letter", "damage"), DAMAGE, ids=[f"{n}-{row[0]}" for n, row in enumerate(DAMAGE)])
def test_damage_is_found_and_named(machine: Machine, letter: str, damage: Callable[[Machine], object]) -> None:
    damage(machine)
    assert letter in {breach.split()[0] for breach in check(machine)}
