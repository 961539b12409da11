"""The end of a day, and contracts that come and change."""

import pytest

from trading.engine import rejects
from trading.engine.commands import PutInstrument, RollDay
from trading.engine.events import AccountSettled, DayRolled, InstrumentPut, OrderCanceled, OrderRejected
from trading.engine.instrument import Fees, Rates
from trading.engine.machine import Machine
from trading.engine.types import CANCELED_DAY_END, CLOSE_TODAY

from .support import DAY_1, DAY_2, DAY_3, GOLD, SOY, World, gold, soy

US, OTHER = 7001, 7002


@pytest.fixture
def world() -> World:
    world = World()
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=200_000_000)
    return world


def roll(day: int, *prices: tuple[int, int]) -> RollDay:
    return RollDay(0, day, list(prices), "system")


def test_a_day_ends_in_order_and_the_next_begins(world: World) -> None:
    idle = world.account(7003)
    world.trade(US, OTHER, 2, 40_000)
    (working,) = world.buy(US, 1, 39_000)
    world.sell(US, 1, 41_000, offset=CLOSE_TODAY)
    events = world.do(roll(DAY_2, (GOLD, 40_100)))
    assert [type(event) for event in events] == [
        OrderCanceled,
        OrderCanceled,
        AccountSettled,
        AccountSettled,
        DayRolled,
    ]
    assert (events[0].order_id, events[0].reason) == (working.order_id, CANCELED_DAY_END)
    assert world.machine.order_view(US, working.order_id) is None
    us, other = events[2], events[3]
    assert (us.account_id, other.account_id) == (US, OTHER)
    assert (us.trading_day, us.mark_fen, other.mark_fen) == (DAY_1, 400_000, -400_000)
    assert us.funds.cash_fen == 200_000_000 - 2_000 + 400_000
    assert (us.funds.frozen_margin_fen, us.funds.frozen_fee_fen, us.funds.fee_fen) == (0, 0, 0)
    assert us.funds.margin_fen == 2 * 12_832_000
    assert idle not in {event.account_id for event in events[2:4]}
    rolled = events[4]
    assert (rolled.ended_trading_day, rolled.trading_day, rolled.day_number) == (DAY_1, DAY_2, 2)
    # 40,100 less and plus 14 %, both rounded down; soy keeps its price.
    assert rolled.settlement == [(GOLD, 40_100, 34_486, 45_714), (SOY, 3_001, 2_821, 3_181)]
    stats = world.machine.instrument_stats(GOLD)
    assert (stats.last, stats.previous_settlement, stats.volume, stats.open, stats.open_interest) == (
        40_100,
        40_100,
        0,
        0,
        2,
    )
    assert world.machine.instruments()[0][0].previous_settlement_ticks == 40_100


def test_lots_of_two_days_queue_behind_each_other(world: World) -> None:
    world.trade(US, OTHER, 1, 40_000)
    world.do(roll(DAY_2, (GOLD, 40_100)))
    world.trade(US, OTHER, 2, 40_200)
    world.do(roll(DAY_3, (GOLD, 40_150)))
    lots = world.machine.account_view(US).lots
    assert [(lot.qty, lot.price_ticks, lot.opened_day, lot.today) for lot in lots] == [
        (1, 40_000, DAY_1, False),
        (2, 40_200, DAY_2, False),
    ]


def test_a_closed_position_is_forgotten_at_the_days_end(world: World) -> None:
    world.trade(US, OTHER, 1, 40_000)
    world.trade(OTHER, US, 1, 40_000, offset=CLOSE_TODAY)
    events = world.do(roll(DAY_2))
    assert [event.positions for event in events if isinstance(event, AccountSettled)] == [[], []]
    assert world.machine.state.accounts[US].holdings == {}


@pytest.mark.parametrize(
    ("prices", "figures"),
    [
        ([], {"instrument_id": GOLD, "open_interest": 1}),
        ([(SOY, 3_000)], {"instrument_id": GOLD, "open_interest": 1}),
        ([(99, 1)], {"instrument_id": 99, "known": 0}),
        ([(GOLD, 40_000), (GOLD, 40_001)], {"instrument_id": GOLD, "known": 1}),
        ([(GOLD, 34_399)], {"instrument_id": GOLD, "lower_ticks": 34_400, "upper_ticks": 45_600}),
        ([(GOLD, 45_601)], {"instrument_id": GOLD, "lower_ticks": 34_400, "upper_ticks": 45_600}),
        ([(GOLD, 0)], {"instrument_id": GOLD, "lower_ticks": 34_400, "upper_ticks": 45_600}),
        ([(GOLD, 40_000), (SOY, 0)], {"instrument_id": SOY, "lower_ticks": 1, "upper_ticks": 500_000_000}),
        ([(GOLD, 40_000), (SOY, 2**62)], {"instrument_id": SOY, "lower_ticks": 1, "upper_ticks": 500_000_000}),
    ],
)
def test_prices_that_do_not_settle_everything_are_refused(world: World, prices: list, figures: dict) -> None:
    world.trade(US, OTHER, 1, 40_000)
    world.buy(US, 1, 39_000)
    event = world.refused(RollDay(0, DAY_2, prices, "system"))
    assert (event.code, event.figures) == (rejects.ROLL_BAD, figures)


def test_a_day_comes_once_and_never_back(world: World) -> None:
    for day in (DAY_1, DAY_1 - 1):
        event = world.refused(roll(day))
        assert (event.code, event.figures) == (rejects.TRADING_DAY, {"trading_day": DAY_1})
    for day in (0, -1, 20261301, 20261132, 2**40):
        assert world.refused(roll(day)).code == rejects.FIELD_BAD
    assert world.refused(RollDay(1, DAY_2, [], "u5")).code == rejects.FIELD_BAD


def test_nothing_trades_before_the_first_day() -> None:
    machine = Machine()
    world = World()
    world.machine = machine
    world.do(PutInstrument(0, gold(), "u1"))
    world.account(US, cash_fen=200_000_000)
    (event,) = world.buy(US, 1, 40_000)
    assert isinstance(event, OrderRejected)
    assert event.code == rejects.INSTRUMENT_CLOSED


def test_a_new_contract_comes_with_its_band(world: World) -> None:
    (event,) = world.do(PutInstrument(0, gold(instrument_id=7, symbol="SHFE.au2702"), "u1"))
    assert isinstance(event, InstrumentPut)
    assert (event.lower_ticks, event.upper_ticks) == (34_400, 45_600)
    # The recorded day of au2012: 402.06 at 6 % gives 377.92 and 426.18.
    spec = gold(instrument_id=8, symbol="SHFE.au2012", previous_settlement_ticks=20_103, limit_ppm=60_000)
    (event,) = world.do(PutInstrument(0, spec, "u1"))
    assert (event.lower_ticks, event.upper_ticks) == (18_896, 21_309)


def test_an_idle_contract_takes_any_new_terms(world: World) -> None:
    (event,) = world.do(PutInstrument(0, gold(previous_settlement_ticks=50_000, limit_ppm=100_000), "u1"))
    assert (event.lower_ticks, event.upper_ticks) == (45_000, 55_000)
    assert world.machine.instrument_stats(GOLD).last == 50_000


def test_a_contract_in_use_keeps_its_price_and_its_band_until_the_settlement(world: World) -> None:
    world.trade(US, OTHER, 1, 40_000)
    for changes in (
        {"previous_settlement_ticks": 40_001},
        {"tick_value_fen": 4_000, "tick_e4": 400},
        {"close_means_yesterday": False},
    ):
        event = world.refused(PutInstrument(0, gold(**changes), "u1"))
        assert (event.code, event.figures) == (rejects.FIELD_BAD, {"previous_settlement_ticks": 40_000})
    wider = gold(limit_ppm=200_000, rates=Rates(200_000, 200_000, Fees()))
    (event,) = world.do(PutInstrument(0, wider, "u1"))
    assert (event.lower_ticks, event.upper_ticks) == (34_400, 45_600)
    assert world.machine.account_view(US).funds.margin_fen == 12_800_000
    assert world.buy(US, 1, 39_000)[0].funds.frozen_margin_fen == 16_000_000
    world.do(roll(DAY_2, (GOLD, 40_000)))
    stats = world.machine.instrument_stats(GOLD)
    assert (stats.lower, stats.upper) == (32_000, 48_000)
    assert world.machine.account_view(US).funds.margin_fen == 16_000_000


@pytest.mark.parametrize(
    "changes",
    [
        {"instrument_id": 0},
        {"instrument_id": 2**40},
        {"symbol": ""},
        {"symbol": "x" * 65},
        {"symbol": "DCE.m2701"},  # another contract's
        {"tick_value_fen": 0, "tick_e4": 0},
        {"tick_value_fen": 2_001},
        {"multiplier": -1_000, "tick_value_fen": -2_000},
        {"limit_ppm": 0},
        {"limit_ppm": 1_000_000},
        {"max_order_qty": 0},
        {"max_order_qty": 10**9},
        {"previous_settlement_ticks": 0},
        {"previous_settlement_ticks": -5},
        {"previous_settlement_ticks": 2**60},
        {"last_trading_day": 20261399},
        {"rates": Rates(0, 160_000, Fees())},
        {"rates": Rates(160_000, 10_000_000, Fees())},
    ],
)
def test_a_contract_without_sense_is_refused(world: World, changes: dict) -> None:
    assert world.refused(PutInstrument(0, gold(**changes), "u1")).code == rejects.FIELD_BAD


def test_only_the_platform_puts_contracts(world: World) -> None:
    assert world.refused(PutInstrument(1, soy(), "u1")).code == rejects.FIELD_BAD


def test_a_contract_that_was_proposed_wants_two_people(world: World) -> None:
    wider = gold(limit_ppm=200_000)
    assert world.refused(PutInstrument(0, wider, "u1", "u1")).code == rejects.MAKER_IS_CHECKER
    assert world.refused(PutInstrument(0, wider, "u1", "x" * 65)).code == rejects.FIELD_BAD
    (event,) = world.do(PutInstrument(0, wider, "u1", "u2"))
    assert (event.maker, event.actor, event.instrument.limit_ppm) == ("u2", "u1", 200_000)
