"""Tests of one group run on one worker: they share a server, a port or a folder.

pytest-xdist's own `loadgroup` writes the group into the test's id, which pytest 9 no longer lets it do; so the group is
read from the file here. A file without a group is dealt out test by test.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import pytest

from portal.lib.paths import REPOSITORY

_MARK: Final = re.compile(r"""^pytestmark\b.*?xdist_group\(\s*(?:name=)?["']([^"']+)["']""", re.M | re.S)


@lru_cache(maxsize=1024)
def group_of(file: str) -> str | None:
    """Return the group that a test file names in its `pytestmark`, or None."""
    found = _MARK.search((REPOSITORY / file).read_text(encoding="utf-8"))
    return found.group(1) if found else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give grouped files back the order they are written in: their tests share one running system and tell its story.

    Everything else stays shuffled.
    """
    places: dict[str, list[int]] = {}
    for place, item in enumerate(items):
        file = item.nodeid.split("::")[0]
        if group_of(file):
            places.setdefault(file, []).append(place)
    for mine in places.values():
        told = sorted((items[place] for place in mine), key=lambda item: item.location[1] or 0)
        for place, item in zip(mine, told, strict=True):
            items[place] = item


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal groups out whole and everything else test by test."""
    if config.getvalue("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):
        """Scope of a test: its file's group, else itself."""

        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid.split("::")[0]) or nodeid

    return GroupScheduling(config, log)
