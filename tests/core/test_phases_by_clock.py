"""The core moves contracts by its calendar: a whole trading day in seconds, and what a restart finds."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from tests.calendar.support import HEAD, at
from tests.core.conftest import SELL, CoreRig, eventually, order
from tests.core.test_sequencer import Bench
from trading.calendar.loader import parse
from trading.core import client, phase_clock
from trading.core.journal import rows_after
from trading.core.phase_clock import LOOK_S, PhaseClock
from trading.core.replay import decoded_commands
from trading.core.rig.market import INSTRUMENT_ID, MIDDLE_TICKS, opening_commands
from trading.core.verification import verify
from trading.engine.commands import PlaceOrder, PutLimitLadder, RollDay, SetPhase, WatchClose
from trading.engine.ladders import LimitStep
from trading.engine.types import AUCTION_ENTRY, AUCTION_MATCH, BREAK, CLOSED, CONTINUOUS

DAY = 20261120
NEXT_DAY = 20261123
# A day of eight hours: long auctions, so that a test can speak in them while a second is an hour.
SESSIONS = [
    "session,SHFE,au,night,auction_entry,20:00,21:30,s",
    "session,SHFE,au,night,auction_match,21:30,21:31,s",
    "session,SHFE,au,night,continuous,21:31,23:00,s",
    "session,SHFE,au,day,auction_entry,00:30,01:30,s",
    "session,SHFE,au,day,auction_match,01:30,01:31,s",
    "session,SHFE,au,day,continuous,01:31,02:30,s",
    "session,SHFE,au,day,break,02:30,03:30,s",
    "session,SHFE,au,day,continuous,03:30,04:30,s",
]
DAYS = ["day,2026-11-19,trading,night,s", "day,2026-11-20,trading,night,s", "day,2026-11-23,trading,no_night,s"]
NIGHT = "2026-11-19T"
MORNING = "2026-11-20T"
CHANGES = [
    (AUCTION_ENTRY, NIGHT + "20:00"),
    (AUCTION_MATCH, NIGHT + "21:30"),
    (CONTINUOUS, NIGHT + "21:31"),
    (BREAK, NIGHT + "23:00"),
    (AUCTION_ENTRY, MORNING + "00:30"),
    (AUCTION_MATCH, MORNING + "01:30"),
    (CONTINUOUS, MORNING + "01:31"),
    (BREAK, MORNING + "02:30"),
    (CONTINUOUS, MORNING + "03:30"),
    (CLOSED, MORNING + "04:30"),
]
STANDSTILL = "1/1000000"


@pytest.fixture
def calendar_file(tmp_path: Path) -> str:
    """The calendar as a file."""
    file = tmp_path / "short_day.csv"
    file.write_text("\n".join(HEAD + SESSIONS + DAYS))
    return str(file)


def opening(*, trading_day: int = DAY) -> list[Any]:
    """Return what makes the market, on a day of this calendar."""
    return [
        msgspec.structs.replace(command, next_trading_day=trading_day) if isinstance(command, RollDay) else command
        for command in opening_commands(accounts=2, tenants=1)
    ]


def phase() -> int:
    """Return the contract's phase."""
    return int(client.query("stats", instrument_id=INSTRUMENT_ID)[0].phase)


def reached(wanted: int) -> Callable[[], bool]:
    """Return the condition that the contract is in a phase."""
    return lambda: phase() == wanted


def moved(connection: psycopg.Connection) -> list[tuple[int, int]]:
    """Return every journaled SetPhase as (phase, market_ns)."""
    found = []
    for row in rows_after(connection, 0):
        for record in decoded_commands(row):
            if isinstance(record.command, SetPhase):
                assert (record.command.actor, record.command.instrument_ids) == ("system", [INSTRUMENT_ID])
                found.append((record.command.phase, record.market_ns))
    return found


def code(client_order_id: str, **fields: Any) -> str:
    """Place an order; return the code it was refused with, empty when it was taken."""
    answer = client.call(order(client_order_id, trading_day=DAY, **fields))
    return str(getattr(answer.event, "code", ""))


def test_a_whole_trading_day_passes_in_seconds(rig: CoreRig, db_core: psycopg.Connection, calendar_file: str) -> None:
    rig.start("--calendar", calendar_file, "--market-speed", "3600", "--market-start", NIGHT + "18:00")
    rig.send(*opening())
    eventually(reached(CLOSED))
    assert code("early") == "wrong_phase"
    eventually(reached(AUCTION_ENTRY))
    assert code("bid", qty=3, price_ticks=MIDDLE_TICKS + 5) == ""
    assert code("ask", account=1, side=SELL, qty=2, price_ticks=MIDDLE_TICKS - 5) == ""
    assert client.query("stats", instrument_id=INSTRUMENT_ID)[0].volume == 0
    eventually(reached(CONTINUOUS))
    assert client.query("stats", instrument_id=INSTRUMENT_ID)[0].volume == 2
    assert code("night") == ""
    eventually(reached(BREAK))
    assert code("pause") == "wrong_phase"
    eventually(lambda: client.query("status")["calendar"]["day_ended"], seconds_max=15)
    eventually(reached(CLOSED))
    assert code("late") == "wrong_phase"

    journal = moved(db_core)
    assert [phase for phase, _ in journal] == [CLOSED, *(phase for phase, _ in CHANGES)]
    for index, (_, change) in enumerate(CHANGES[:-1]):
        # Never before its time, and before the next one's: the clock is exact, only the machine may be slow.
        assert at(change) <= journal[index + 1][1] < at(CHANGES[index + 1][1])
    assert verify(db_core).breaches == []


def test_a_restart_in_a_session_says_nothing_twice_and_walks_what_was_missed(
    rig: CoreRig, db_core: psycopg.Connection, calendar_file: str
) -> None:
    still = ("--calendar", calendar_file, "--market-speed", STANDSTILL, "--market-start")
    rig.start(*still, NIGHT + "22:00")
    rig.send(*opening())
    eventually(reached(CONTINUOUS))
    first = [phase for phase, _ in moved(db_core)]
    assert first in ([CLOSED, CONTINUOUS], [])  # put and dated before the first look, or after it
    assert code("a-1") == ""
    for start, steps in [
        (NIGHT + "22:30", []),
        (MORNING + "01:30:30", [AUCTION_ENTRY, AUCTION_MATCH]),
        (MORNING + "03:00", [BREAK]),
        (MORNING + "03:00", []),
        (MORNING + "05:00", [CLOSED]),
    ]:
        before = len(moved(db_core))
        rig.kill()
        rig.start(*still, start)
        # The first command after a start is the clock's: a client cannot be faster.
        assert code(f"probe-{start}") == ("" if phase() == CONTINUOUS else "wrong_phase")
        time.sleep(0.6)  # more than two looks
        assert [phase for phase, _ in moved(db_core)][before:] == steps, start
    assert verify(db_core).breaches == []


def test_the_next_day_waits_for_the_settlement_of_the_last(
    rig: CoreRig, db_core: psycopg.Connection, calendar_file: str
) -> None:
    rig.start("--calendar", calendar_file, "--market-speed", STANDSTILL, "--market-start", "2026-11-20T20:30")
    rig.send(*opening())
    eventually(reached(CLOSED))
    time.sleep(0.6)
    assert phase() == CLOSED  # by the clock the next day's auction is on
    report = client.query("status")["calendar"]
    assert (report["name"], report["trading_day"], report["day_ended"], report["next_trading_day"]) == (
        "test",
        NEXT_DAY,
        True,
        NEXT_DAY,
    )
    assert (report["confirmed"], report["unconfirmed_days"]) == (True, 0)
    assert report["coming_days"] == []  # the calendar ends with the day that has begun
    rig.send(RollDay(0, NEXT_DAY, [(INSTRUMENT_ID, MIDDLE_TICKS)], "officer"))
    eventually(reached(AUCTION_ENTRY))
    assert not client.query("status")["calendar"]["day_ended"]
    assert (client.query("status")["phase"], [phase for phase, _ in moved(db_core)]) == (
        "auction_entry",
        [CLOSED, AUCTION_ENTRY],
    )


def test_always_open_times_nothing_and_opens_what_was_left_closed(
    rig: CoreRig, db_core: psycopg.Connection, calendar_file: str
) -> None:
    rig.start("--calendar", calendar_file, "--market-speed", STANDSTILL, "--market-start", MORNING + "05:00")
    rig.send(*opening())
    eventually(reached(CLOSED))
    rig.kill()
    rig.start()
    assert code("a-1") == ""
    assert client.query("status")["calendar"] == {"name": "always_open", "timed": False}
    assert [phase for phase, _ in moved(db_core)] == [CLOSED, CONTINUOUS]
    rig.send(SetPhase(0, [INSTRUMENT_ID], BREAK, "", "system"))
    time.sleep(0.6)
    assert phase() == BREAK


def test_a_calendar_with_a_gap_is_refused_at_the_start(rig: CoreRig, tmp_path: Path) -> None:
    file = tmp_path / "gap.csv"
    file.write_text("\n".join(HEAD + SESSIONS + DAYS[:1] + DAYS[2:]))
    assert "line 12: a weekday is missing between 2026-11-19 (line 11) and 2026-11-23: 2026-11-20 (Friday)" in (
        rig.refused("--calendar", str(file))
    )
    assert "there is no calendar 'moon'" in rig.refused("--calendar", "moon")
    assert "add --market-speed" in rig.refused("--market-start", "2026-11-20T20:30")


@pytest.mark.asyncio
async def test_does_not_say_again_what_still_waits_behind_a_slow_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, clock = _bench(monkeypatch, MORNING + "03:00")
    bench.submit(order("a-1", trading_day=DAY))
    bench.sequencer.settle_soon()  # nothing gathers: what comes now waits for the commit
    now_s = time.monotonic()
    for later_s in (0, 6, 12):
        monkeypatch.setattr(time, "monotonic", lambda seconds=now_s + later_s: seconds)
        clock.look()
    assert bench.sequencer.machine.instrument_stats(INSTRUMENT_ID).phase == CONTINUOUS
    bench.sequencer.committed()
    clock.look()
    assert bench.sequencer.machine.instrument_stats(INSTRUMENT_ID).phase == BREAK
    bench.sequencer.committed()
    assert [type(command) for command in _commands(bench)] == [PlaceOrder, SetPhase]


@pytest.mark.asyncio
async def test_does_not_fill_the_journal_with_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, clock = _bench(monkeypatch, MORNING + "03:00")
    now_s = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    unknown = SetPhase(0, [99], BREAK, "", "system")
    monkeypatch.setattr(phase_clock, "moves", lambda *_arguments, **_named: [unknown])
    for now_s[0] in (100.0, 100.25, 104.9, 105.0, 105.25):
        clock.look()
        if bench.sequencer.in_flight is not None:
            bench.sequencer.committed()
    assert _commands(bench) == [unknown, unknown]


@pytest.mark.asyncio
async def test_looks_again_exactly_at_the_next_change(monkeypatch: pytest.MonkeyPatch) -> None:
    _, clock = _bench(monkeypatch, MORNING + "02:29:59")
    assert clock.look() == LOOK_S  # a second away
    _, clock = _bench(monkeypatch, MORNING + "02:29:59", ahead_ns=900_000_000)
    assert clock.look() == pytest.approx(0.1)


def _bench(monkeypatch: pytest.MonkeyPatch, moment: str, *, ahead_ns: int = 0) -> tuple[Bench, PhaseClock]:
    """Return a sequencer in a dated market at a moment, and the clock over it."""
    monkeypatch.setattr(time, "time_ns", lambda: at(moment) + ahead_ns)
    bench = Bench()
    bench.execute(*opening())
    bench.rows.clear()
    return bench, PhaseClock(calendar=parse(HEAD + SESSIONS + DAYS), sequencer=bench.sequencer)


def _commands(bench: Bench) -> list[Any]:
    return [record.command for row in bench.rows for record in decoded_commands(row)]


def watches(connection: psycopg.Connection) -> list[tuple[list[int], int]]:
    """Return every journaled WatchClose as (contracts, market_ns)."""
    return [
        (record.command.instrument_ids, record.market_ns)
        for row in rows_after(connection, 0)
        for record in decoded_commands(row)
        if isinstance(record.command, WatchClose)
    ]


def test_the_last_five_minutes_are_watched_once_where_a_ladder_asks_for_it(
    rig: CoreRig, db_core: psycopg.Connection, calendar_file: str
) -> None:
    still = ("--calendar", calendar_file, "--market-speed", STANDSTILL, "--market-start")
    rig.start(*still, MORNING + "04:24")
    rig.send(*opening())
    eventually(reached(CONTINUOUS))
    rig.stop()
    rig.start(*still, MORNING + "04:26")
    eventually(lambda: client.query("status")["trading"])
    time.sleep(3 * LOOK_S)
    assert watches(db_core) == []  # nobody has put a ladder
    rig.send(PutLimitLadder(0, "SHFE", "", [LimitStep(30_000, 20_000)], "u2", "u3"))
    eventually(lambda: len(watches(db_core)) == 1)
    rig.stop()
    rig.start(*still, MORNING + "04:27")
    time.sleep(3 * LOOK_S)
    ((contracts, market_ns),) = watches(db_core)
    assert contracts == [INSTRUMENT_ID]
    assert at(MORNING + "04:25") <= market_ns < at(MORNING + "04:30")
    rig.stop()
    rig.start(*still, MORNING + "04:31")
    eventually(reached(CLOSED))
    assert client.query("stats", instrument_id=INSTRUMENT_ID)[0].one_sided == 0
    assert verify(db_core).breaches == []
