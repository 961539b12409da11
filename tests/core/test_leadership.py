"""One core leads; a stale one writes nothing."""

from __future__ import annotations

import os
import signal
import subprocess

import psycopg
import pytest

from tests.core.conftest import CoreRig, eventually, order
from trading.core import client
from trading.core.verification import verify


def test_refuses_a_second_core_and_says_who_leads(rig: CoreRig) -> None:
    process = rig.start()
    words = rig.refused()
    assert "another core leads: epoch 1 is led by process" in words
    assert str(process.pid) in words
    assert client.query("status")["epoch"] == 1


def test_lets_exactly_one_of_two_started_together_lead(rig: CoreRig, db_core: psycopg.Connection) -> None:
    processes = rig._processes
    both = [processes.manage("runcore", "--wait", "0.5") for _ in range(2)]
    eventually(rig.leads, seconds_max=15)
    eventually(lambda: any(process.poll() is not None for process in both), seconds_max=15)
    codes = [process.poll() for process in both]
    assert sorted(codes, key=str) == [1, None] or sorted(codes, key=str) == [None, 1] or codes.count(1) == 1
    assert codes.count(None) == 1
    rig.open_market()
    assert {row[0] for row in db_core.execute("select epoch from trading_journal").fetchall()} == {
        client.query("status")["epoch"]
    }


def test_takes_over_from_a_hung_core_which_then_writes_nothing(rig: CoreRig, db_core: psycopg.Connection) -> None:
    hung = rig.start()
    rig.open_market()
    os.kill(hung.pid, signal.SIGSTOP)
    try:
        client.disconnect()
        successor = rig._processes.manage("runcore", "--take-over", wait_for=rig.leads)
        assert client.query("status")["epoch"] > 1
        rig.send(order("a-1"))
    finally:
        os.kill(hung.pid, signal.SIGCONT)
    assert hung.wait(15) == 70
    assert client.query("status")["pid"] == successor.pid
    rig.send(order("a-2"))
    assert [row[0] for row in db_core.execute("select epoch from trading_journal order by first_seq").fetchall()][
        -2:
    ] == [client.query("status")["epoch"]] * 2
    assert verify(db_core).breaches == []


def test_writes_nothing_under_a_stale_epoch(rig: CoreRig, db_core: psycopg.Connection) -> None:
    rig.start()
    rig.open_market()
    db_core.execute("update trading_epoch set epoch = epoch + 1")
    with pytest.raises(client.CoreUnavailable):
        client.call(order("a-1"))
    assert rig.wait_dead() == 70
    assert db_core.execute("select max(last_seq) from trading_journal").fetchone() == (6,)


def test_waits_for_a_leader_that_is_about_to_end(rig: CoreRig) -> None:
    first = rig.start()
    second = rig._processes.manage("runcore", "--wait", "20")
    assert isinstance(second, subprocess.Popen)
    eventually(lambda: "commands executed again" in rig.log())
    first.terminate()
    assert first.wait(15) == 0
    client.disconnect()
    eventually(lambda: rig.leads() and client.query("status")["pid"] == second.pid, seconds_max=15)
