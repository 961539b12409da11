"""The day's memory in segments: whatever is cut where, what is read back is the same state to the last byte."""

from __future__ import annotations

from itertools import chain

import msgspec
import pytest

from tests.engine.generated import Commands
from trading.engine.day_segments import first_unfiled, hash_of, of_today
from trading.engine.errors import EngineBrokenError
from trading.engine.events import OrderRepeated
from trading.engine.invariants import check
from trading.engine.machine import Machine
from trading.engine.snapshot import dump, dump_cut, load
from trading.engine.snapshot_reading import segments_of
from trading.engine.snapshot_rows import SegmentRef

from .support import DAY_2, GOLD, RollDay, World

US, OTHER = 7001, 7002


class Stored:
    """What a snapshot store would hold: the segments, and which are named."""

    def __init__(self) -> None:
        self.refs: list[SegmentRef] = []
        self.bodies: dict[bytes, bytes] = {}

    def take(self, machine: Machine) -> bytes:
        body, self.refs, new = dump_cut(machine, self.refs)
        if new:
            self.bodies[hash_of(new)] = new
        return body

    def again(self, body: bytes) -> Machine:
        return load(body, [self.bodies[ref.hash] for ref in segments_of(body)])


@pytest.fixture
def world() -> World:
    world = World()
    for account_id in (US, OTHER):
        world.account(account_id, cash_fen=500_000_000)
    return world


@pytest.mark.parametrize("seed", [21, 22, 23])
def test_a_life_with_many_cuts_is_read_back_byte_for_byte(seed: int) -> None:
    machine, stored, at_ns = Machine(), Stored(), 0
    source = Commands(machine, seed)
    restored = Machine()
    most = 0
    for number, command in enumerate(chain(source.opening(), (source.next() for _ in range(1_500)))):
        at_ns += 7
        machine.apply(command, at_ns, at_ns)
        restored.apply(command, at_ns, at_ns)
        if number % 61 == 0:
            since = first_unfiled(restored.state, stored.refs)
            assert check(restored, orders_since=since) == []
            body = stored.take(restored)
            most = max(most, len(stored.refs))
            if number % 3 == 0:  # the others go on unpacked, as a core does that nobody kills
                restored = stored.again(body)
            assert dump(restored) == dump(machine)
            assert check(restored) == []
    assert most >= 4
    assert restored.state_hash() == machine.state_hash()


def test_a_segment_is_written_once(world: World) -> None:
    stored = Stored()
    world.trade(US, OTHER, 1, 40_000)
    world.buy(US, 999, 40_000)  # refused, and remembered with its figures
    stored.take(world.machine)
    (first,) = stored.refs
    assert (first.first_order_id, first.count) == (1, 3)
    before = stored.refs
    stored.take(world.machine)
    assert stored.refs == before  # nothing was entered in between
    world.buy(US, 1, 39_990)
    body = stored.take(world.machine)
    assert [(ref.first_order_id, ref.count) for ref in stored.refs] == [(1, 3), (4, 1)]
    assert stored.refs[0] == first
    assert len(body) < len(dump(world.machine))


def test_a_repeat_gets_the_first_answer_out_of_any_segment(world: World) -> None:
    stored, answers = Stored(), {}
    for number in range(4):
        answers[f"u-{number}"] = world.buy(US, 999 if number == 2 else 1, 39_000, client_order_id=f"u-{number}")[0]
        body = stored.take(world.machine)
        world.machine = stored.again(body)
    assert len(stored.refs) == 4
    for name, first in answers.items():
        (again,) = world.buy(US, 999 if name == "u-2" else 1, 39_000, client_order_id=name)
        assert type(again) is OrderRepeated
        assert again.order_id == first.order_id
        assert (again.code, again.figures) == (getattr(first, "code", ""), getattr(first, "figures", {}))
    (other,) = world.buy(OTHER, 1, 39_000, client_order_id="u-0")
    assert type(other) is not OrderRepeated  # ids are the account's own


def test_a_new_day_names_no_old_segment(world: World) -> None:
    stored = Stored()
    world.trade(US, OTHER, 1, 40_000)
    stored.take(world.machine)
    world.do(RollDay(0, DAY_2, [(GOLD, 40_005)], "system"))
    assert of_today(world.machine.state, stored.refs) == []
    body = stored.take(world.machine)
    assert segments_of(body) == []
    world.buy(US, 1, 39_990)
    body = stored.take(world.machine)
    assert [(ref.first_order_id, ref.count) for ref in segments_of(body)] == [(3, 1)]
    assert dump(stored.again(body)) == dump(world.machine)


def test_a_gap_between_segments_ends_what_is_believed(world: World) -> None:
    stored = Stored()
    for number in range(3):
        world.buy(US, 1, 39_000 + number)
        stored.take(world.machine)
    del stored.refs[1]
    body = stored.take(world.machine)
    assert [(ref.first_order_id, ref.count) for ref in segments_of(body)] == [(1, 1), (2, 2)]
    assert dump(stored.again(body)) == dump(world.machine)


def test_what_is_not_the_segment_that_was_written_is_refused(world: World) -> None:
    stored = Stored()
    world.buy(US, 1, 39_000)
    stored.take(world.machine)
    world.buy(US, 1, 39_001)
    body = stored.take(world.machine)
    first, second = (stored.bodies[ref.hash] for ref in stored.refs)
    for wrong in ([], [first], [second, first], [first, second[:-1]], [first, bytes(reversed(second))]):
        with pytest.raises(EngineBrokenError, match="no snapshot"):
            load(body, wrong)
    rows = msgspec.msgpack.decode(body)
    for refs in (
        [[1, 1, hash_of(first)], [9, 1, hash_of(first)]],
        [[1, 1, hash_of(first)], [2, 1, hash_of(b"\x90")]],
    ):
        rows[-1] = refs
        bodies = [first, b"\x90" if refs[1][0] == 2 else first]
        with pytest.raises(EngineBrokenError, match="no snapshot"):
            load(msgspec.msgpack.encode(rows), bodies)


def test_what_the_memory_holds_is_checked_from_the_first_order_that_is_not_filed(world: World) -> None:
    stored = Stored()
    world.buy(US, 1, 39_000)
    stored.take(world.machine)
    world.buy(US, 1, 39_001)
    ids = world.machine.state.accounts[US].client_ids
    since = first_unfiled(world.machine.state, stored.refs)
    assert check(world.machine, orders_since=since) == []
    del ids[next(iter(ids))]
    assert check(world.machine, orders_since=since) == []  # that one is filed
    assert check(world.machine) != []
    ids.clear()
    assert check(world.machine, orders_since=since) != []
