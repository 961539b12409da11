"""People for tests: one tenant, or a pair of twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.world import House, Pair


@pytest.fixture
def tenant_pair(committed: None) -> Pair:
    """Twin tenants with committed rows; swept away after the test."""
    from tests.world import pair_make

    return pair_make()


@pytest.fixture
def house(db: None) -> House:
    """One tenant inside the test's own transaction: fast, for everything that looks at no wall."""
    from tests.world import house_make, operator_make

    return house_make("A", operator=operator_make())
