"""Settlement in steps: the same books as in one command, resumable at any step, closed to everything between."""

from __future__ import annotations

import random

import pytest

from trading.engine import rejects
from trading.engine.commands import (
    BeginSettlement,
    EndSettlement,
    MoveCash,
    OpenAccount,
    RollDay,
    SetPhase,
    SettleAccounts,
)
from trading.engine.events import (
    AccountSettled,
    AccountsSettled,
    CommandRefused,
    DayRolled,
    OrderRejected,
    PhaseChanged,
)
from trading.engine.exchange.market import Market
from trading.engine.exchange.settlement_price import settlement_price
from trading.engine.machine import Machine
from trading.engine.snapshot import dump, load
from trading.engine.types import AUCTION_ENTRY, CLOSED, CONTINUOUS, DEPOSIT, GTC, SETTLEMENT

from .generated import Commands
from .support import DAY_1, DAY_2, GOLD, SOY, World

FIRST = 7001
COUNT = 7


@pytest.fixture
def world() -> World:
    """Seven people with lots and working orders."""
    world = World()
    for number in range(COUNT):
        world.account(FIRST + number, cash_fen=500_000_000)
    for number in range(COUNT - 1):
        world.trade(FIRST + number, FIRST + number + 1, 1, 40_000 + 10 * number)
    world.buy(FIRST, 1, 39_000, time_in_force=GTC)
    world.buy(FIRST, 1, 39_001)
    return world


def begin(world: World, prices: list[tuple[int, int]] | None = None) -> SettleAccounts:
    """Begin; gives the command of the first chunk."""
    world.do(BeginSettlement(0, DAY_2, prices or [], "system"))
    return SettleAccounts(0, 0, 3, "system")


def finish(machine: Machine, at_ns: int, *, chunk: int) -> None:
    """Settle what is left, and end."""
    while machine.state.settling is not None:
        settling = machine.state.settling
        events = machine.apply(SettleAccounts(0, settling.through, chunk, "system"), at_ns, at_ns)
        if isinstance(events[0], CommandRefused):
            machine.apply(EndSettlement(0, "system"), at_ns, at_ns)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("chunk", [1, 3, 500])
def test_steps_and_one_command_make_the_same_books(seed: int, chunk: int) -> None:
    machine = Machine()
    source = Commands(machine, 90 + seed)
    at_ns = 1_000_000_000
    for command in source.opening():
        machine.apply(command, at_ns, at_ns)
    for _ in range(700):
        at_ns += 40_000_000
        machine.apply(source.next(), at_ns, at_ns)
    finish(machine, at_ns, chunk=500)
    for key, market in machine.state.markets.items():
        market.phase = CLOSED if machine.state.contracts[key].expired else CONTINUOUS
    prices = [(key, machine.instrument_stats(key).last) for key in sorted(machine.state.markets)]
    day = machine.trading_day + 10_000
    one, steps = load(dump(machine)), load(dump(machine))
    one.apply(RollDay(0, day, prices, "system"), at_ns, at_ns)
    steps.apply(BeginSettlement(0, day, prices, "system"), at_ns, at_ns)
    dice = random.Random(seed)
    while steps.state.settling is not None:
        through = steps.state.settling.through
        if dice.random() < 0.3:
            steps = load(dump(steps))  # the core died here
        (first, *_) = steps.apply(SettleAccounts(0, through, chunk, "system"), at_ns, at_ns)
        if isinstance(first, CommandRefused):
            steps.apply(EndSettlement(0, "system"), at_ns, at_ns)
    steps.state.seq = one.state.seq
    # When a liquidation ended is told by the command's number, and steps take more of them.
    assert steps.state.liquidation_ends.keys() == one.state.liquidation_ends.keys()
    steps.state.liquidation_ends.update(one.state.liquidation_ends)
    assert steps.state_hash() == one.state_hash()


def test_nothing_trades_and_nothing_moves_between_the_steps(world: World) -> None:
    begin(world)
    (event,) = world.buy(FIRST, 1, 39_000)
    assert isinstance(event, OrderRejected)
    assert (event.code, event.figures) == (rejects.WRONG_PHASE, {"phase": SETTLEMENT})
    for command in (
        MoveCash(1, FIRST, DEPOSIT, 1, "later", "u2", "u3"),
        OpenAccount(1, 9001, 0, "u1"),
        RollDay(0, DAY_2, [], "system"),
        SetPhase(0, [GOLD], CONTINUOUS, "", "system"),
        BeginSettlement(0, DAY_2, [], "system"),
    ):
        assert world.refused(command).code == rejects.SETTLING


def test_a_chunk_is_settled_once_and_says_where_to_go_on(world: World) -> None:
    chunk = begin(world)
    (first, *settled) = world.do(chunk)
    assert first == AccountsSettled(0, FIRST + 2, 3, COUNT - 3)
    assert [event.account_id for event in settled] == [FIRST, FIRST + 1, FIRST + 2]
    again = world.refused(chunk)
    assert (again.code, again.figures) == (rejects.SETTLEMENT_ORDER, {"settling": 1, "through": FIRST + 2})
    early = world.refused(EndSettlement(0, "system"))
    assert early.figures == {"settling": 1, "through": FIRST + 2, "remaining": COUNT - 3}


def test_the_day_ends_when_all_are_settled_and_ends_once(world: World) -> None:
    world.do(begin(world))
    world.do(SettleAccounts(0, FIRST + 2, 500, "system"))
    past = world.refused(SettleAccounts(0, FIRST + COUNT - 1, 500, "system"))
    assert past.figures["remaining"] == 0
    (event, phases) = world.do(EndSettlement(0, "system"))
    assert phases == PhaseChanged(0, CONTINUOUS, [(GOLD, SETTLEMENT), (SOY, SETTLEMENT)], "", "system")
    assert isinstance(event, DayRolled)
    assert (event.ended_trading_day, event.trading_day) == (DAY_1, DAY_2)
    assert world.machine.instrument_stats(GOLD).phase == CONTINUOUS
    for command in (SettleAccounts(0, 0, 5, "system"), EndSettlement(0, "system")):
        assert world.refused(command).code == rejects.SETTLEMENT_ORDER
    assert world.refused(BeginSettlement(0, DAY_2, [], "system")).code == rejects.TRADING_DAY


def test_without_given_prices_the_days_average_settles(world: World) -> None:
    begin(world)
    assert world.machine.state.settling.prices == {GOLD: 40_025, SOY: 3_001}
    (_, *settled) = world.do(SettleAccounts(0, 0, 500, "system"))
    assert sum(event.mark_fen for event in settled if isinstance(event, AccountSettled)) == 0
    assert world.machine.account_view(FIRST).position_profit_fen == 0


def test_a_given_price_wins_and_must_be_inside_the_band(world: World) -> None:
    refused = world.refused(BeginSettlement(0, DAY_2, [(GOLD, 99_999)], "system"))
    assert refused.code == rejects.ROLL_BAD
    begin(world, [(GOLD, 40_030)])
    assert world.machine.state.settling.prices[GOLD] == 40_030


def test_no_settlement_in_the_middle_of_an_auction(world: World) -> None:
    world.do(SetPhase(0, [GOLD], AUCTION_ENTRY, "", "system"))
    assert world.refused(BeginSettlement(0, DAY_2, [], "system")).code == rejects.PHASE_BAD


@pytest.mark.parametrize(("count", "tenant_id"), [(0, 0), (501, 0), (-1, 0), (5, 1)])
def test_chunks_are_bounded_and_the_operators_alone(world: World, count: int, tenant_id: int) -> None:
    begin(world)
    assert world.refused(SettleAccounts(tenant_id, 0, count, "system")).code == rejects.FIELD_BAD


@pytest.mark.parametrize(
    ("trades", "price"), [([], 77), ([(100, 1)], 100), ([(100, 1), (101, 1)], 101), ([(100, 3), (101, 1)], 100)]
)
def test_the_settlement_price_is_the_average_weighted_by_volume(trades: list[tuple[int, int]], price: int) -> None:
    market = Market(1)
    for ticks, qty in trades:
        market.record_trade(ticks, qty, 2)
    assert settlement_price(market, previous_ticks=77) == price
