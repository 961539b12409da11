"""The negative control: each mistake is planted, and the same functions that pass without it must find it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from asgiref.sync import async_to_sync
from channels.testing import WebsocketCommunicator
from django.contrib import admin
from django.db import connection
from django.test import override_settings
from django.urls import clear_url_caches, path

from accounts.models import Client
from accounts.tenancy import catalogue, checks, context
from accounts.tenancy.operations import EnableTenancy
from tests.crossing import http, oracles, sql
from tests.crossing.leaky import GroupFromClient
from tests.crossing.world import World
from tests.plugins import names

_POLICY = next(
    statement
    for statement in EnableTenancy("accounts_client").forward_sql()
    if statement.startswith("CREATE POLICY web_tenant")
)


@contextmanager
def planted_sql(world: World, *, plant: str, heal: str) -> Iterator[None]:
    """Change the database for a block."""
    world.admin.execute(plant)
    try:
        yield
    finally:
        world.admin.execute(heal)


SQL_LEAKS = {
    "force_dropped": (
        "ALTER TABLE accounts_client NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE accounts_client FORCE ROW LEVEL SECURITY",
        "row security of accounts_client is not enabled and forced",
    ),
    "policy_dropped": (
        "DROP POLICY web_tenant ON accounts_client",
        _POLICY,
        "accounts_client has no policy with USING and WITH CHECK",
    ),
    "materialised_view": (
        "CREATE MATERIALIZED VIEW leak AS SELECT * FROM accounts_client; GRANT SELECT ON leak TO aurum_web",
        "DROP MATERIALIZED VIEW leak",
        "the materialised view leak shows every tenant",
    ),
    "plain_view": (
        "CREATE VIEW leak AS SELECT * FROM accounts_client; GRANT SELECT ON leak TO aurum_web",
        "DROP VIEW leak",
        "the view leak shows every tenant",
    ),
    "definer_function": (
        "CREATE FUNCTION leak() RETURNS SETOF accounts_client LANGUAGE sql SECURITY DEFINER"
        " AS 'SELECT * FROM accounts_client'",
        "DROP FUNCTION leak()",
        "the function leak runs with its owner's rights",
    ),
    "unique_without_tenant": (
        "CREATE UNIQUE INDEX leak ON accounts_client (number)",
        "DROP INDEX leak",
        "the unique key ['number'] of accounts_client does not hold the tenant",
    ),
    "foreign_key_without_tenant": (
        "ALTER TABLE accounts_accountholder DROP CONSTRAINT accounts_accountholder_client_id_same_tenant",
        "ALTER TABLE accounts_accountholder ADD CONSTRAINT accounts_accountholder_client_id_same_tenant"
        " FOREIGN KEY (tenant_id, client_id) REFERENCES accounts_client (tenant_id, id) DEFERRABLE",
        "may point into another tenant",
    ),
    "undeclared_table": (
        "CREATE TABLE leak (name text); ALTER TABLE leak OWNER TO aurum_owner; GRANT SELECT ON leak TO aurum_web",
        "DROP TABLE leak",
        "the web role may read leak, which no model declares",
    ),
}


@pytest.mark.parametrize("leak", SQL_LEAKS)
def test_finds_what_is_wrong_in_the_catalogue(world: World, leak: str) -> None:
    plant, heal, expected = SQL_LEAKS[leak]
    with planted_sql(world, plant=plant, heal=heal):
        found = sql.catalogue_breaches(world.admin)
    assert any(expected in breach for breach in found), found
    assert sql.catalogue_breaches(world.admin) == []


def test_finds_a_policy_that_lets_everything_through(world: World) -> None:
    with planted_sql(
        world,
        plant="ALTER POLICY web_tenant ON accounts_client USING (true) WITH CHECK (true)",
        heal=f"DROP POLICY web_tenant ON accounts_client; {_POLICY}",
    ):
        found = sql.sql_breaches(world, "accounts_client")
    assert "accounts_client shows rows without any context" in found
    assert any("inserting into accounts_client for B was" in breach for breach in found)
    assert sql.sql_breaches(world, "accounts_client") == []


VIEW_LEAKS = {
    "leak-list": "shows CNRY-B-client-investor",
    "leak-object": "tells a foreign id from a random one: 200 ≠ 404",
    "leak-export": "shows CNRY-B-client-investor",
    "leak-log": "shows CNRY-B-client-investor",
    "leak-autocomplete": "shows CNRY-B-client-investor",
    "leak-write": "changed B's rows of accounts_client",
    "leak-status": "tells a foreign id from a random one: 409 ≠ 404",
    "leak-unknown": "no factory for the parameter riddle",
}


def leaky_route(name: str) -> catalogue.Route:
    """Return the planted route as the enumeration finds it by itself."""
    return next(route for route in catalogue.routes() if route.name == name)


@contextmanager
def leaky_urls() -> Iterator[None]:
    """Put the leaky views on their routes."""
    with override_settings(ROOT_URLCONF="tests.crossing.leaky"):
        clear_url_caches()
        yield
    clear_url_caches()


@pytest.mark.parametrize("leak", VIEW_LEAKS)
def test_finds_a_leaking_view(world: World, leak: str) -> None:
    with leaky_urls():
        found = http.route_breaches(world, leaky_route(leak))
    assert any(VIEW_LEAKS[leak] in breach for breach in found), found


def test_finds_a_cache_key_without_a_tenant(world: World) -> None:
    names.name_breaches()
    with leaky_urls():
        http.route_breaches(world, leaky_route("leak-cache"))
    assert names.name_breaches() == ["the cache key 'clients' carries no tenant"]


def test_finds_a_setting_that_outlives_its_block(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert oracles.residue() == []
    monkeypatch.setattr(context, "_SET_LOCAL", context._SET_LOCAL.replace("true", "false"))
    try:
        # As consumers, streams and commands do; a request is an inner block and is put back by hand as well.
        with context.tenant_scope(tenant_id=world.a.tenant_id):
            pass
        found = oracles.residue()
    finally:
        connection.close()
    assert found == [f"the scope ['{world.a.tenant_id}'] outlived the request"]
    assert oracles.residue() == []


def test_finds_an_admin_page_without_its_filter(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    page = admin.site._registry[Client]
    monkeypatch.setattr(page, "get_queryset", lambda request: Client.unscoped.using("owner").all())
    route = next(route for route in catalogue.routes() if route.name == "admin:accounts_client_changelist")
    found = http.route_breaches(world, route)
    assert any("shows CNRY-B-client-investor" in breach for breach in found), found


def test_finds_a_group_named_by_the_client(world: World) -> None:
    names.name_breaches()

    async def join(group: str) -> None:
        socket = WebsocketCommunicator(GroupFromClient.as_asgi(), "/leak/")
        await socket.connect()
        await socket.send_json_to({"group": group})
        await socket.receive_json_from()
        await socket.disconnect()

    async_to_sync(join)("everybody")
    assert names.name_breaches() == ["the group 'everybody' carries no tenant"]
    async_to_sync(join)(f"machines.t{world.b.tenant_id}")
    assert names.groups_of(world.b.tenant_id) == {f"machines.t{world.b.tenant_id}"}
    names.name_breaches()


def test_finds_a_route_that_declares_nothing() -> None:
    from tests.crossing import leaky

    def undeclared(request: object) -> None: ...

    leaky.urlpatterns.append(path("leak/undeclared/", undeclared))
    try:
        with leaky_urls():
            found = [message.msg for message in checks.check_routes(None)]
    finally:
        leaky.urlpatterns.pop()
    assert found == ["the route /leak/undeclared/ does not declare its scope"]


def test_finds_foreign_rows_in_the_results_of_a_statement(world: World) -> None:
    with oracles.row_watch(world.b.tenant_id) as seen:
        list(Client.unscoped.using("owner").all())
    assert seen != []
    with oracles.row_watch(world.b.tenant_id) as seen:
        list(Client.unscoped.using("owner").filter(tenant_id=world.a.tenant_id))
    assert seen == []
