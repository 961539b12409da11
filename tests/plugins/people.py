"""People for tests: one tenant, a pair of twins, or the twins with a row in every table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.crossing.world import World
    from tests.world import House, Pair


@pytest.fixture
def tenant_pair(committed: None) -> Pair:
    """Twin tenants with committed rows; swept away after the test."""
    from tests.twins import twins

    return twins()


@pytest.fixture
def house(db: None, request: pytest.FixtureRequest) -> House:
    """One tenant inside the test's own transaction: fast, for everything that looks at no wall."""
    from tests.world import house_make, operator_make

    if roles := {"db_core", "db_owner", "db_web"} & set(request.fixturenames):
        pytest.fail(f"what {', '.join(sorted(roles))} commits outlives a house that is rolled back: use tenant_pair")

    return house_make("A", operator=operator_make())


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: object) -> Iterator[World]:
    """The twins with a row in every tenant table: one world for a whole module, committed, swept away at its end."""
    from tests.crossing.world import superuser, world_make
    from tests.plugins.databases import sweep

    with django_db_blocker.unblock(), superuser() as admin:  # type: ignore[attr-defined]
        sweep()
        yield world_make(admin)
        sweep()
