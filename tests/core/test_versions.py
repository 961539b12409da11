"""A new engine version starts only from a snapshot at the head that the old one wrote."""

from __future__ import annotations

import psycopg
import pytest

from tests.core.conftest import CoreRig, order
from trading.core import replay, snapshots, verification


def test_refuses_a_tail_of_another_engine_version_and_names_the_command(
    rig: CoreRig, db_core: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.start()
    rig.open_market()
    rig.kill()
    monkeypatch.setattr(replay, "ENGINE_VERSION", 2)
    with pytest.raises(replay.VersionMismatch, match=r"journal row 1\.\.1 .* version 1, this is 2.*core_upgrade"):
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
    monkeypatch.setattr(replay, "ENGINE_VERSION", 2)
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
    assert snapshots.newest_first(db_core) == [(6, 1)]
    report = verification.verify(db_core)
    assert (report.ok, report.snapshots_checked, report.executed_from, report.executed) == (True, 1, 1, 6)
