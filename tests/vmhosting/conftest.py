"""Fixtures of the hosting tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # the settings are configured after conftest files are read
    from tests.vmhosting.hosting import Hosting
    from tests.world import Pair


@pytest.fixture
def hosting(tenant_pair: Pair) -> Hosting:
    """Tenant A with a host in memory."""
    from tests.vmhosting.hosting import Hosting

    found = Hosting(house=tenant_pair.a)
    found.set_up()
    return found
