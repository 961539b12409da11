"""Starts the session's PostgreSQL and points Django at this worker's own clone, before Django is set up."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from typing import IO

import django
import pytest

from portal.lib.errors import Failed
from portal.lib.paths import var_dir
from portal.postgres.scratch import Scratch, ScratchDatabase

SESSIONS_MAX = 4
ENVIRONMENT_TEST = {
    "DJANGO_SETTINGS_MODULE": "portal.settings",
    "AURUM_ROLE": "web",
    "AURUM_LOG_JSON": "0",
    "AURUM_LOG_LEVEL": "WARNING",
    "AURUM_DEMO": "0",
}


@dataclass
class World:
    """What the fixtures know about the session."""

    scratch: Scratch
    database: ScratchDatabase | None = None
    lock: IO[str] | None = None
    stops: bool = False


world: World | None = None


def current_world() -> World:
    """Return the session's world; asking before it exists is a bug in a plugin."""
    if world is None or world.database is None:
        raise RuntimeError("the test session has no database")
    return world


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Set everything up before pytest-django sets Django up (its own hook runs last)."""
    global world
    if config.option.collectonly:
        os.environ.update(ENVIRONMENT_TEST)
        django.setup()  # pytest-django looked for settings before there were any
        return
    workerinput = getattr(config, "workerinput", None)
    os.environ.update(ENVIRONMENT_TEST)
    if workerinput is None:
        world = _open_session()
        template = _build_template(world.scratch)
        config.stash[_TEMPLATE] = template
        if _distributes(config):
            os.environ["AURUM_VAR"] = str(world.scratch.root / "controller")
            return
        _join(world, template=template, worker="main")
    else:
        os.environ["AURUM_VAR"] = workerinput["aurum_var"]
        scratch = Scratch(workerinput["aurum_session"])
        scratch._dsns = workerinput["aurum_dsns"]
        world = World(scratch=scratch)
        _join(world, template=workerinput["aurum_template"], worker=workerinput["workerid"])


_TEMPLATE = pytest.StashKey[str]()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let workers begin without settings, as this process did.

    They would inherit them, and pytest-django would set Django up before `conftest.py` has said whether the sources
    are tested or what was compiled of them.
    """
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_configure_node(node: object) -> None:
    """Tell a worker which server and which template it clones from."""
    assert world is not None
    node.workerinput["aurum_session"] = world.scratch.root.name
    node.workerinput["aurum_var"] = str(world.scratch.root.parent)
    node.workerinput["aurum_dsns"] = dict(world.scratch._dsns)
    node.workerinput["aurum_template"] = node.config.stash[_TEMPLATE]


pytest_configure_node.optionalhook = True  # type: ignore[attr-defined]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server when the session that started it ends."""
    if world is not None and world.stops:
        world.scratch.stop()
    if world is not None and world.lock is not None:
        world.lock.close()


def _open_session() -> World:
    """Take the first free session folder, so that two runs on one machine do not meet."""
    var_dir().mkdir(parents=True, exist_ok=True)
    for number in range(1, SESSIONS_MAX + 1):
        name = "test" if number == 1 else f"test{number}"
        (var_dir() / name).mkdir(exist_ok=True)
        lock = (var_dir() / name / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        scratch = Scratch(name)
        scratch.start()
        return World(scratch=scratch, lock=lock, stops=True)
    raise pytest.UsageError(f"{SESSIONS_MAX} test sessions already run on {var_dir()}; set AURUM_VAR to another folder")


def _build_template(scratch: Scratch) -> str:
    django.setup()
    from portal.postgres.migrations_hash import migrations_hash

    try:
        return scratch.template(key=migrations_hash())
    except Failed as problem:
        raise pytest.UsageError(str(problem)) from None


def _distributes(config: pytest.Config) -> bool:
    return bool(getattr(config.option, "numprocesses", None))


def _join(target: World, *, template: str, worker: str) -> None:
    root = target.scratch.root / worker
    target.database = target.scratch.clone(template=template, database=f"aurum_{worker}", root=root)
    os.environ["AURUM_VAR"] = str(root)
    _point_django(target.database)


def _point_django(database: ScratchDatabase) -> None:
    """Give Django this worker's databases: settings may have been read before the clone existed."""
    from django.conf import settings
    from django.db import connections

    from portal.settings import database as settings_for

    for alias, role in (("default", "web"), ("owner", "owner")):
        values = settings_for(role)
        # One connection a thread in tests: a pool would keep sessions open behind the sweep.
        values["OPTIONS"].pop("pool", None)
        values["TEST"] = {"NAME": values["NAME"]}
        settings.DATABASES[alias] = values
    connections.close_all()
    connections.__dict__.pop("settings", None)
    for alias in ("default", "owner"):
        if hasattr(connections._connections, alias):
            delattr(connections._connections, alias)
