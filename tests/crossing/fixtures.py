"""The world as a fixture: one for each test module that asks for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crossing.world import World, superuser, world_make


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: object) -> Iterator[World]:
    """One world for the whole module: committed, swept away at the end."""
    from tests.plugins.databases import sweep

    with django_db_blocker.unblock(), superuser() as admin:  # type: ignore[attr-defined]
        sweep()
        yield world_make(admin)
        sweep()
