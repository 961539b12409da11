"""A short chaos run through the command: one line of JSON, nothing lost, nothing doubled, the books hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from portal.lib.paths import REPOSITORY
from tests.plugins.session import current_world


@pytest.mark.slow
def test_loses_and_doubles_nothing_when_core_and_database_are_killed(committed: None) -> None:
    environment = os.environ | {"AURUM_VAR": str(current_world().scratch.root)}
    answer = subprocess.run(
        [sys.executable, str(REPOSITORY / "manage.py"), "chaos", "--core-kills", "2", "--db-kills", "1", "--json"],
        env=environment,
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert answer.returncode == 0, answer.stderr[-4000:]
    (line,) = answer.stdout.splitlines()
    outcome = json.loads(line)
    assert list(outcome) == [
        "acknowledged",
        "lost",
        "doubled",
        "books_ok",
        "core_recovery_ms_max",
        "db_recovery_ms_max",
    ]
    assert (outcome["lost"], outcome["doubled"], outcome["books_ok"]) == (0, 0, True)
    assert outcome["acknowledged"] > 100
