"""A running core: answers, questions, deliveries, who may connect."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import urllib.request

import psycopg
import pytest

from portal.lib.errors import Refused
from portal.lib.metrics import port_file
from portal.lib.paths import socket_path
from tests.core.conftest import SELL, CoreRig, eventually, order
from trading.core import client, protocol
from trading.core.rig.market import FIRST_ACCOUNT_ID, INSTRUMENT_ID, MIDDLE_TICKS, TRADING_DAY
from trading.engine.events import OrderAccepted, OrderRepeated, Trade


def test_answers_only_what_the_journal_holds(rig: CoreRig, db_core: psycopg.Connection) -> None:
    rig.start()
    rig.open_market()
    for number in range(5):
        (answer,) = rig.send(order(f"a-{number}"))
        row = db_core.execute("select max(last_seq) from trading_journal").fetchone()
        assert row == (answer.seq,)
        assert isinstance(answer.event, OrderAccepted)
        assert answer.order is not None
        assert answer.order.leaves_qty == 1
        assert (answer.order.seq, answer.order.entered_ns) == (answer.seq, answer.at_ns)
        assert answer.received_ns <= answer.acked_ns
        assert answer.trading_day == TRADING_DAY


def test_gives_a_repeat_the_first_answer_after_a_restart(rig: CoreRig, db_core: psycopg.Connection) -> None:
    rig.start()
    rig.open_market()
    (first,) = rig.send(order("a-1"))
    rig.kill()
    rig.start()
    (again,) = rig.send(order("a-1"))
    assert isinstance(again.event, OrderRepeated)
    assert (again.seq, again.event.order_id) == (first.seq, first.event.order_id)
    assert db_core.execute("select max(last_seq) from trading_journal").fetchone() == (first.seq,)


def test_answers_questions_and_hides_another_tenants_account(rig: CoreRig) -> None:
    rig.start()
    rig.open_market()
    rig.send(order("a-1", qty=2))
    view = client.query("account", tenant_id=1, account_id=FIRST_ACCOUNT_ID)
    assert (view.account_id, [working.qty for working in view.orders]) == (FIRST_ACCOUNT_ID, [2])
    depth = client.query("depth", instrument_id=INSTRUMENT_ID, levels=5)
    assert (depth.bids, depth.asks, depth.seq) == ([(MIDDLE_TICKS, 2)], [], 7)
    ((contract, lower, upper),) = client.query("instruments")
    assert (contract.symbol, lower, upper) == ("SHFE.au2612", 33_930, 44_070)
    assert client.query("preview", command=order("p-1", qty=1)).code == ""
    (stats,) = client.query("stats")
    assert (stats.instrument_id, stats.volume) == (INSTRUMENT_ID, 0)
    for question in (
        {"tenant_id": 2, "account_id": FIRST_ACCOUNT_ID},
        {"tenant_id": 1, "account_id": 999},
    ):
        with pytest.raises(Refused) as refusal:
            client.query("account", **question)
        assert refusal.value.code == "account_not_found"
    with pytest.raises(Refused) as refusal:
        client.query("no_such_thing")
    assert refusal.value.code == "unknown_query"


def test_delivers_private_events_of_watched_accounts_once_and_in_order(rig: CoreRig) -> None:
    rig.start()
    rig.open_market()

    async def follow() -> tuple[int, list[client.Delivery]]:
        news: list[client.Delivery] = []
        link = client.CoreLink("test", news.append, lambda up: None)
        await link.start()
        seq = await link.watch([FIRST_ACCOUNT_ID, FIRST_ACCOUNT_ID + 1])
        commands = [order("a-1", qty=2), order("b-1", account=1, side=SELL, qty=1), order("a-2")]
        for command in commands:
            await link.submit(command)
        link.unwatch([FIRST_ACCOUNT_ID, FIRST_ACCOUNT_ID + 1])
        await link.submit(order("a-3"))
        await asyncio.sleep(0.1)
        await link.close()
        return seq, news

    seq, news = asyncio.run(follow())
    private = [(number, type(event)) for delivery in news for number, _, _, event in delivery.private]
    assert seq == 6
    assert private == [(7, OrderAccepted), (8, OrderAccepted), (8, Trade), (9, OrderAccepted)] or private == [
        (7, OrderAccepted),
        (8, Trade),
        (9, OrderAccepted),
    ]
    depth = [frame for delivery in news for frame in delivery.depth]
    assert [frame.seq for frame in depth] == sorted(frame.seq for frame in depth)
    assert depth[-1].bids[0][0] == MIDDLE_TICKS


def test_says_unavailable_at_once_when_no_core_runs(rig: CoreRig) -> None:
    with pytest.raises(client.CoreUnavailable) as refusal:
        client.call(order("a-1"))
    assert not refusal.value.maybe_executed


def test_notices_on_a_link_that_the_core_came_and_went(rig: CoreRig) -> None:
    async def follow() -> list[bool]:
        states: list[bool] = []
        link = client.CoreLink("test", lambda delivery: None, states.append)
        await link.start()
        with pytest.raises(client.CoreUnavailable):
            link.submit(order("a-1"))
        await asyncio.to_thread(rig.start)
        for _ in range(200):
            if link.connected:
                break
            await asyncio.sleep(0.02)
        status = await link.query("status")
        assert status["trading"]
        await asyncio.to_thread(rig.kill)
        for _ in range(100):
            if not link.connected:
                break
            await asyncio.sleep(0.02)
        await link.close()
        return states

    assert asyncio.run(follow()) == [True, False]


def test_opens_its_socket_to_its_own_user_alone(rig: CoreRig) -> None:
    rig.start()
    assert stat.S_IMODE(socket_path("core").stat().st_mode) == 0o600
    if os.geteuid() != 0:
        pytest.skip("only root can try as another user")
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(socket_path("core")))  # connected while still root, as an inherited one would be
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    ours.close()
    theirs.close()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setuid(65534)
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(socket_path("core")))
        except OSError:
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_cuts_a_link_that_talks_nonsense_and_serves_the_others(rig: CoreRig) -> None:
    rig.start()
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(socket_path("core")))
    connection.settimeout(2)
    connection.sendall(protocol.up_frame(protocol.SUBMIT, b"\xc1\xc1"))
    assert connection.recv(10) == b""
    assert client.query("status")["seq"] == 0


def test_shows_its_figures_on_a_loopback_port(rig: CoreRig) -> None:
    process = rig.start()
    rig.open_market()
    file = port_file("core").with_name(f"metrics-core-{process.pid}.port")
    eventually(file.exists)
    with urllib.request.urlopen(f"http://127.0.0.1:{file.read_text().strip()}/metrics") as answer:
        text = answer.read().decode()
    assert "aurum_core_commands_total 6.0" in text
    assert "aurum_core_available 1.0" in text


def test_stops_cleanly_and_executes_nothing_again(rig: CoreRig) -> None:
    rig.start()
    rig.open_market()
    rig.send(order("a-1"))
    assert rig.stop() == 0
    assert not socket_path("core").exists()
    rig.start()
    status = client.query("status")
    assert (status["seq"], status["snapshot_seq"]) == (7, 7)
    assert "(0 commands executed again" in rig.log()
