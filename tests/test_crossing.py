"""Nothing of tenant B reaches tenant A, on any way that exists; what is unknown fails.

The lists of routes, tables, admin pages and sockets are asked for, not kept. Gates: every route has a declared
scope and a factory for each of its parameters, every tenant table has a generated row, every socket has a probe.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from accounts.tenancy import catalogue
from tests.crossing import http, sockets, sql
from tests.crossing.world import World

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


@pytest.mark.parametrize("view", sql.views())
def test_sql_crosses_in_no_view(world: World, view: str) -> None:
    _none(sql.view_breaches(world, view))


@pytest.fixture(scope="module")
def portal_of_world(world: World) -> Iterator[str]:
    """A real web server on the world's database, because a handshake has headers that no fake has."""
    from tests.plugins.processes import Processes
    from tests.plugins.session import current_world

    database = current_world().database
    assert database is not None
    # The same key, so that the server believes the sessions made here.
    environment = database.environment(AURUM_LOG_LEVEL="WARNING", AURUM_SECRET_KEY=settings.SECRET_KEY)
    for name in ("DJANGO_ALLOW_ASYNC_UNSAFE", "AURUM_ROLE"):
        environment.pop(name, None)
    group = Processes(root=database.root, environment=environment)
    yield group.web()
    group.stop_all()


@pytest.mark.parametrize("path", sockets.paths())
def test_socket_lets_nothing_cross(world: World, portal_of_world: str, path: str) -> None:
    _none(sockets.socket_breaches(world, path, portal_url=portal_of_world))
