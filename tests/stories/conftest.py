"""A core and followers for the stories."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

# Read before Django is set up: what needs Django is imported where it is used.
if TYPE_CHECKING:
    from tests.stack import Stack


@pytest.fixture(scope="module")
def stack(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stack]:
    """Core and followers over a pair of tenants, for the whole module."""
    from tests.stack import running_stack

    with django_db_blocker.unblock(), running_stack(web=False) as running:
        yield running
