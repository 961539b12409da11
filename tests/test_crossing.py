"""Nothing of tenant B reaches tenant A, on any way that exists; what is unknown fails.

The lists of routes, tables, admin pages and sockets are asked for, not kept. Gates: every route has a declared
scope and a factory for each of its parameters, every tenant table has a generated row, every socket has a probe.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from accounts.tenancy import catalogue
from tests.crossing import http, sql
from tests.crossing.world import World, superuser, world_make


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: object) -> Iterator[World]:
    """One world for the whole module: committed, swept away at the end."""
    from tests.plugins.databases import sweep

    with django_db_blocker.unblock(), superuser() as admin:  # type: ignore[attr-defined]
        sweep()
        yield world_make(admin)
        sweep()


ROUTES = catalogue.routes()


def _none(breaches: list[str]) -> None:
    assert not breaches, "\n" + "\n".join(breaches[:30])


def _title(route: catalogue.Route) -> str:
    return f"{route.name or 'unnamed'} /{route.path}"


@pytest.mark.parametrize("route", ROUTES, ids=_title)
def test_route_lets_nothing_cross(world: World, route: catalogue.Route) -> None:
    _none(http.route_breaches(world, route))


def test_every_route_declares_its_scope() -> None:
    assert [route.path for route in ROUTES if route.rule is None] == []


def test_every_table_stands_behind_the_walls(world: World) -> None:
    _none(sql.catalogue_breaches(world.admin))


def test_sql_crosses_in_no_table(world: World) -> None:
    _none([breach for table in world.tables for breach in sql.sql_breaches(world, table)])
