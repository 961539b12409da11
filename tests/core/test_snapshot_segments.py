"""Snapshots in the database: segments are stored once, pruned with the last snapshot that names them, and checked."""

from __future__ import annotations

import psycopg
import pytest

from tests.core.conftest import CoreRig, eventually, order
from trading.core import client, snapshots
from trading.core.journal import Head
from trading.core.rig.market import opening_commands
from trading.core.verification import verify
from trading.engine.events import OrderRepeated
from trading.engine.machine import Machine
from trading.engine.types import ENGINE_VERSION

SEGMENTS = "select count(*) from trading_snapshot_segment"


def grown(rig: CoreRig, db_core: psycopg.Connection) -> None:
    """Leave a core behind that stored several snapshots, with some orders after the last; it is killed."""
    rig.start(AURUM_SNAPSHOT_EVERY="5")
    rig.open_market()
    for number in range(60):
        rig.send(order(f"a-{number}"))
        if number == 20:  # at least one snapshot lies between the first orders and the last
            eventually(lambda: client.query("status")["snapshot_seq"] > 18, seconds_max=20)
    eventually(lambda: client.query("status")["snapshot_seq"] >= 62, seconds_max=20)
    rig.kill()


def test_each_snapshot_adds_a_segment_and_a_recovery_reads_them_all(rig: CoreRig, db_core: psycopg.Connection) -> None:
    grown(rig, db_core)
    newest, version = snapshots.newest_first(db_core)[0]
    stored = snapshots.read(db_core, seq=newest, engine_version=version)
    assert len(stored.segments) >= 2
    rig.start()
    (answer,) = rig.send(order("a-0"))
    assert isinstance(answer.event, OrderRepeated)
    (answer,) = rig.send(order("a-59"))
    assert isinstance(answer.event, OrderRepeated)
    rig.send(order("b-1"))
    assert rig.stop() == 0
    report = verify(db_core)
    assert (report.breaches, report.snapshots_checked) == ([], 3)
    # What it found stored is not written a second time.
    later, version = snapshots.newest_first(db_core)[0]
    assert later > newest
    again = snapshots.read(db_core, seq=later, engine_version=version)
    assert again.segments[: len(stored.segments)] == stored.segments


def test_a_damaged_segment_costs_time_and_is_written_anew(
    rig: CoreRig, db_core: psycopg.Connection, journal_admin: psycopg.Connection
) -> None:
    grown(rig, db_core)
    journal_admin.execute(
        "update trading_snapshot_segment set body = set_byte(body, 9, get_byte(body, 9) # 1) where first_order_id = 1"
    )
    rig.start()
    assert "a segment is missing or not the one that was written" in rig.log()
    (answer,) = rig.send(order("a-0"))
    assert isinstance(answer.event, OrderRepeated)
    rig.send(order("b-1"))
    assert rig.stop() == 0
    newest, version = snapshots.newest_first(db_core)[0]
    assert newest == 67
    assert len(snapshots.read(db_core, seq=newest, engine_version=version).segments) == 1
    assert any("cannot be read" in breach for breach in verify(db_core).breaches)


def test_segments_go_with_the_last_snapshot_that_names_them(committed: None, db_core: psycopg.Connection) -> None:
    machine = _machine()
    filed = _write(db_core, machine, seq=1, filed=[])
    machine.apply(order("a-1"), 20, 20)
    filed = _write(db_core, machine, seq=2, filed=filed)
    assert db_core.execute(SEGMENTS).fetchone() == (2,)
    for seq in (3, 4, 5):  # without trust in what is stored: one segment each time, always the same bytes
        _write(db_core, machine, seq=seq, filed=[])
    assert [seq for seq, _ in snapshots.newest_first(db_core)] == [5, 4, 3]
    assert db_core.execute(SEGMENTS).fetchone() == (1,)


def test_nothing_is_stored_that_names_a_segment_which_is_gone(committed: None, db_core: psycopg.Connection) -> None:
    machine = _machine()
    filed = _write(db_core, machine, seq=1, filed=[])
    machine.apply(order("a-1"), 20, 20)
    db_core.execute("delete from trading_snapshot_segment")
    with pytest.raises(snapshots.SegmentsGoneError, match="at 2"):
        _write(db_core, machine, seq=2, filed=filed)
    assert snapshots.newest_first(db_core) == [(1, ENGINE_VERSION)]
    assert db_core.execute(SEGMENTS).fetchone() == (0,)


def _machine() -> Machine:
    machine = Machine()
    for at_ns, command in enumerate([*opening_commands(accounts=2, tenants=1), order("a-0")], 1):
        machine.apply(command, at_ns, at_ns)
    return machine


def _write(
    connection: psycopg.Connection, machine: Machine, *, seq: int, filed: list[snapshots.SegmentRef]
) -> list[snapshots.SegmentRef]:
    head = Head(seq=seq, hash=bytes(32), epoch=1, at_ns=seq)
    return snapshots.write(connection, machine=machine, head=head, market_ns=seq, filed=filed)
