"""Deletes this installation's state: the demo's at a word, a real one's only when its name is repeated."""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from portal.lib.paths import run_dir, var_dir
from portal.postgres.cluster import Cluster
from portal.postgres.server_kind import EXTERNAL, PORTAL_CLUSTER, server_kind
from portal.supervise import halt
from portal.supervise.demo_page import credentials_file
from vmhosting.drivers.sandbox.toolbox import system_folder

# Nothing else below `var` is ours to delete: somebody may keep his own files there.
_OURS: Final = (
    "pg",
    "log",
    "run",
    "secrets",
    "static",
    "media",
    "journal-head",
    "machines",
    "images",
    "demo-credentials.json",
)


def main(arguments: Sequence[str]) -> int:
    """Stop and delete; returns 1 when it was refused."""
    parser = argparse.ArgumentParser(prog="manage.py reset", description=__doc__)
    parser.add_argument("--confirm", default="", help="the folder of state, repeated; needed unless it holds a demo")
    return run(confirm=parser.parse_args(list(arguments)).confirm)


def run(*, confirm: str) -> int:
    """Delete the state of this installation; backups stay."""
    holds_state = any((var_dir() / name).exists() for name in ("pg", "secrets"))
    if holds_state and not credentials_file().exists() and confirm != str(var_dir()):
        _say(f"this is not a demo: people's money is in it. To delete it: make reset CONFIRM={var_dir()}")
        return 1
    if server_kind() == EXTERNAL:
        _say("the database on the external server is left as it is; its administrator drops it")
    if status := halt.run():
        return status
    cluster = Cluster.named(PORTAL_CLUSTER)
    _delete(cluster.home)
    _delete(system_folder())
    for shelter in (*((cluster.home.parent,) if cluster.moved else ()), system_folder().parent):
        # Shared with other installations of this machine: goes only with the last of them.
        with contextlib.suppress(OSError):
            shelter.rmdir()
    short_sockets = run_dir()
    for name in _OURS:
        _delete(var_dir() / name)
    if not short_sockets.is_relative_to(var_dir()):
        _delete(short_sockets)
    _say(f"deleted; backups, if any, stay in {var_dir() / 'backups'}")
    return 0


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
