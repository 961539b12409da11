"""Records every group name and cache key of the whole test run; each must carry the tenant it belongs to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

GROUPS: set[str] = set()
CACHE_KEYS: set[str] = set()


def name_breaches() -> list[str]:
    """Return recorded names that carry no tenant, and forget everything recorded."""
    from accounts.tenancy.names import tenant_of
    from tests.crossing.factories import CACHE_KEYS_GLOBAL

    found = [f"the group {name!r} carries no tenant" for name in sorted(GROUPS) if tenant_of(name) is None]
    found += [
        f"the cache key {key!r} carries no tenant"
        for key in sorted(CACHE_KEYS)
        if tenant_of(key) is None and not key.startswith(CACHE_KEYS_GLOBAL)
    ]
    GROUPS.clear()
    CACHE_KEYS.clear()
    return found


def groups_of(tenant_id: int) -> set[str]:
    """Return the recorded groups of one tenant."""
    from accounts.tenancy.names import tenant_of

    return {name for name in GROUPS if tenant_of(name) == tenant_id}


@pytest.fixture(scope="session", autouse=True)
def _names_recorded() -> Iterator[None]:
    from channels.layers import InMemoryChannelLayer
    from django.core.cache.backends.db import DatabaseCache

    patch = pytest.MonkeyPatch()
    for name in ("group_add", "group_send"):
        original = getattr(InMemoryChannelLayer, name)

        async def recorded(self: object, group: str, *rest: object, _original: object = original) -> object:
            GROUPS.add(group)
            return await _original(self, group, *rest)  # type: ignore[operator]

        patch.setattr(InMemoryChannelLayer, name, recorded)
    base = DatabaseCache._base_set

    def set_recorded(self: object, mode: str, key: str, *rest: object, **more: object) -> object:
        # The stored key is prefix:version:key.
        CACHE_KEYS.add(key.split(":", 2)[2])
        return base(self, mode, key, *rest, **more)

    patch.setattr(DatabaseCache, "_base_set", set_recorded)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _names_carry_tenants() -> Iterator[None]:
    """A name without a tenant fails the test during which it was used."""
    yield
    assert name_breaches() == []
