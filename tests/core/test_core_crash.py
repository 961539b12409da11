"""kill -9 at named points: what was answered exists once, what was not answered is settled by repeating it."""

from __future__ import annotations

import contextlib
import time

import psycopg
import pytest

from tests.core.conftest import CoreRig, eventually, order
from tests.plugins.session import current_world
from trading.core import client, snapshot_child, snapshots
from trading.core.journal import Head, rows_after
from trading.core.replay import decoded_commands
from trading.core.verification import verify
from trading.engine.commands import PlaceOrder
from trading.engine.events import OrderAccepted, OrderRepeated
from trading.engine.machine import Machine
from trading.engine.types import ENGINE_VERSION


def orders_in_journal(connection: psycopg.Connection) -> list[str]:
    """Return the client order ids of all journaled orders."""
    return [
        record.command.client_order_id
        for row in rows_after(connection, 0)
        for record in decoded_commands(row)
        if isinstance(record.command, PlaceOrder)
    ]


@pytest.mark.parametrize(
    ("point", "journaled"),
    [("before_journal", False), ("mid_batch", False), ("after_journal_before_ack", True)],
)
def test_settles_an_unanswered_order_by_its_repeat(
    rig: CoreRig, db_core: psycopg.Connection, point: str, journaled: bool
) -> None:
    # The market takes six batches of one command each; the seventh command is the order.
    rig.start(FAULT_AT=f"{point}:8")
    rig.open_market()
    rig.send(order("a-1"))
    with pytest.raises(client.CoreUnavailable) as lost:
        client.call(order("a-2"))
    assert lost.value.maybe_executed
    assert rig.wait_dead() == -9
    assert orders_in_journal(db_core) == (["a-1", "a-2"] if journaled else ["a-1"])
    rig.start()
    (answer,) = rig.send(order("a-2"))
    assert isinstance(answer.event, OrderRepeated if journaled else OrderAccepted)
    assert answer.seq == 8
    assert orders_in_journal(db_core) == ["a-1", "a-2"]
    assert verify(db_core).breaches == []


def test_survives_a_kill_while_a_snapshot_is_written(rig: CoreRig, db_core: psycopg.Connection) -> None:
    rig.start(FAULT_AT="during_snapshot", AURUM_SNAPSHOT_EVERY="8")
    rig.open_market()
    rig.send(order("a-1"))
    with contextlib.suppress(client.CoreUnavailable):
        client.call(order("a-2"))
    assert rig.wait_dead() == -9
    assert db_core.execute("select count(*) from trading_snapshot").fetchone() == (0,)
    rig.start()
    (answer,) = rig.send(order("a-2"))
    assert answer.seq == 8
    assert orders_in_journal(db_core) == ["a-1", "a-2"]


def test_writes_snapshots_by_itself_and_keeps_the_newest(rig: CoreRig, db_core: psycopg.Connection) -> None:
    rig.start(AURUM_SNAPSHOT_EVERY="5")
    rig.open_market()
    for number in range(60):
        rig.send(order(f"a-{number}"))
    eventually(lambda: client.query("status")["snapshot_seq"] >= 62, seconds_max=20)
    kept = [row[0] for row in db_core.execute("select seq from trading_snapshot order by seq").fetchall()]
    assert 2 <= len(kept) <= 3
    rig.kill()
    rig.start()
    status = client.query("status")
    assert (status["seq"], status["snapshot_seq"]) == (66, kept[-1])
    assert verify(db_core).breaches == []


def test_waits_with_a_snapshot_while_another_writer_is_at_work(rig: CoreRig, db_core: psycopg.Connection) -> None:
    """The child of a core that died finishes its snapshot; a second one beside it would slow the new core down."""
    from trading.core.snapshot_child import WRITER_LOCK
    from trading.core.snapshots import newest_first

    db_core.execute("select pg_advisory_lock(%s)", [WRITER_LOCK])
    db_core.commit()
    rig.start(AURUM_SNAPSHOT_EVERY="5")
    rig.open_market()
    time.sleep(2.5)
    assert newest_first(db_core) == []
    db_core.commit()
    db_core.execute("select pg_advisory_unlock(%s)", [WRITER_LOCK])
    db_core.commit()
    eventually(lambda: client.query("status")["snapshot_seq"] == 6, seconds_max=20)


def test_stores_what_it_has_dumped_when_the_server_comes_back(
    committed: None, db_core: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed servers would otherwise cost a snapshot each, and the recovery after them all the more commands."""
    dumped, tried = [], []
    dump, store = snapshots.dump, snapshots.store

    def counted(machine: Machine, **values: object) -> snapshots.Cut:
        dumped.append(machine)
        return dump(machine, **values)

    def torn(connection: psycopg.Connection, **values: object) -> None:
        tried.append(connection)
        if len(tried) < 3:
            connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")
        store(connection, **values)

    monkeypatch.setattr(snapshots, "dump", counted)
    monkeypatch.setattr(snapshots, "store", torn)
    head = Head(seq=7, hash=bytes(32), epoch=1, at_ns=1)
    writer = snapshot_child._Writer(machine=Machine(), head=head, market_ns=1, filed=[])
    assert writer.run(current_world().database.dsns["core"], parent=0) == 0
    assert (len(dumped), len(tried)) == (1, 3)
    assert snapshots.newest_first(db_core) == [(7, ENGINE_VERSION)]
