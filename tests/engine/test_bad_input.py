"""Hostile commands: always an answer, never an exception, never a trace."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trading.engine import rejects
from trading.engine.commands import (
    CancelAll,
    CancelOrder,
    Command,
    MoveCash,
    OpenAccount,
    PlaceOrder,
    PutInstrument,
    ReplaceOrder,
    RollDay,
    SetAccountLimits,
    SetAccountStatus,
    SetKill,
    SetTenantRates,
)
from trading.engine.events import CommandRefused, OrderRepeated
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.invariants import check
from trading.engine.snapshot import dump, load
from trading.engine.types import LIMIT, MARKET

from .support import BUY, DAY_1, World

US, OTHER, FAR = 7001, 7002, 8001


@pytest.fixture
def world() -> World:
    world = World()
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=200_000_000)
    world.account(FAR, cash_fen=200_000_000, tenant_id=2)
    world.sell(OTHER, 5, 40_000)
    return world


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"qty": 0}, rejects.QTY_BAD),
        ({"qty": -1}, rejects.QTY_BAD),
        ({"qty": 10**9 + 1}, rejects.QTY_BAD),
        ({"qty": 2**64}, rejects.QTY_BAD),
        ({"price_ticks": 0}, rejects.PRICE_BAD),
        ({"price_ticks": -40_000}, rejects.PRICE_BAD),
        ({"price_ticks": 2**64}, rejects.PRICE_BAD),
        ({"order_type": MARKET, "price_ticks": 40_000}, rejects.PRICE_BAD),
        ({"side": 0}, rejects.FIELD_BAD),
        ({"side": 3}, rejects.FIELD_BAD),
        ({"offset": 2}, rejects.FIELD_BAD),
        ({"offset": -1}, rejects.FIELD_BAD),
        ({"order_type": 0, "price_ticks": 0}, rejects.FIELD_BAD),
        ({"order_type": LIMIT + 2, "price_ticks": 0}, rejects.FIELD_BAD),
        ({"time_in_force": 3}, rejects.FIELD_BAD),
        ({"client_order_id": ""}, rejects.FIELD_BAD),
        ({"client_order_id": "x" * 65}, rejects.FIELD_BAD),
        ({"client_order_id": "a\x00b"}, rejects.FIELD_BAD),
        ({"client_order_id": "a\nb"}, rejects.FIELD_BAD),
        ({"actor": ""}, rejects.FIELD_BAD),
        ({"actor": "x" * 65}, rejects.FIELD_BAD),
        ({"instrument_id": 99}, rejects.INSTRUMENT_UNKNOWN),
        ({"instrument_id": -1}, rejects.INSTRUMENT_UNKNOWN),
        ({"instrument_id": 2**64}, rejects.INSTRUMENT_UNKNOWN),
        ({"trading_day": DAY_1 - 1}, rejects.TRADING_DAY),
        ({"trading_day": 0}, rejects.TRADING_DAY),
        ({"account_id": 9_999}, rejects.ACCOUNT_UNKNOWN),
        ({"account_id": 2**70}, rejects.ACCOUNT_UNKNOWN),
        ({"account_id": FAR}, rejects.ACCOUNT_UNKNOWN),
        ({"tenant_id": 2}, rejects.ACCOUNT_UNKNOWN),
        ({"tenant_id": 0}, rejects.ACCOUNT_UNKNOWN),
        ({"tenant_id": -(2**70)}, rejects.ACCOUNT_UNKNOWN),
    ],
)
def test_an_order_without_sense_gets_no_number_and_leaves_no_trace(world: World, changes: dict, code: str) -> None:
    command = msgspec.structs.replace(world.order(US, BUY, 1, 40_000), **changes)
    event = world.refused(command)
    assert event.code == code
    assert event.order_id == 0
    # The answer itself can always be written down.
    msgspec.msgpack.encode(event)


def test_a_foreign_account_is_answered_exactly_like_one_that_does_not_exist(world: World) -> None:
    foreign = world.refused(msgspec.structs.replace(world.order(US, BUY, 1, 40_000), account_id=FAR))
    unknown = world.refused(msgspec.structs.replace(world.order(US, BUY, 1, 40_000), account_id=9_999))
    assert msgspec.structs.replace(foreign, account_id=0) == msgspec.structs.replace(unknown, account_id=0)


def test_every_command_on_a_foreign_account_is_refused(world: World) -> None:
    for command in (
        CancelOrder(1, FAR, 1, "", "u9"),
        ReplaceOrder(1, FAR, 1, 1, 40_000, "u9"),
        CancelAll(1, FAR, 0, "", "u9"),
        MoveCash(1, FAR, 1, 5, "r", "u2", "u3"),
        SetAccountStatus(1, FAR, 2, True, "", "u5"),
        SetAccountLimits(1, FAR, 1, 1, 1, 1, "u2", "u3"),
    ):
        assert world.refused(command).code == rejects.ACCOUNT_UNKNOWN


INTS = st.one_of(
    st.sampled_from((0, 1, 2, 3, 9, -1, US, OTHER, FAR, 40_000, DAY_1, 2**31, 2**63, -(2**63), 2**70)), st.integers()
)
TEXTS = st.one_of(st.sampled_from(("", "u1", "u2", "a\x00", "x" * 600, "client")), st.text(max_size=70))
RATES = st.builds(Rates, INTS, INTS, st.builds(Fees, INTS, INTS, INTS, INTS, INTS, INTS))
SPECS = st.builds(
    Instrument,
    *(INTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, INTS, INTS, INTS, RATES, INTS),
    *(st.booleans(), st.booleans(), INTS, INTS, INTS, st.booleans()),
)
ANYTHING = st.one_of(
    st.builds(PlaceOrder, INTS, INTS, TEXTS, INTS, INTS, INTS, INTS, INTS, INTS, INTS, INTS, TEXTS),
    st.builds(CancelOrder, INTS, INTS, INTS, TEXTS, TEXTS),
    st.builds(ReplaceOrder, INTS, INTS, INTS, INTS, INTS, TEXTS),
    st.builds(CancelAll, INTS, INTS, INTS, TEXTS, TEXTS),
    st.builds(OpenAccount, INTS, INTS, INTS, TEXTS),
    st.builds(MoveCash, INTS, INTS, INTS, INTS, TEXTS, TEXTS, TEXTS),
    st.builds(SetAccountStatus, INTS, INTS, INTS, st.booleans(), TEXTS, TEXTS),
    st.builds(SetAccountLimits, INTS, INTS, INTS, INTS, INTS, INTS, TEXTS, TEXTS),
    st.builds(SetTenantRates, INTS, INTS, RATES, TEXTS, TEXTS),
    st.builds(PutInstrument, INTS, SPECS, TEXTS, TEXTS),
    st.builds(SetKill, INTS, INTS, INTS, st.booleans(), TEXTS, TEXTS),
    st.builds(RollDay, INTS, INTS, st.lists(st.tuples(INTS, INTS), max_size=3), TEXTS),
)


@settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(ANYTHING, max_size=8))
def test_whatever_comes_there_is_an_answer_that_can_be_written_down(commands: list[Command]) -> None:
    world = World(prove=False)
    world.account(US, cash_fen=200_000_000)
    world.account(FAR, cash_fen=200_000_000, tenant_id=2)
    world.sell(US, 5, 40_000)
    for command in commands:
        before = world.machine.state_hash()
        seq = world.machine.seq
        events = world.do(command)
        assert events
        for event in events:
            assert all(isinstance(value, int) for value in getattr(event, "figures", {}).values())
            msgspec.msgpack.encode(event)
        if isinstance(events[0], CommandRefused | OrderRepeated):
            world.machine.state.seq = seq
            assert world.machine.state_hash() == before
            world.machine.state.seq = seq + (not isinstance(events[0], OrderRepeated))
        assert check(world.machine) == []
        assert load(dump(world.machine)).state_hash() == world.machine.state_hash()


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.builds(PlaceOrder, INTS, INTS, TEXTS, INTS, INTS, INTS, INTS, INTS, INTS, INTS, INTS, TEXTS))
def test_a_preview_of_anything_is_an_answer_and_changes_nothing(command: PlaceOrder) -> None:
    world = World(prove=False)
    world.account(US, cash_fen=200_000_000)
    before = world.machine.state_hash()
    msgspec.msgpack.encode(world.machine.preview(command))
    assert world.machine.state_hash() == before
