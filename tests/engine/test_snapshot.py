"""Snapshots: equal states give equal bytes, and a restored machine goes on as if nothing had been."""

import msgspec
import pytest

from trading.engine.commands import RollDay
from trading.engine.errors import EngineBrokenError
from trading.engine.invariants import check
from trading.engine.machine import Machine
from trading.engine.snapshot import dump, load
from trading.engine.types import CLOSE_TODAY, ENGINE_VERSION

from .support import DAY_2, GOLD, SOY, ReplaceOrder, SetAccountLimits, SetKill, World

US, OTHER, THIRD = 7001, 7002, 7003


@pytest.fixture
def world() -> World:
    """A bit of everything: two days of lots, queues out of number order, limits, a kill switch, a refusal."""
    world = World()
    for account_id in (OTHER, US, THIRD):
        world.account(account_id, cash_fen=500_000_000)
    world.trade(US, OTHER, 3, 40_000)
    world.trade(US, OTHER, 2, 40_010)
    world.do(RollDay(0, DAY_2, [(GOLD, 40_005)], "system"))
    world.trade(US, OTHER, 1, 40_020)
    (first,) = world.buy(US, 2, 39_900)
    world.buy(THIRD, 2, 39_900)
    world.do(ReplaceOrder(1, US, first.order_id, 3, 39_900, "u9"))
    world.sell(US, 1, 40_200, offset=CLOSE_TODAY)
    world.buy(US, 999, 40_000)
    world.do(SetAccountLimits(1, THIRD, 0, 0, 9, 5, "u2", "u3"))
    world.buy(THIRD, 1, 39_800)
    world.do(SetKill(0, 3, SOY, True, "halt", "u1"))
    return world


def test_a_restored_machine_is_the_same_in_every_byte(world: World) -> None:
    body = dump(world.machine)
    restored = load(body)
    assert dump(restored) == body
    assert restored.state_hash() == world.machine.state_hash()
    assert len(restored.state_hash()) == 32
    assert check(restored) == []
    for account_id in (US, OTHER, THIRD):
        assert restored.account_view(account_id) == world.machine.account_view(account_id)
    assert restored.depth(GOLD, 9) == world.machine.depth(GOLD, 9)
    assert restored.instrument_stats(GOLD) == world.machine.instrument_stats(GOLD)
    assert restored.instruments() == world.machine.instruments()


def test_queues_keep_their_order(world: World) -> None:
    world.machine = load(dump(world.machine))
    # US had the lower number but lost its place by growing.
    _, first, second = world.sell(OTHER, 4, 39_900)
    assert (first.maker.account_id, second.maker.account_id) == (THIRD, US)


def test_the_hash_tells_states_apart(world: World) -> None:
    before = world.machine.state_hash()
    world.cash(US, 1)
    assert world.machine.state_hash() != before


def test_a_fresh_machine_has_a_snapshot_too() -> None:
    assert load(dump(Machine())).state_hash() == Machine().state_hash()


def test_a_snapshot_of_another_engine_version_is_refused(world: World) -> None:
    row = msgspec.msgpack.decode(dump(world.machine))
    row[0] = ENGINE_VERSION + 1
    with pytest.raises(EngineBrokenError, match=f"engine version {ENGINE_VERSION + 1}, this is {ENGINE_VERSION}"):
        load(msgspec.msgpack.encode(row))


@pytest.mark.parametrize("body", [b"", b"\x90", b"\xc0", b"\x91\x01", b"nonsense"])
def test_bytes_that_are_no_snapshot_are_refused(body: bytes) -> None:
    with pytest.raises(EngineBrokenError, match="no snapshot"):
        load(body)


def test_client_order_ids_stay_packed_until_one_is_asked_for(world: World) -> None:
    """The restored machine remembers every id of the day, and its snapshots are those of one that never stopped."""
    world.machine = load(dump(world.machine))
    account = world.machine.state.accounts[US]
    assert account.packed_ids is not None
    assert not account.client_ids
    old = next(iter(account.packed_ids.unpacked()))
    assert account.order_under("never seen") == 0
    world.buy(US, 1, 39_000)
    assert account.packed_ids is not None
    assert len(account.client_ids) == 1
    body = dump(world.machine)
    assert account.order_under(old) > 0
    assert account.packed_ids is None
    assert dump(world.machine) == body
    assert dump(load(body)) == body


def test_ids_that_share_a_check_sum_are_told_apart(world: World) -> None:
    twins = ("plumless", "buckeroo")  # the classic pair of one CRC-32
    (first,) = world.buy(US, 1, 39_000, client_order_id=twins[0])
    world.machine = load(dump(world.machine))
    assert world.machine.state.accounts[US].order_under(twins[1]) == 0
    assert world.machine.state.accounts[US].order_under(twins[0]) == first.order_id


def test_a_new_day_forgets_packed_ids(world: World) -> None:
    world.machine = load(dump(world.machine))
    world.do(RollDay(0, DAY_2 + 1, [(GOLD, 40_005)], "system"))
    account = world.machine.state.accounts[US]
    assert account.packed_ids is None
    assert not account.client_ids
    assert check(world.machine) == []
