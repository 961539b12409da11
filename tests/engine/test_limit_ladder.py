"""One-sided markets and their ladder: golden cases of days, the exact rule of the window, what is refused."""

from __future__ import annotations

import pytest

from trading.engine import rejects
from trading.engine.commands import (
    BeginSettlement,
    CancelAll,
    EndSettlement,
    PutInstrument,
    PutLimitLadder,
    RollDay,
    SetPhase,
    SetTenantRates,
    SettleAccounts,
    WatchClose,
)
from trading.engine.events import OrderRejected
from trading.engine.instrument import Rates
from trading.engine.ladder_flow import close_window_s
from trading.engine.ladders import LimitStep
from trading.engine.snapshot import dump, load
from trading.engine.terms import Terms
from trading.engine.types import (
    AUCTION_ENTRY,
    BUY,
    CLOSED,
    CONTINUOUS,
    GTC,
    HALTED,
    IOC,
    SELL,
    STOP,
)
from trading.engine.venue_events import ContractsMoved, ContractTerms, LimitLadderPut

from .support import GOLD, GOLD_RATES, SOY, World, gold

US, OTHER, THIRD = 7001, 7002, 7003
# The exchange's text as it is told (domain facts, 2.3): +3 and +5 points, margin 2 points above the limit, then a halt.
TABLE = [LimitStep(30_000, 20_000), LimitStep(50_000, 20_000), LimitStep(50_000, 20_000, True)]
DAYS = (20261124, 20261125, 20261126, 20261127, 20261130, 20261201)


@pytest.fixture
def world() -> World:
    """Gold at 800.00 with a 6 % limit and 8 % margin, a ladder in force, US long and OTHER short by two lots."""
    world = World()
    world.do(PutInstrument(0, gold(limit_ppm=60_000, rates=Rates(80_000, 80_000, GOLD_RATES.fees)), "u1"))
    world.do(PutLimitLadder(0, "SHFE", "", TABLE, "u2", "u3"))
    for account_id in (US, OTHER, THIRD):
        world.account(account_id, cash_fen=5_000_000_000)
    world.trade(US, OTHER, 2, 40_000)
    return world


def edge(world: World, side: int) -> int:
    market = world.machine.state.markets[GOLD]
    return market.upper_ticks if side == BUY else market.lower_ticks


def lock(world: World, side: int) -> None:
    """One side alone at its limit, from the window to the close."""
    world.do(world.order(US, side, 1, edge(world, side)))
    world.do(WatchClose(0, [GOLD], "system"))
    world.do(SetPhase(0, [GOLD], CLOSED, "", "system"))


def roll(world: World, *, steps: bool, to: int = 0) -> ContractTerms | None:
    """End the day at the last settlement, in one command or in steps; gives what it made of gold."""
    state = world.machine.state
    price = [(GOLD, state.contracts[GOLD].settlement_ticks)]
    day = to or next(day for day in DAYS if day > state.trading_day)
    if not steps:
        events = world.do(RollDay(0, day, price, "system"))
    else:
        events = world.do(BeginSettlement(0, day, price, "system"))
        world.do(SettleAccounts(0, 0, 500, "system"))
        world.do(EndSettlement(0, "system"))
    if state.markets[GOLD].phase == CLOSED:
        world.do(SetPhase(0, [GOLD], CONTINUOUS, "", "system"))
    rows = [row for event in events if isinstance(event, ContractsMoved) for row in event.rows]
    return rows[0] if rows else None


# One line a day: what the close was, then step, direction, limit and margin floor in points, and whether it halts.
UP, DOWN, CALM = BUY, SELL, 0
STORIES: dict[str, list[tuple[int, int, int, int, int, bool]]] = {
    "three days up, then a halt": [
        (UP, 1, UP, 90_000, 110_000, False),
        (UP, 2, UP, 110_000, 130_000, False),
        (UP, 3, UP, 110_000, 130_000, True),
    ],
    "three days down, then a halt": [
        (DOWN, 1, DOWN, 90_000, 110_000, False),
        (DOWN, 2, DOWN, 110_000, 130_000, False),
        (DOWN, 3, DOWN, 110_000, 130_000, True),
    ],
    "a calm day resets": [
        (UP, 1, UP, 90_000, 110_000, False),
        (CALM, 0, 0, 60_000, 0, False),
        (UP, 1, UP, 90_000, 110_000, False),
    ],
    "the other direction begins anew": [
        (UP, 1, UP, 90_000, 110_000, False),
        (UP, 2, UP, 110_000, 130_000, False),
        (DOWN, 1, DOWN, 90_000, 110_000, False),
        (DOWN, 2, DOWN, 110_000, 130_000, False),
    ],
}


@pytest.mark.parametrize("steps", [False, True], ids=["one command", "in steps"])
@pytest.mark.parametrize("name", sorted(STORIES))
def test_walks_the_table_day_by_day(world: World, name: str, steps: bool) -> None:
    for close, step, side, limit, floor, halts in STORIES[name]:
        if close:
            lock(world, close)
        row = roll(world, steps=steps)
        assert row is not None
        assert (row.step, row.side, row.limit_ppm, row.margin_floor_ppm) == (step, side, limit, floor)
        market = world.machine.state.markets[GOLD]
        assert market.upper_ticks == 40_000 * (1_000_000 + limit) // 1_000_000
        assert market.lower_ticks == 40_000 * (1_000_000 - limit) // 1_000_000
        assert (market.phase == HALTED) is halts
        # All lots held stand on the new margin from this settlement on: two lots of 800,000.00.
        view = world.machine.account_view(OTHER)
        assert view is not None
        assert view.funds.margin_fen == 2 * 80_000_000 * max(floor, 80_000) // 1_000_000


def test_a_halted_contract_takes_no_orders_and_stays_on_its_step_until_it_is_let_go(world: World) -> None:
    for _ in range(3):
        lock(world, UP)
        roll(world, steps=False)
    (event,) = world.buy(US, 1, 40_000)
    assert isinstance(event, OrderRejected)
    assert event.code == rejects.WRONG_PHASE
    assert roll(world, steps=True) is None
    state = world.machine.state
    assert (state.markets[GOLD].phase, state.contracts[GOLD].rung.step) == (HALTED, 3)
    world.do(SetPhase(0, [GOLD], CONTINUOUS, "exchange notice", "u1"))
    assert world.buy(US, 1, 40_000)[0].order_id
    row = roll(world, steps=False)
    assert row is not None
    assert (row.step, row.limit_ppm, row.margin_floor_ppm, row.phase) == (0, 60_000, 0, CONTINUOUS)


def test_the_wider_band_and_the_higher_margin_win(world: World) -> None:
    own = Rates(200_000, 200_000, GOLD_RATES.fees)
    world.do(SetTenantRates(1, GOLD, own, "u2", "u3"))
    lock(world, UP)
    world.do(PutInstrument(0, gold(limit_ppm=100_000, rates=Rates(80_000, 80_000, GOLD_RATES.fees)), "u1"))
    row = roll(world, steps=False)
    assert row is not None
    # The ladder counts from the limit of the first one-sided day, which was 10 % by then.
    assert (row.limit_ppm, row.margin_floor_ppm) == (130_000, 150_000)
    tariff = world.machine.state.contracts[GOLD].tariff(1)
    assert tariff.long_margin_ppm == 200_000
    assert world.machine.state.contracts[GOLD].base.long_margin_ppm == 150_000
    world.do(PutInstrument(0, gold(limit_ppm=170_000, rates=Rates(80_000, 80_000, GOLD_RATES.fees)), "u1"))
    lock(world, UP)
    row = roll(world, steps=False)
    assert row is not None
    assert (row.step, row.limit_ppm, row.margin_floor_ppm) == (2, 170_000, 190_000)


def broken(world: World, act: str) -> None:
    """What opens a market that was locked at the upper limit, or does not."""
    top = edge(world, UP)
    acts = {
        "nothing": lambda: None,
        "a seller meets the limit and trades at once": lambda: world.sell(OTHER, 1, top),
        "a seller takes all and is left": lambda: world.sell(OTHER, 9, top),
        "all buyers are met": lambda: world.sell(OTHER, 3, top),
        "a seller who is canceled again": lambda: (
            world.sell(OTHER, 9, top), world.do(CancelAll(1, OTHER, 0, "", "u9"))
        ),
        "the buyers leave": lambda: world.do(CancelAll(1, US, 0, "", "u9")),
        "the buyers leave and come back": lambda: (
            world.do(CancelAll(1, US, 0, "", "u9")), world.buy(US, 3, top)
        ),
        "another buyer below the limit": lambda: world.buy(THIRD, 1, top - 1),
        "a stop that waits": lambda: world.sell(
            OTHER, 1, 0, order_type=STOP, terms=Terms(trigger_ticks=39_000)
        ),
        "a FAK that finds somebody": lambda: world.sell(OTHER, 2, top - 5, time_in_force=IOC),
    }  # fmt: skip
    acts[act]()


@pytest.mark.parametrize(
    ("act", "stays"),
    [
        ("nothing", True),
        ("a seller meets the limit and trades at once", True),
        ("a seller takes all and is left", False),
        ("all buyers are met", False),
        ("a seller who is canceled again", False),
        ("the buyers leave", False),
        ("the buyers leave and come back", False),
        ("another buyer below the limit", True),
        ("a stop that waits", True),
        ("a FAK that finds somebody", True),
    ],
)
def test_what_opens_a_locked_market(world: World, act: str, stays: bool) -> None:
    world.buy(US, 3, edge(world, UP))
    world.do(WatchClose(0, [GOLD], "system"))
    broken(world, act)
    world.do(SetPhase(0, [GOLD], CLOSED, "", "system"))
    row = roll(world, steps=False)
    assert (row is not None and row.step == 1) is stays


def test_counts_only_what_stands_from_the_beginning_of_the_window(world: World) -> None:
    world.do(WatchClose(0, [GOLD], "system"))
    world.buy(US, 3, edge(world, UP))
    world.do(SetPhase(0, [GOLD], CLOSED, "", "system"))
    assert roll(world, steps=False) is None


def test_without_a_window_no_close_is_one_sided(world: World) -> None:
    world.buy(US, 3, edge(world, UP))
    world.do(SetPhase(0, [GOLD], CLOSED, "", "system"))
    assert roll(world, steps=False) is None


def test_orders_that_leave_after_the_close_change_nothing(world: World) -> None:
    lock(world, UP)
    world.do(CancelAll(1, US, 0, "", "u9"))
    row = roll(world, steps=True)
    assert row is not None
    assert row.step == 1


@pytest.mark.parametrize("phase", [CONTINUOUS, AUCTION_ENTRY])
def test_a_close_that_was_not_the_last_is_forgotten(world: World, phase: int) -> None:
    lock(world, UP)
    world.do(SetPhase(0, [GOLD], phase, "", "system"))
    if phase == AUCTION_ENTRY:
        world.do(SetPhase(0, [GOLD], HALTED, "", "system"))
        world.do(SetPhase(0, [GOLD], CONTINUOUS, "", "system"))
    world.do(CancelAll(1, US, 0, "", "u9"))
    assert roll(world, steps=False) is None


def test_a_median_price_inside_the_limit_opens_the_market() -> None:
    world = World()
    world.do(PutInstrument(0, gold(limit_ppm=60_000, price_rule=1), "u1"))
    world.do(PutLimitLadder(0, "SHFE", "", TABLE, "u2", "u3"))
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=5_000_000_000)
    world.trade(US, OTHER, 1, 40_000)
    top = edge(world, UP)
    world.buy(US, 3, top)
    world.do(WatchClose(0, [GOLD], "system"))
    assert world.machine.state.watches
    world.sell(OTHER, 1, top - 100)  # the last price is 800.00: the middle one is the seller's
    assert world.machine.state.watches == {}


def test_a_product_s_own_table_comes_before_the_venue_s(world: World) -> None:
    world.do(PutLimitLadder(0, "SHFE", "au", [LimitStep(10_000, 5_000)], "u2", "u3"))
    lock(world, DOWN)
    row = roll(world, steps=False)
    assert row is not None
    assert (row.limit_ppm, row.margin_floor_ppm) == (70_000, 75_000)
    lock(world, DOWN)  # a table of one step: there it stays
    row = roll(world, steps=False)
    assert row is not None
    assert (row.step, row.limit_ppm) == (1, 70_000)


def test_a_ladder_that_is_taken_away_ends_with_the_next_settlement(world: World) -> None:
    lock(world, UP)
    roll(world, steps=False)
    world.do(PutLimitLadder(0, "SHFE", "", [], "u2", "u3"))
    lock(world, UP)
    row = roll(world, steps=False)
    assert row is not None
    assert (row.step, row.limit_ppm, row.margin_floor_ppm) == (0, 60_000, 0)
    assert world.machine.state.contracts[GOLD].base.long_margin_ppm == 80_000


def test_carried_orders_stay_where_the_wider_band_lets_them(world: World) -> None:
    lock(world, UP)
    world.do(SetPhase(0, [GOLD], CONTINUOUS, "", "system"))
    world.do(CancelAll(1, US, 0, "", "u9"))
    world.do(RollDay(0, DAYS[0], [(GOLD, 40_000)], "system"))
    far = world.buy(THIRD, 1, edge(world, DOWN), time_in_force=GTC)[0].order_id
    world.do(RollDay(0, DAYS[1], [(GOLD, 41_000)], "system"))
    assert far not in world.machine.state.orders  # 37,600 lies below 41,000 less 6 %


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (PutLimitLadder(0, "SHFE", "", TABLE, "u2", "u2"), rejects.MAKER_IS_CHECKER),
        (PutLimitLadder(0, "SHFE", "", TABLE, "", "u2"), rejects.FIELD_BAD),
        (PutLimitLadder(1, "SHFE", "", TABLE, "u2", "u3"), rejects.FIELD_BAD),
        (PutLimitLadder(0, "", "", TABLE, "u2", "u3"), rejects.FIELD_BAD),
        (PutLimitLadder(0, "SHFE", "a\n", TABLE, "u2", "u3"), rejects.FIELD_BAD),
        (PutLimitLadder(0, "SHFE", "", TABLE * 6, "u2", "u3"), rejects.FIELD_BAD),
        (PutLimitLadder(0, "SHFE", "", [LimitStep(-1, 0)], "u2", "u3"), rejects.FIELD_BAD),
        (PutLimitLadder(0, "SHFE", "", TABLE, "u2", "u3", 0), rejects.FIELD_BAD),
        (PutLimitLadder(0, "SHFE", "", TABLE, "u2", "u3", 14_401), rejects.FIELD_BAD),
        (PutLimitLadder(0, "SHFE", "", [LimitStep(0, 1_000_000)], "u2", "u3"), rejects.FIELD_BAD),
        (WatchClose(1, [GOLD], "system"), rejects.FIELD_BAD),
        (WatchClose(0, [GOLD], ""), rejects.FIELD_BAD),
        (WatchClose(0, [GOLD, 99], "system"), rejects.INSTRUMENT_UNKNOWN),
        (WatchClose(0, [], "system"), rejects.PHASE_BAD),
    ],
)
def test_refuses(world: World, command: object, code: str) -> None:
    assert world.refused(command).code == code  # type: ignore[arg-type]


def test_a_window_begins_once_a_day_and_only_while_the_market_is_open(world: World) -> None:
    world.do(WatchClose(0, [GOLD], "system"))
    assert world.refused(WatchClose(0, [GOLD], "system")).code == rejects.PHASE_BAD
    (event,) = world.do(WatchClose(0, [GOLD, SOY], "system"))
    assert [row.instrument_id for row in event.rows] == [SOY]
    world.do(SetPhase(0, [GOLD], CLOSED, "", "system"))
    assert world.refused(WatchClose(0, [GOLD], "system")).code == rejects.PHASE_BAD


def test_the_table_is_told_and_everything_survives_a_snapshot(world: World) -> None:
    (event,) = world.do(PutLimitLadder(0, "DCE", "m", TABLE, "u2", "u3"))
    assert event == LimitLadderPut(0, "DCE", "m", TABLE, "u2", "u3")
    lock(world, UP)
    roll(world, steps=False)
    world.buy(US, 1, edge(world, UP))
    world.do(WatchClose(0, [GOLD], "system"))
    again = load(dump(world.machine))
    assert again.state_hash() == world.machine.state_hash()
    assert again.state.watches == world.machine.state.watches != {}
    assert again.state.contracts[GOLD].base.long_margin_ppm == 110_000
    for machine in (world.machine, again):
        machine.apply(SetPhase(0, [GOLD], CLOSED, "", "system"), 9 * 10**18, 0)
        machine.apply(RollDay(0, DAYS[1], [(GOLD, 40_000)], "system"), 9 * 10**18 + 1, 0)
    assert again.state_hash() == world.machine.state_hash()
    assert again.state.contracts[GOLD].rung.step == 2


def test_the_window_is_the_ladders_and_goes_with_it() -> None:
    world = World()
    state = world.machine.state

    def windows() -> list[int]:
        restored = load(dump(world.machine)).state
        found = [close_window_s(state, state.contracts[key]) for key in (GOLD, SOY)]
        assert found == [close_window_s(restored, restored.contracts[key]) for key in (GOLD, SOY)]
        return found

    assert windows() == [0, 0]
    world.do(PutLimitLadder(0, "SHFE", "", TABLE, "u2", "u3"))
    assert windows() == [300, 0]
    (event,) = world.do(PutLimitLadder(0, "SHFE", "au", TABLE, "u2", "u3", 600))
    assert event.window_s == 600
    assert windows() == [600, 0]
    world.do(PutLimitLadder(0, "SHFE", "au", [], "u2", "u3", 600))
    assert windows() == [300, 0]
    assert state.close_windows == {}
