"""The journal's connection breaks: nothing is answered until it is known what became of the row in flight."""

from __future__ import annotations

import threading
import time

import psycopg
import pytest

from tests.core.conftest import CoreRig, eventually, order
from trading.core import client
from trading.core.verification import verify
from trading.engine.events import OrderAccepted

BACKENDS = "select pid from pg_stat_activity where application_name = %s and datname = current_database()"
JOURNAL, LOCK = "aurum-core-journal", "aurum-core-lock"


def terminate(admin: psycopg.Connection, name: str) -> int:
    """End a backend of the core by its name; return how many there were."""
    pids = [row[0] for row in admin.execute(BACKENDS, [name]).fetchall()]
    admin.execute("select pg_terminate_backend(pid) from unnest(%s::int[]) pid", [pids])
    return len(pids)


def test_reconnects_when_an_idle_connection_breaks(
    rig: CoreRig, db_admin: psycopg.Connection, db_core: psycopg.Connection
) -> None:
    rig.start()
    rig.open_market()
    assert terminate(db_admin, JOURNAL) == 1
    eventually(lambda: len(db_admin.execute(BACKENDS, [JOURNAL]).fetchall()) == 1 and rig.leads())
    (answer,) = rig.send(order("a-1"))
    assert (answer.seq, type(answer.event)) == (7, OrderAccepted)
    assert client.query("status")["epoch"] == 1
    assert verify(db_core).breaches == []


def test_appends_the_same_row_again_when_the_commit_was_lost(
    rig: CoreRig, db_admin: psycopg.Connection, db_core: psycopg.Connection
) -> None:
    rig.start()
    rig.open_market()
    answers: list[client.Answer] = []
    with psycopg.connect(db_core.info.dsn, password=db_core.info.password) as blocker:
        # Whoever changes the epoch's row holds up every append: the row in flight waits here.
        blocker.execute("update trading_epoch set leader = leader")
        sender = threading.Thread(target=lambda: answers.append(client.call(order("a-1"), timeout_s=20)))
        sender.start()
        eventually(lambda: _waits(db_admin))
        terminate(db_admin, JOURNAL)
        time.sleep(0.3)
        assert answers == []
        blocker.rollback()
    sender.join(20)
    assert [(answer.seq, type(answer.event)) for answer in answers] == [(7, OrderAccepted)]
    assert db_core.execute("select max(last_seq), max(epoch) from trading_journal").fetchone() == (7, 1)
    assert "is appended again" in rig.log()
    assert verify(db_core).breaches == []


def test_says_outcome_unknown_after_two_seconds_and_refuses_the_rest_at_once(
    rig: CoreRig, db_admin: psycopg.Connection, db_core: psycopg.Connection
) -> None:
    rig.start()
    rig.open_market()
    with psycopg.connect(db_core.info.dsn, password=db_core.info.password) as blocker:
        blocker.execute("update trading_epoch set leader = leader")
        began = time.monotonic()
        with pytest.raises(client.CoreUnavailable) as unknown:
            client.call(order("a-1"), timeout_s=20)
        assert unknown.value.maybe_executed
        assert 1.5 < time.monotonic() - began < 5
        with pytest.raises(client.CoreUnavailable) as refused:
            client.call(order("a-2"), timeout_s=20)
        assert not refused.value.maybe_executed
        with pytest.raises(client.CoreUnavailable):
            client.query("account", tenant_id=1, account_id=7001)
        blocker.rollback()
    eventually(rig.leads)
    (again,) = rig.send(order("a-1"))
    assert again.seq == 7
    assert client.query("status")["seq"] == 7
    (second,) = rig.send(order("a-2"))
    assert second.seq == 8


def test_gets_its_lock_back(rig: CoreRig, db_admin: psycopg.Connection) -> None:
    rig.start()
    assert terminate(db_admin, LOCK) == 1
    eventually(lambda: len(db_admin.execute(BACKENDS, [LOCK]).fetchall()) == 1)
    assert "another core leads" in rig.refused()
    assert rig.leads()


def test_ends_when_the_journal_has_a_row_of_somebody_else(
    rig: CoreRig, db_admin: psycopg.Connection, journal_admin: psycopg.Connection
) -> None:
    rig.start()
    rig.open_market()
    journal_admin.execute("update trading_journal set hash = prev_hash where first_seq = 6")
    terminate(db_admin, JOURNAL)
    assert rig.wait_dead() == 70
    assert "does not end where this core left it" in rig.log()


def _waits(admin: psycopg.Connection) -> bool:
    row = admin.execute(
        "select 1 from pg_stat_activity where application_name = %s and wait_event_type = 'Lock'", [JOURNAL]
    ).fetchone()
    return row is not None
