"""A new engine version starts only from a snapshot at the head that the old one wrote."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import psycopg
import pytest

from tests.core.conftest import CoreRig, order
from trading.core import journal, replay, snapshots, verification
from trading.engine import invariants
from trading.engine.types import ENGINE_VERSION


def test_refuses_a_tail_of_another_engine_version_and_names_the_command(
    rig: CoreRig, db_core: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.start()
    rig.open_market()
    rig.kill()
    monkeypatch.setattr(replay, "OLDEST_VERSION", 3)
    monkeypatch.setattr(replay, "ENGINE_VERSION", 3)
    with pytest.raises(replay.VersionMismatch, match=r"journal row 1\.\.1 .* version 2, this is 3.*core_upgrade"):
        replay.recover(db_core)


def test_passes_over_an_old_versions_snapshot_that_is_not_at_the_head(
    rig: CoreRig, db_core: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.start()
    rig.open_market()
    rig.stop()
    rig.start()
    rig.send(order("a-1"))
    rig.kill()
    monkeypatch.setattr(replay, "OLDEST_VERSION", 3)
    monkeypatch.setattr(replay, "ENGINE_VERSION", 3)
    with pytest.raises(replay.VersionMismatch):
        replay.recover(db_core)


def test_stores_a_snapshot_at_the_head_on_demand(rig: CoreRig, db_core: psycopg.Connection) -> None:
    from io import StringIO

    from django.core.management import CommandError, call_command

    rig.start()
    rig.open_market()
    with pytest.raises(CommandError, match="stop the core first: epoch 1"):
        call_command("core_upgrade", "--wait", "0.2")
    rig.kill()
    said = StringIO()
    call_command("core_upgrade", stdout=said)
    assert "stands at the head, number 6" in said.getvalue()
    assert snapshots.newest_first(db_core) == [(6, ENGINE_VERSION)]
    report = verification.verify(db_core)
    assert (report.ok, report.snapshots_checked, report.executed_from, report.executed) == (True, 1, 1, 6)


FIXTURE = Path(__file__).parent / "fixtures" / "journal_version_1.msgpack.gz"


class Kept(msgspec.Struct):
    """A journal as engine version 1 wrote it: 2,383 commands of 21 trading days, with one snapshot in the middle."""

    rows: list[journal.Row]
    snapshots: list[tuple[int, int, bytes, bytes, int, int, bytes]]
    state_hash: bytes
    seq: int


@pytest.fixture
def old_journal(committed: None, journal_admin: psycopg.Connection) -> Kept:
    kept = msgspec.msgpack.decode(gzip.decompress(FIXTURE.read_bytes()), type=Kept)
    journal_admin.execute("update trading_epoch set epoch = %s", [kept.rows[-1].epoch])
    for row in kept.rows:
        journal_admin.execute(
            "insert into trading_journal values (%s, %s, %s, %s, %s, %s, %s, %s)", list(msgspec.structs.astuple(row))
        )
    for seq, version, journal_hash, state_hash, at_ns, market_ns, body in kept.snapshots:
        journal_admin.execute(
            "insert into trading_snapshot"
            " (seq, engine_version, epoch, journal_hash, state_hash, at_ns, market_ns, body)"
            " values (%s, %s, 1, %s, %s, %s, %s, %s)",
            [seq, version, journal_hash, state_hash, at_ns, market_ns, body],
        )
    return kept


def test_a_journal_of_version_1_recovers_from_its_snapshot_and_from_nothing(
    old_journal: Kept, db_core: psycopg.Connection, journal_admin: psycopg.Connection
) -> None:
    assert ENGINE_VERSION > 1
    from_snapshot = replay.recover(db_core)
    assert (from_snapshot.snapshot_seq, from_snapshot.head.seq) == (old_journal.snapshots[0][0], old_journal.seq)
    journal_admin.execute("delete from trading_snapshot")
    from_nothing = replay.recover(db_core)
    assert (from_nothing.snapshot_seq, from_nothing.commands) == (0, old_journal.seq)
    assert from_nothing.machine.state_hash() == from_snapshot.machine.state_hash()
    assert invariants.check(from_nothing.machine) == []


def test_verification_executes_a_journal_of_version_1_again(old_journal: Kept, db_core: psycopg.Connection) -> None:
    report = verification.verify(db_core)
    assert (report.ok, report.breaches) == (True, [])
    assert (report.executed_from, report.executed, report.snapshots_checked) == (1, old_journal.seq, 1)


def test_a_changed_event_of_version_1_is_found(
    old_journal: Kept, db_core: psycopg.Connection, journal_admin: psycopg.Connection
) -> None:
    """Reading an old row in today's form must not become reading it loosely."""
    row = next(row for row in old_journal.rows if row.first_seq > old_journal.snapshots[0][0])
    records = journal.decode_raw_records(row.payload)
    records[0].at_ns += 1
    events = journal.decode_events(records[0].events)
    records[0].events = msgspec.Raw(journal.encode_records([*events, *events]))
    changed = journal.encode_records(records)
    state = replay.starting_state(db_core)
    assert state.head.seq == row.first_seq - 1
    with pytest.raises(journal.JournalCorrupt, match="gives other events"):
        replay.replay_row(state, msgspec.structs.replace(row, payload=changed))


def test_a_core_goes_on_from_a_journal_of_version_1(
    old_journal: Kept, rig: CoreRig, db_core: psycopg.Connection
) -> None:
    rig.start()
    rig.stop()
    assert snapshots.newest_first(db_core)[0] == (old_journal.seq, ENGINE_VERSION)
    assert verification.verify(db_core).ok
