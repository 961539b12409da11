"""exchange-core's scenarios (Gherkin), played through the engine.

`AURUM_FEATURES` names a feature file or a folder of them; without it the one in the data folder is played. A client of
a scenario is two accounts here, one that buys and one that sells, because theirs may trade with themselves. Steps
about balances in two currencies and about fees are not the engine's: they are skipped by themselves, with the reason.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from portal.lib.paths import REPOSITORY
from trading.engine.commands import (
    CancelOrder,
    MoveCash,
    OpenAccount,
    PlaceOrder,
    PutInstrument,
    ReplaceOrder,
    RollDay,
)
from trading.engine.events import CommandRefused, Event, OrderAccepted, OrderCanceled, OrderReplaced, Trade
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.invariants import check
from trading.engine.machine import Machine
from trading.engine.types import BUY, DAY, DEPOSIT, FOK, IOC, LIMIT, OPEN, SELL

DATA: Final = Path(os.environ.get("AURUM_DATA") or REPOSITORY.parent / "shared" / "data")
SOURCE: Final = Path(os.environ.get("AURUM_FEATURES") or DATA / "exchange_core_basic.feature")

TODAY: Final = 20260105
SIDES: Final = {"BID": BUY, "ASK": SELL}
LIVES: Final = {"GTC": DAY, "IOC": IOC, "FOK": FOK}
Table = list[list[str]]


# -- reading


@dataclass
class Step:
    """One line of a scenario, with the table under it."""

    line: int
    text: str
    table: Table = field(default_factory=list)


@dataclass
class Scenario:
    """A scenario with its background's steps in front; outlines are one for each row of examples."""

    name: str
    steps: list[Step]


_KEYWORD: Final = re.compile(r"(?:Given|When|Then|And|But|\*)\s+(.*)")


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


class _Reader:
    """Reads one feature file line by line."""

    def __init__(self, text: str) -> None:
        self.background: list[Step] = []
        self.found: list[tuple[str, list[Step], Table]] = []
        self._steps: list[Step] = []
        self._table: Table = []
        for number, raw in enumerate(text.splitlines(), start=1):
            line = raw.strip()
            if line and line[0] not in "#@":
                self._take(number, line)

    def _take(self, number: int, line: str) -> None:
        step = _KEYWORD.fullmatch(line)
        if line.startswith("|"):
            self._table.append(_cells(line))
        elif step is not None:
            self._steps.append(Step(number, step[1]))
            self._table = self._steps[-1].table
        elif line.startswith("Background:"):
            self._steps = self.background
        elif line.startswith(("Scenario:", "Scenario Outline:", "Scenario Template:", "Example:")):
            self._steps, examples = [], []
            self.found.append((line.partition(":")[2].strip(), self._steps, examples))
        elif line.startswith(("Examples:", "Scenarios:")):
            self._table = self.found[-1][2]

    def scenarios(self) -> Iterator[Scenario]:
        for name, steps, examples in self.found:
            header, *rows = examples or [[]]
            for row in rows or [[]]:
                values = dict(zip(header, row, strict=False))
                filled = [_filled(step, values) for step in self.background + steps]
                yield Scenario(" ".join([name, *row]), filled)


def _filled(step: Step, values: dict[str, str]) -> Step:
    def put(text: str) -> str:
        return re.sub(r"<(\w+)>", lambda match: values.get(match[1], match[0]), text)

    return Step(step.line, put(step.text), [[put(cell) for cell in row] for row in step.table])


def read_scenarios(source: Path) -> list[Scenario]:
    """All scenarios of a file or a folder; none when it is absent."""
    files = sorted(source.rglob("*.feature")) if source.is_dir() else [source] if source.is_file() else []
    return [scenario for file in files for scenario in _Reader(file.read_text("utf-8")).scenarios()]


# -- playing


class Stage:
    """A machine with a contract for each symbol that is named."""

    def __init__(self) -> None:
        self.machine = Machine()
        self.at_ns = 0
        self.last: list[Event] = []
        self.symbols: dict[str, int] = {}
        self.clients: dict[str, dict[int, int]] = {}  # name → side → account
        self.orders: dict[int, tuple[str, int, int]] = {}  # the scenario's id → (client, side, the engine's number)
        self._do(RollDay(0, TODAY, [], "u1"))

    def _do(self, command: object) -> list[Event]:
        self.at_ns += 1_000
        events = self.machine.apply(command, self.at_ns, self.at_ns)
        assert check(self.machine) == []
        return events

    def client(self, name: str) -> None:
        accounts = {side: 10 * (len(self.clients) + 1) + side for side in (BUY, SELL)}
        self.clients[name] = accounts
        for account_id in accounts.values():
            self._do(OpenAccount(1, account_id, 0, "u1"))
            self._do(MoveCash(1, account_id, DEPOSIT, 10**15, f"r{account_id}", "u2", "u3"))

    def symbol(self, name: str) -> int:
        if name not in self.symbols:
            number = self.symbols[name] = len(self.symbols) + 1
            rates = Rates(1_000, 1_000, Fees())
            self._do(
                PutInstrument(
                    0,
                    Instrument(
                        number, name, "X", "x", "x", "x", 1, 100, 1, rates, 999_999, False, False, 100_000, 500_000,
                        20991231,
                    ),
                    "u1",
                )
            )  # fmt: skip
        return self.symbols[name]

    def place(self, client: str, side: int, order: int, price: int, qty: int, lives: str, symbol: str) -> None:
        account_id = self.clients[client][side]
        number, name = self.symbol(symbol), f"o{order}"
        self.last = self._do(
            PlaceOrder(1, account_id, name, TODAY, number, side, OPEN, LIMIT, LIVES[lives], qty, price, "u1")
        )
        assert isinstance(self.last[0], OrderAccepted), self.last
        self.orders[order] = (client, side, self.last[0].order_id)

    def move(self, client: str, order: int, price: int) -> None:
        account_id, number = self._where(client, order)
        view = self.machine.order_view(account_id, number)
        self.last = self._do(ReplaceOrder(1, account_id, number, view.qty if view else 1, price, "u1"))

    def cancel(self, client: str, order: int) -> None:
        account_id, number = self._where(client, order)
        self.last = self._do(CancelOrder(1, account_id, number, "", "u1"))

    def _where(self, client: str, order: int) -> tuple[int, int]:
        _owner, side, number = self.orders.get(order, (client, BUY, 0))
        return self.clients[client][side], number

    def working(self, client: str) -> Table:
        """A client's orders as (id, price, size, filled, side)."""
        names = {number: order for order, (_client, _side, number) in self.orders.items()}
        return sorted(
            [str(names[view.order_id]), str(view.price_ticks), str(view.qty), str(view.filled_qty), side]
            for side, code in SIDES.items()
            for view in self.machine.account_view(self.clients[client][code]).orders
        )

    def book(self, symbol: str) -> Table:
        """Rows of bid, price, ask, highest price first."""
        bids, asks = self.machine.depth(self.symbol(symbol), 1_000)
        rows = [["", str(price), str(qty)] for price, qty in reversed(asks)]
        return rows + [[str(qty), str(price), ""] for price, qty in bids]


def _given_client(stage: Stage, _table: Table, name: str) -> None:
    stage.client(name)


def _place(stage: Stage, _table: Table, client: str, side: str, order: str, price: str, qty: str, rest: str) -> None:
    terms = dict(re.findall(r"(\w+): *([^,)]+)", rest))
    stage.place(client, SIDES[side], int(order), int(price), int(qty), terms["type"].strip(), terms["symbol"].strip())


def _moves(stage: Stage, _table: Table, client: str, price: str, order: str) -> None:
    stage.move(client, int(order), int(price))
    assert isinstance(stage.last[0], OrderReplaced), stage.last


def _moves_not(stage: Stage, _table: Table, client: str, price: str, order: str) -> None:
    stage.move(client, int(order), int(price))
    assert isinstance(stage.last[0], CommandRefused), stage.last


def _cancels(stage: Stage, _table: Table, client: str, qty: str, order: str) -> None:
    stage.cancel(client, int(order))
    (event,) = stage.last
    assert isinstance(event, OrderCanceled)
    assert event.canceled_qty == int(qty)


def _book_is(stage: Stage, table: Table, symbol: str) -> None:
    rows = table[1:] if table and not any(cell.isdigit() for cell in table[0]) else table
    assert stage.book(symbol) == rows


def _no_trades(stage: Stage, _table: Table) -> None:
    assert [event for event in stage.last if isinstance(event, Trade)] == []


def _matched(stage: Stage, _table: Table, order: str, how: str, price: str, qty: str) -> None:
    number = stage.orders[int(order)][2]
    legs = [
        (event.price_ticks, event.qty, leg.order_leaves_qty)
        for event in stage.last
        if isinstance(event, Trade)
        for leg in (event.maker, event.taker)
        if leg.order_id == number
    ]
    assert (int(price), int(qty)) == legs[-1][:2]
    assert (legs[-1][2] == 0) == (how == "fully")


def _orders_are(stage: Stage, table: Table, client: str) -> None:
    header, *rows = table
    wanted = ("id", "price", "size", "filled", "side")
    assert stage.working(client) == sorted([row[header.index(name)] for name in wanted] for row in rows)


def _no_orders(stage: Stage, _table: Table, client: str) -> None:
    assert stage.working(client) == []


def _not_ours(_stage: Stage, _table: Table, *_groups: str) -> None:
    """Looked at in a test of its own, which is skipped."""


_STEPS: Final[list[tuple[str, Callable[..., None]]]] = [
    (r"New client (\w+) has a balance:", _given_client),
    (r"(?:A )?client (\w+) places an? (ASK|BID) order (\d+) at (\d+)@(\d+) \((type: *(?:GTC|IOC|FOK), .*)\)", _place),
    (r"(?:A )?client (\w+) moves a price to (\d+) of the order (\d+)", _moves),
    (r"(?:A )?client (\w+) could not move a price to (\d+) of the order (\d+).*UNKNOWN_ORDER_ID.*", _moves_not),
    (r"(?:A )?client (\w+) cancels the remaining size (\d+) of the order (\d+)", _cancels),
    (r"An? (\w+) order book is:", _book_is),
    (r"No trade events", _no_trades),
    (r"The order (\d+) is (partially|fully) matched\. LastPx: (\d+), LastQty: (\d+).*", _matched),
    (r"(?:A )?client (\w+) orders:", _orders_are),
    (r"(?:A )?client (\w+) does not have active orders", _no_orders),
    (r"(?:A )?balance of a client (\w+):", _not_ours),
]  # fmt: skip


def _player(text: str) -> tuple[Callable[..., None], tuple[str, ...]] | None:
    plain = re.sub(r"^A(?:n)? (?=client|balance)", "A ", text)
    for pattern, player in _STEPS:
        match = re.fullmatch(pattern, plain)
        if match is not None:
            return player, match.groups()
    return None


def reason_to_skip(scenario: Scenario) -> str:
    """The first step of a scenario that is not about what the engine does; empty when it is to be played."""
    for step in scenario.steps:
        if _player(step.text) is None:
            return re.sub(r"\d+", "#", step.text)
    return ""


def play(scenario: Scenario) -> None:
    """Play a scenario step by step."""
    stage = Stage()
    for step in scenario.steps:
        found = _player(step.text)
        assert found is not None
        found[0](stage, step.table, *found[1])


SCENARIOS: Final = read_scenarios(SOURCE)
BALANCES: Final = [
    (scenario, step)
    for scenario in SCENARIOS
    for step in scenario.steps
    if (found := _player(step.text)) is not None and found[0] is _not_ours
]


@pytest.mark.parametrize("scenario", SCENARIOS or [None], ids=lambda one: one.name if one else "absent")
def test_plays_the_scenario(scenario: Scenario | None) -> None:
    if scenario is None:
        pytest.skip(f"FEATURES ABSENT: {SOURCE.name} not found (set AURUM_FEATURES, or AURUM_DATA)")
    reason = reason_to_skip(scenario)
    if reason:
        pytest.skip(f"exchange-core: a step that is not the engine's: {reason}")
    play(scenario)


@pytest.mark.parametrize(
    ("scenario", "step"), BALANCES, ids=lambda one: getattr(one, "name", None) or f"line{one.line}"
)
def test_balance_of_two_currencies(scenario: Scenario, step: Step) -> None:
    pytest.skip("exchange-core: a step about a client's balances of two currencies: an account here has one")


# -- the reader, on features made by hand

FEATURE: Final = """
Feature: two people
  # a comment
  Background:
    Given New client Ann has a balance:
      | USD | 1 |
    And New client Bob has a balance:
      | USD | 1 |
  @Tag
  Scenario Outline: one trade
    When A client Ann places an ASK order 1 at 100@5 (type: GTC, symbol: <symbol>)
    And A client Bob places an BID order 2 at 100@2 (type: <life>, symbol: <symbol>, reservePrice: 100)
    Then The order 1 is partially matched. LastPx: 100, LastQty: 2
    And An <symbol> order book is:
      | bid | price | ask |
      |     | 100   | 3   |
    Examples:
      | symbol  | life |
      | EUR_USD | GTC  |
      | ETH_XBT | IOC  |
  Scenario: a riddle
    When A client Ann dreams of 7 sheep
"""


def _read(tmp_path: Path, text: str) -> list[Scenario]:
    file = tmp_path / "made.feature"
    file.write_text(text)
    return read_scenarios(tmp_path)


def test_reads_backgrounds_outlines_and_tables(tmp_path: Path) -> None:
    first, second, riddle = _read(tmp_path, FEATURE)
    assert [first.name, second.name, riddle.name] == ["one trade EUR_USD GTC", "one trade ETH_XBT IOC", "a riddle"]
    assert [len(one.steps) for one in (first, second, riddle)] == [6, 6, 3]
    assert first.steps[5].table == [["bid", "price", "ask"], ["", "100", "3"]]
    assert "symbol: ETH_XBT" in second.steps[2].text
    play(first)
    play(second)


def test_skips_a_scenario_with_a_step_it_does_not_know(tmp_path: Path) -> None:
    assert reason_to_skip(_read(tmp_path, FEATURE)[2]) == "A client Ann dreams of # sheep"
    budget = FEATURE.replace("type: GTC", "type: FOK_BUDGET")
    assert "FOK_BUDGET" in reason_to_skip(_read(tmp_path, budget)[0])


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("| 100   | 3", "| 100   | 4"),
        ("|     | 100   | 3   |", "| 3 | 100 | |"),
        ("LastQty: 2", "LastQty: 3"),
        ("is partially", "is fully"),
        ("LastPx: 100", "LastPx: 101"),
    ],
)
def test_sees_a_wrong_book_and_a_wrong_trade(tmp_path: Path, right: str, wrong: str) -> None:
    scenario = _read(tmp_path, FEATURE.replace(right, wrong))[0]
    with pytest.raises(AssertionError):
        play(scenario)
