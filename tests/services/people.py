"""Actors of the test tenants, and their scopes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from accounts.auth.actor import Actor
from accounts.auth.identify import Door, actor_of_user
from accounts.tenancy.context import tenant_scope
from tests.world import House


def actor(house: House, role: str) -> Actor:
    """Return the person of a role, signed in."""
    found = actor_of_user(house.people[role], door=Door(ip="127.0.0.1"))
    assert found is not None
    return found


@contextmanager
def acting(house: House, role: str) -> Iterator[Actor]:
    """Act as the person of a role inside the tenant's scope, as a request does."""
    person = actor(house, role)
    with tenant_scope(tenant_id=house.tenant.pk, user_id=person.user_id, account_ids=person.account_ids):
        yield person
