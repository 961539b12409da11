"""A damaged journal: a start refuses from the snapshot on and names the row; verify_journal finds it anywhere."""

from __future__ import annotations

import json
import subprocess
import sys

import psycopg
import pytest
from psycopg import sql

from portal.lib.paths import REPOSITORY
from tests.core.conftest import CoreRig, order
from tests.plugins.processes import Processes
from trading.core.verification import verify

FLIP = "update trading_journal set payload = set_byte(payload, 20, get_byte(payload, 20) # 1) where first_seq = %s"


def damaged(rig: CoreRig) -> None:
    """Leave a journal of eight rows behind, without a snapshot."""
    rig.start()
    rig.open_market()
    rig.send(order("a-1"), order("a-2"))
    rig.kill()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (FLIP % 5, "journal row 5..5 has hash"),
        ("delete from trading_journal where first_seq = 5", "journal row 6..6 does not follow number 4"),
        (
            "update trading_journal set first_seq = first_seq + 1000, last_seq = last_seq + 1000 where first_seq = 5",
            "journal row 6..6 does not follow number 4",
        ),
        ("update trading_journal set epoch = 9 where first_seq = 3", "journal row 3..3 has hash"),
    ],
)
def test_refuses_to_start_on_a_damaged_row_and_names_it(
    rig: CoreRig, journal_admin: psycopg.Connection, db_core: psycopg.Connection, damage: str, words: str
) -> None:
    damaged(rig)
    journal_admin.execute(damage)
    assert words in rig.refused()
    report = verify(db_core)
    assert not report.ok
    assert any(words in breach for breach in report.breaches)


def test_starts_behind_damage_that_lies_before_its_snapshot_but_verification_finds_it(
    rig: CoreRig, processes: Processes, journal_admin: psycopg.Connection
) -> None:
    rig.start()
    rig.open_market()
    assert rig.stop() == 0
    journal_admin.execute(FLIP, [3])
    rig.start()
    rig.stop()
    answer = subprocess.run(
        [sys.executable, str(REPOSITORY / "manage.py"), "verify_journal", "--json"],
        env=processes.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = answer.stdout.splitlines()
    report = json.loads(line)
    assert answer.returncode == 1
    assert (report["ok"], report["seq"]) == (False, 6)
    assert "journal row 3..3" in report["breaches"][0]


def test_notices_a_cut_tail_by_the_snapshot(rig: CoreRig, journal_admin: psycopg.Connection) -> None:
    rig.start()
    rig.open_market()
    rig.stop()
    journal_admin.execute("delete from trading_journal where first_seq > 4")
    assert "there is a snapshot at 6, but the journal row that should end there ends at 4" in rig.refused()


def test_notices_a_cut_tail_by_the_copy_of_the_head(rig: CoreRig, journal_admin: psycopg.Connection) -> None:
    rig.start()
    rig.open_market()
    rig.stop()
    journal_admin.execute("delete from trading_snapshot")
    journal_admin.execute("delete from trading_journal where first_seq > 4")
    words = rig.refused()
    assert "the journal ends at 4, but it once reached 6" in words
    rig.start("--accept-shorter-journal")
    assert rig.stop() == 0


def test_notices_a_journal_shorter_than_its_followers(rig: CoreRig, journal_admin: psycopg.Connection) -> None:
    damaged(rig)
    journal_admin.execute(
        "insert into trading_follower_position (name, seq, at_ns, written_ns) values ('projection', 9, 1, 1)"
    )
    assert "the journal ends at 8, but its followers have read up to 9" in rig.refused()


def test_falls_back_to_an_older_snapshot(
    rig: CoreRig, journal_admin: psycopg.Connection, db_core: psycopg.Connection
) -> None:
    rig.start()
    rig.open_market()
    rig.stop()
    rig.start()
    rig.send(order("a-1"))
    rig.stop()
    journal_admin.execute("update trading_snapshot set body = set_byte(body, 9, 1 # get_byte(body, 9)) where seq = 7")
    rig.start()
    assert "the snapshot at 7 is damaged and is passed over" in rig.log()
    rig.kill()
    assert verify(db_core).breaches == ["the snapshot at 7 is damaged"]


def test_executes_everything_again_when_no_snapshot_can_be_read(
    rig: CoreRig, journal_admin: psycopg.Connection, db_core: psycopg.Connection
) -> None:
    """A snapshot whose bytes are whole but of a form that nobody reads any more costs time, not the start."""
    from trading.core.snapshots import body_hash

    rig.start()
    rig.open_market()
    rig.stop()
    body = bytes([0x92, 1, 2])  # version 1 and something else
    journal_admin.execute("update trading_snapshot set body = %s, state_hash = %s", [body, body_hash(body)])
    rig.start()
    assert "cannot be read and is passed over" in rig.log()
    (answer,) = rig.send(order("a-1"))
    assert answer.seq == 7


def test_refuses_events_that_differ_when_executed_again(
    rig: CoreRig, journal_admin: psycopg.Connection, db_core: psycopg.Connection
) -> None:
    """A row that was forged with a right hash is found by executing it."""
    from trading.core.journal import read_head, rows_after, sealed_row

    damaged(rig)
    last = list(rows_after(db_core, 0))[-1]
    forged = sealed_row(
        prev_hash=last.prev_hash,
        first_seq=last.first_seq,
        last_seq=last.last_seq,
        epoch=last.epoch,
        engine_version=last.engine_version,
        at_ns=last.at_ns,
        payload=last.payload.replace(b"a-2", b"a-3", 1),
    )
    journal_admin.execute(
        "update trading_journal set payload = %s, hash = %s where first_seq = 8", [forged.payload, forged.hash]
    )
    assert read_head(db_core).hash == forged.hash
    words = "command 8 of journal row 8..8 gives other events when it is executed again"
    assert words in rig.refused()
    assert verify(db_core).breaches == [words]


def test_forbids_update_and_delete_even_to_the_owner(
    rig: CoreRig, db_core: psycopg.Connection, db_owner: psycopg.Connection, db_web: psycopg.Connection
) -> None:
    damaged(rig)
    for connection in (db_core, db_owner):
        for statement in ("update trading_journal set epoch = 1", "delete from trading_journal"):
            with pytest.raises(psycopg.Error):
                connection.execute(statement)
    for table in ("trading_journal", "trading_snapshot", "trading_epoch"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            db_web.execute(sql.SQL("select 1 from {}").format(sql.Identifier(table)))
    assert verify(db_core).breaches == []
