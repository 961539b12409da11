"""A core and followers for the REST tests; the requests go through Django's test client in this process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

# Read before Django is set up: what needs Django is imported where it is used.
if TYPE_CHECKING:
    from tests.stack import Api, Stack


@pytest.fixture(scope="module")
def stack(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stack]:
    """Core and followers over a pair of tenants, for the whole module."""
    from tests.stack import running_stack

    with django_db_blocker.unblock(), running_stack(web=False) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_limits() -> None:
    """Each test begins with full buckets."""
    from trading.api import throttle

    throttle.forget()


@pytest.fixture
def api(stack: Stack) -> Api:
    """The first investor of tenant A, by key."""
    from tests.stack import Api

    return Api(stack.pair.a.bearer())


@pytest.fixture
def account(stack: Stack) -> int:
    """The first investor's account."""
    return stack.pair.a.account_ids[0]
