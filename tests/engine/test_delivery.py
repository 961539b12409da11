"""The road to delivery: margin steps, whole delivery units, natural persons out, limits by stage, and the end."""

from __future__ import annotations

import pytest

from trading.engine import rejects
from trading.engine.commands import (
    BeginSettlement,
    EndSettlement,
    OpenAccount,
    PutDelivery,
    PutInstrument,
    ReplaceOrder,
    RollDay,
    SetHolderKind,
    SetPhase,
    SettleAccounts,
    WatchClose,
)
from trading.engine.delivery_duties import delivery_duties
from trading.engine.events import AccountSettled, DayRolled, OrderCanceled, OrderRejected
from trading.engine.ladders import Delivery, DeliveryStep
from trading.engine.snapshot import dump, load
from trading.engine.terms import Terms
from trading.engine.types import (
    BUY,
    CLOSE_YESTERDAY,
    CLOSED,
    CONTINUOUS,
    GTC,
    LONG,
    SHORT,
    STOP,
)
from trading.engine.venue_events import ContractsMoved, LotsExpired

from .support import DAY_1, DAY_2, GOLD, World, gold

FIRM, PERSON, OTHER = 7001, 7002, 7003
LAST = 20261215
# Gold's road as it is told (domain facts, 2.1 and 2.4), on days that a calendar has counted.
ROAD = Delivery(
    [
        DeliveryStep(20261102, 100_000, 1, 2_700),  # the month before
        DeliveryStep(20261130, 100_000, 3, 2_700),  # its last day: multiples of three from here on
        DeliveryStep(20261201, 150_000, 3, 900),  # the delivery month
        DeliveryStep(20261211, 200_000, 3, 900),  # two trading days before the last
    ],
    natural_open_day=20261130,
    natural_zero_day=20261210,
)


@pytest.fixture
def world() -> World:
    """Low margins, three accounts of which one is a natural person's; the road is put."""
    world = World()
    world.do(PutInstrument(0, gold(limit_ppm=60_000), "u1"))
    for account_id in (FIRM, PERSON, OTHER):
        world.account(account_id, cash_fen=500_000_000_000)
    world.do(SetHolderKind(1, PERSON, True, "u1"))
    world.do(PutDelivery(0, GOLD, ROAD, "u2", "u3"))
    return world


def roll(world: World, day: int, price: int = 40_000) -> list:
    return world.do(RollDay(0, day, [(GOLD, price)], "system"))


@pytest.mark.parametrize(
    ("day", "margin", "multiple", "limit", "natural"),
    [
        (DAY_2, 160_000, 1, 2_700, False),
        (20261127, 160_000, 1, 2_700, False),
        (20261130, 160_000, 3, 2_700, False),
        (20261201, 160_000, 3, 900, True),
        (20261210, 160_000, 3, 900, True),
        (20261211, 200_000, 3, 900, True),
        (LAST, 200_000, 3, 900, True),
    ],
)
def test_steps_come_with_their_day_and_only_the_higher_margin_counts(
    world: World, day: int, margin: int, multiple: int, limit: int, natural: bool
) -> None:
    roll(world, day)
    contract = world.machine.state.contracts[GOLD]
    assert contract.base.long_margin_ppm == margin
    assert (contract.lot_multiple, contract.position_limit, contract.closed_to_natural) == (multiple, limit, natural)


def test_held_lots_stand_on_the_step_s_margin_from_the_settlement_before_it(world: World) -> None:
    world.trade(FIRM, OTHER, 3, 40_000)
    roll(world, 20261210)
    view = world.machine.account_view(FIRM)
    assert view is not None
    assert view.funds.margin_fen == 3 * 80_000_000 * 160_000 // 1_000_000
    settled = [event for event in roll(world, 20261211) if isinstance(event, AccountSettled)]
    assert settled[0].funds.margin_fen == 3 * 80_000_000 * 200_000 // 1_000_000


def reject_code(events: list) -> str:
    return events[0].code if isinstance(events[0], OrderRejected) else ""


def test_takes_whole_delivery_units_to_open_and_to_close(world: World) -> None:
    world.trade(FIRM, OTHER, 9, 40_000)
    roll(world, 20261130)
    assert reject_code(world.buy(FIRM, 4, 40_000)) == rejects.LOT_MULTIPLE
    assert reject_code(world.sell(FIRM, 5, 40_100, offset=CLOSE_YESTERDAY)) == rejects.LOT_MULTIPLE
    sliced = world.order(FIRM, BUY, 6, 39_900, terms=Terms(display_qty=2))
    assert reject_code(world.do(sliced)) == rejects.LOT_MULTIPLE
    order_id = world.buy(FIRM, 6, 39_900)[0].order_id
    for qty, price in ((5, 39_900), (7, 39_900), (5, 39_950)):
        assert world.refused(ReplaceOrder(1, FIRM, order_id, qty, price, "u9")).code == rejects.LOT_MULTIPLE
    assert world.do(ReplaceOrder(1, FIRM, order_id, 3, 39_900, "u9"))[0].qty == 3
    stop = world.buy(FIRM, 6, 0, order_type=STOP, terms=Terms(trigger_ticks=40_500))[0].order_id
    assert world.refused(ReplaceOrder(1, FIRM, stop, 4, 0, "u9", 0)).code == rejects.LOT_MULTIPLE


def test_natural_persons_open_nothing_any_more_and_may_close(world: World) -> None:
    world.trade(PERSON, OTHER, 6, 40_000)
    roll(world, 20261201)
    rejected = world.buy(PERSON, 3, 40_000)[0]
    assert (rejected.code, rejected.figures) == (rejects.NATURAL_PERSON, {"last_trading_day": LAST})
    assert reject_code(world.buy(FIRM, 3, 40_000)) == ""
    assert reject_code(world.sell(PERSON, 3, 40_000, offset=CLOSE_YESTERDAY)) == ""
    order = world.order(PERSON, BUY, 3, 40_000)
    preview = world.machine.preview(order)
    assert (preview.code, preview.max_qty) == (rejects.NATURAL_PERSON, 0)
    assert preview.margin_fen == world.machine.preview(world.order(FIRM, BUY, 3, 40_000)).margin_fen > 0


def test_a_preview_refused_for_its_multiple_shows_what_it_would_need(world: World) -> None:
    roll(world, 20261201)
    three = world.machine.preview(world.order(FIRM, BUY, 3, 40_000))
    four = world.machine.preview(world.order(FIRM, BUY, 4, 40_000))
    assert (three.code, four.code, four.figures) == ("", rejects.LOT_MULTIPLE, {"qty": 4, "multiple": 3})
    assert (four.margin_fen * 3, four.fee_fen * 3) == (three.margin_fen * 4, three.fee_fen * 4)
    assert three.margin_fen > 0
    assert four.available_after_fen == four.available_fen - four.margin_fen - four.fee_fen
    assert four.risk_after_ppm > three.risk_after_ppm


def test_the_smaller_of_the_stage_s_and_the_account_s_limit_counts(world: World) -> None:
    road = Delivery([DeliveryStep(DAY_1, 0, 1, 10)])
    world.do(PutDelivery(0, GOLD, road, "u2", "u3"))
    world.buy(FIRM, 8, 39_000)
    rejected = world.buy(FIRM, 3, 39_000)[0]
    assert (rejected.code, rejected.figures) == (
        rejects.POSITION_LIMIT, {"held": 0, "working": 8, "qty": 3, "limit": 10}
    )  # fmt: skip
    assert world.machine.preview(world.order(FIRM, BUY, 1, 39_000)).max_qty == 2


def test_carried_orders_that_the_new_day_does_not_allow_end(world: World) -> None:
    road = Delivery([DeliveryStep(DAY_2, 0, 3, 6)], natural_open_day=DAY_1, natural_zero_day=LAST)
    world.do(PutDelivery(0, GOLD, road, "u2", "u3"))
    person = world.buy(PERSON, 3, 39_000, time_in_force=GTC)[0].order_id
    odd = world.buy(FIRM, 4, 39_000, time_in_force=GTC)[0].order_id
    too_much = world.buy(OTHER, 3, 39_000, time_in_force=GTC)[0].order_id
    fits = world.buy(OTHER, 6, 39_000, time_in_force=GTC)[0].order_id
    ended = [event for event in roll(world, DAY_2) if isinstance(event, OrderCanceled)]
    assert [(event.order_id, event.reason) for event in ended] == [
        (person, "delivery"), (odd, "delivery"), (too_much, "delivery")
    ]  # fmt: skip
    assert list(world.machine.state.orders) == [fits]


def test_says_who_must_be_out_by_when(world: World) -> None:
    world.trade(PERSON, OTHER, 4, 40_000)
    world.trade(FIRM, OTHER, 5, 40_000)
    assert delivery_duties(world.machine.state) == []
    roll(world, 20261130)
    found = [(duty.account_id, duty.side, duty.held_qty, duty.qty, duty.by_day, duty.reason)
             for duty in delivery_duties(world.machine.state)]  # fmt: skip
    assert found == [
        (FIRM, LONG, 5, 2, 20261130, "lot_multiple"),
        (PERSON, LONG, 4, 1, 20261130, "lot_multiple"),
    ]
    roll(world, 20261201)
    found = [(duty.account_id, duty.qty, duty.by_day, duty.reason) for duty in delivery_duties(world.machine.state)]
    assert found == [
        (FIRM, 2, 20261201, "lot_multiple"), (PERSON, 4, 20261210, "natural_person")
    ]  # fmt: skip
    world.do(PutDelivery(0, GOLD, Delivery([DeliveryStep(DAY_1, 0, 3, 7)]), "u2", "u3"))
    found = [(duty.account_id, duty.side, duty.qty, duty.reason) for duty in delivery_duties(world.machine.state)]
    assert found == [
        (FIRM, LONG, 2, "lot_multiple"),
        (PERSON, LONG, 1, "lot_multiple"),
        (OTHER, SHORT, 3, "position_limit"),  # 9 held: 6 are the most whole units within 7
    ]


@pytest.mark.parametrize("steps", [False, True], ids=["one command", "in steps"])
def test_a_contract_ends_with_its_last_day(world: World, steps: bool) -> None:
    world.trade(FIRM, OTHER, 3, 40_000)
    roll(world, LAST, 40_100)
    world.trade(FIRM, OTHER, 3, 40_200)
    order_id = world.buy(FIRM, 3, 40_000, time_in_force=GTC)[0].order_id
    prices = [(GOLD, 40_250)]
    if steps:
        events = world.do(BeginSettlement(0, 20261216, prices, "system"))
        events += world.do(SettleAccounts(0, 0, 500, "system"))
        events += world.do(EndSettlement(0, "system"))
    else:
        events = world.do(RollDay(0, 20261216, prices, "system"))
    (ended,) = [event for event in events if isinstance(event, OrderCanceled)]
    assert (ended.order_id, ended.reason) == (order_id, "contract_expired")
    gone = [event for event in events if isinstance(event, LotsExpired)]
    # 3 lots from 800.00 and 3 from 804.00 at 805.00: (250 + 50) ticks x 3 lots x 20 yuan.
    assert [(e.account_id, e.side, e.qty, e.price_ticks, e.close_profit_trade_fen) for e in gone] == [
        (FIRM, LONG, 6, 40_250, 1_800_000), (OTHER, SHORT, 6, 40_250, -1_800_000)
    ]  # fmt: skip
    assert [(e.funds.margin_fen, e.position.margin_fen, e.position.yesterday_qty) for e in gone] == [(0, 0, 0)] * 2
    fees = 6 * 1_000
    assert [e.funds.cash_fen for e in gone] == [
        500_000_000_000 + 1_800_000 - fees, 500_000_000_000 - 1_800_000 - fees
    ]  # fmt: skip
    state = world.machine.state
    assert (state.markets[GOLD].open_interest, state.markets[GOLD].phase) == (0, CLOSED)
    assert state.accounts[FIRM].holdings == {}
    (row,) = [row for event in events if isinstance(event, ContractsMoved) for row in event.rows if row.expired]
    assert row.instrument_id == GOLD
    assert any(isinstance(event, DayRolled) for event in events)


def test_an_expired_contract_never_trades_again(world: World) -> None:
    roll(world, LAST)
    world.do(RollDay(0, 20261216, [], "system"))
    rejected = world.buy(FIRM, 3, 40_000)[0]
    assert (rejected.code, rejected.figures["last_trading_day"]) == (rejects.CONTRACT_EXPIRED, LAST)
    for command in (
        SetPhase(0, [GOLD], CONTINUOUS, "", "system"),
        PutInstrument(0, gold(last_trading_day=20271215), "u1"),
        PutDelivery(0, GOLD, ROAD, "u2", "u3"),
    ):
        assert world.refused(command).code == rejects.CONTRACT_EXPIRED
    assert world.refused(WatchClose(0, [GOLD], "system")).code == rejects.PHASE_BAD
    world.do(BeginSettlement(0, 20261217, [], "system"))
    world.do(SettleAccounts(0, 0, 500, "system"))
    world.do(EndSettlement(0, "system"))
    assert world.machine.state.contracts[GOLD].expired


def test_a_contract_without_a_road_is_only_closed_to_orders_as_before() -> None:
    world = World()
    for account_id in (FIRM, OTHER):
        world.account(account_id, cash_fen=500_000_000_000)
    world.trade(FIRM, OTHER, 3, 40_000)
    events = roll(world, 20261216)
    assert not any(isinstance(event, LotsExpired | ContractsMoved) for event in events)
    assert world.machine.state.markets[GOLD].open_interest == 3
    assert reject_code(world.buy(FIRM, 3, 40_000)) == rejects.INSTRUMENT_CLOSED


@pytest.mark.parametrize(
    ("delivery", "people", "tenant", "code"),
    [
        (ROAD, ("u2", "u2"), 0, rejects.MAKER_IS_CHECKER),
        (ROAD, ("", "u2"), 0, rejects.FIELD_BAD),
        (ROAD, ("u2", "u3"), 1, rejects.FIELD_BAD),
        (Delivery([DeliveryStep(20261201), DeliveryStep(20261130)]), ("u2", "u3"), 0, rejects.FIELD_BAD),
        (Delivery([DeliveryStep(20261201), DeliveryStep(20261201)]), ("u2", "u3"), 0, rejects.FIELD_BAD),
        (Delivery([DeliveryStep(20261301)]), ("u2", "u3"), 0, rejects.FIELD_BAD),
        (Delivery([DeliveryStep(20261201, 999)]), ("u2", "u3"), 0, rejects.FIELD_BAD),
        (Delivery([DeliveryStep(20261201, 0, 0)]), ("u2", "u3"), 0, rejects.FIELD_BAD),
        (Delivery([DeliveryStep(20261201, 0, 1, -1)]), ("u2", "u3"), 0, rejects.FIELD_BAD),
        (Delivery([], 20261201, 20261130), ("u2", "u3"), 0, rejects.FIELD_BAD),
        (Delivery([], 20261201, 20261216), ("u2", "u3"), 0, rejects.FIELD_BAD),
        (Delivery([], 0, 20261210), ("u2", "u3"), 0, rejects.FIELD_BAD),
    ],
)
def test_refuses_roads_that_lead_nowhere(
    world: World, delivery: Delivery, people: tuple[str, str], tenant: int, code: str
) -> None:
    assert world.refused(PutDelivery(tenant, GOLD, delivery, *people)).code == code


def test_refuses_unknown_contracts_accounts_and_names(world: World) -> None:
    assert world.refused(PutDelivery(0, 99, ROAD, "u2", "u3")).code == rejects.INSTRUMENT_UNKNOWN
    assert world.refused(SetHolderKind(2, PERSON, False, "u1")).code == rejects.ACCOUNT_UNKNOWN
    assert world.refused(SetHolderKind(1, PERSON, False, "")).code == rejects.FIELD_BAD
    world.do(BeginSettlement(0, DAY_2, [], "system"))
    assert world.refused(PutDelivery(0, GOLD, ROAD, "u2", "u3")).code == rejects.SETTLING


def test_survives_a_snapshot_also_between_the_steps_of_a_settlement(world: World) -> None:
    world.do(OpenAccount(1, 7009, 0, "u1", True))
    world.trade(FIRM, OTHER, 3, 40_000)
    roll(world, 20261210)
    world.do(BeginSettlement(0, 20261211, [], "system"))
    again = load(dump(world.machine))
    assert again.state_hash() == world.machine.state_hash()
    assert again.state.contracts[GOLD].base.long_margin_ppm == 200_000
    assert (again.state.accounts[7009].natural, again.state.accounts[FIRM].natural) == (True, False)
    for command in (SettleAccounts(0, 0, 500, "system"), EndSettlement(0, "system")):
        assert again.apply(command, 10**18, 0) == world.machine.apply(command, 10**18, 0)
    assert again.state_hash() == world.machine.state_hash()
