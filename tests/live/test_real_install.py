"""A real, empty installation: no demo, a broker made by hand, on a computer that cannot run machines."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live.installation import START_SECONDS_MAX, Installation
from tests.plugins.processes import free_port
from tests.plugins.session import current_world

pytestmark = pytest.mark.xdist_group("real-install")

# What a kernel without unprivileged user namespaces answers: bubblewrap is there and known, and cannot do its work.
FORBIDDEN = """#!/bin/sh
case "$1" in
  --version) echo "bubblewrap 0.8.0" ;;
  --help) echo "usage: bwrap [OPTIONS...]" ;;
  *) echo "bwrap: No permissions to create a new namespace" >&2; exit 1 ;;
esac
"""


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """A started installation without demo; stopped and removed afterwards."""
    var = current_world().scratch.root / "real-install"
    shutil.rmtree(var, ignore_errors=True)
    place = Installation(var)
    place.environment["PATH"] = f"{_forbidding(var.with_name('no-namespaces'))}:{place.environment['PATH']}"
    answer = place.manage("run_all", "--detach", "--port", str(free_port()), seconds_max=START_SECONDS_MAX)
    try:
        assert answer.returncode == 0, answer.stdout + answer.stderr
        yield place
    finally:
        place.manage("stop", seconds_max=180)
        shutil.rmtree(var, ignore_errors=True)


def _forbidding(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bwrap").write_text(FORBIDDEN)
    for path in (folder, folder / "bwrap"):
        path.chmod(0o755)
    return folder


def _tenant_create(installation: Installation) -> dict[str, Any]:
    words = ("northgold", "North Gold", "--admin", "north-admin", "--operator", "op-one", "--operator", "op-two")
    answer = installation.manage("tenant_create", *words, "--json")
    assert answer.returncode == 0, answer.stderr
    (line,) = answer.stdout.splitlines()
    made: dict[str, Any] = json.loads(line)
    return made


def test_starts_empty_gets_a_broker_and_says_that_no_machine_can_run_here(installation: Installation) -> None:
    status = installation.status()
    assert (status["running"], status["demo"]) == (True, False)
    assert "runsimulation" not in [process["name"] for process in status["processes"]]
    assert not (installation.var / "demo-credentials.json").exists()

    made = _tenant_create(installation)
    assert [user["role"] for user in made["users"]] == ["broker_admin", *["platform_operator"] * 2]
    again = installation.manage("tenant_create", "northgold", "North Gold", "--admin", "another-admin")
    assert again.returncode == 1
    assert "conflict: This tenant code is taken." in again.stderr

    host = installation.manage("host_add", str(made["tenant_id"]))
    assert host.returncode == 1
    assert "cannot run machines" in host.stderr
    assert "No permissions to create a new namespace" in host.stderr
    assert all(process["alive"] for process in installation.status()["processes"])
    with urllib.request.urlopen(f"{status['url']}health/ready", timeout=10) as answer:  # noqa: S310
        assert json.load(answer)["ready"] is True
    books = json.loads(installation.manage("check_books", "--json").stdout)
    assert (books["ok"], books["breaches"]) == (True, [])
