"""The permission table: every route has a row, the row agrees with the code, and the door behaves as the row says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client as HttpClient
from django.urls import reverse

from accounts.permissions import PLATFORM_OPERATOR, ROLE_RIGHTS, Right
from accounts.tenancy import catalogue
from accounts.tenancy.routes import RouteScope
from tests.crossing import http
from tests.crossing.world import World
from tests.permission_table import ADMIN, ROWS, Row

ROUTES = {route.name: route for route in catalogue.routes() if not http.is_admin(route)}
OPERATOR = "operator"


def test_every_route_has_its_row() -> None:
    there = {(route.name, method) for route in ROUTES.values() for method in http.methods_of(route)}
    assert sorted(there - {(row.route, row.method) for row in ROWS}) == [], "add rows to tests/permission_table.py"


def test_every_row_has_its_route() -> None:
    there = {(route.name, method) for route in ROUTES.values() for method in http.methods_of(route)}
    assert sorted({(row.route, row.method) for row in ROWS} - there) == []
    assert len({(row.route, row.method) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.route}")
def test_declares_what_the_table_says(row: Row) -> None:
    rule = ROUTES[row.route].rule
    assert rule is not None
    assert (rule.scope, rule.right_for(row.method)) == (row.scope, row.right)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.route}")
def test_opens_for_the_right_and_for_nobody_else(world: World, row: Row) -> None:
    assert (_status(world, row, _with(row)), _status(world, row, _without(row))) == (row.yes, row.no)


def _with(row: Row) -> str:
    """Return a role that has the right."""
    if row.scope is RouteScope.PLATFORM:
        return OPERATOR
    wanted = [role for role in http.ROLES if row.right is None or row.right in ROLE_RIGHTS[role]]
    return next(role for role in wanted if row.scope is not RouteScope.STAFF or role != "investor")


def _without(row: Row) -> str:
    """Return somebody who has not: another role, an operator outside every tenant, or a stranger."""
    if row.scope is RouteScope.ANON or (row.scope is RouteScope.USER and row.right is None):
        return "stranger"
    if row.scope is RouteScope.PLATFORM:
        return "broker_admin"
    if row.scope is RouteScope.STAFF:
        return "investor"
    return next((role for role in http.ROLES if row.right and row.right not in ROLE_RIGHTS[role]), OPERATOR)


@contextmanager
def _undone() -> Iterator[None]:
    """Take back what the request did: here only its status matters, and rows come in any order."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _browser(world: World, who: str) -> HttpClient:
    if who == "stranger":
        browser = HttpClient()
    elif who == OPERATOR:
        browser = HttpClient()
        browser.force_login(world.pair.operator, backend="django.contrib.auth.backends.ModelBackend")
    else:
        browser = world.pair.a.http(who)
    browser.raise_request_exception = False
    return browser


def _status(world: World, row: Row, who: str) -> int:
    route = ROUTES[row.route]
    values = {name: p.of(world.a) for name, p in http.parameters(route).items() if p is not None}
    is_json = route.path.startswith("api/") and row.method != "GET"
    more = {"content_type": "application/json"} if is_json else {}
    query = http.query_of(world, route) if row.method == "GET" else None
    with _undone():
        send = getattr(_browser(world, who), row.method.lower())
        return int(send(http.path_of(route, values), query or {}, **more).status_code)


def test_every_admin_page_has_its_row() -> None:
    found = {model._meta.label: page for model, page in admin.site._registry.items()}
    assert sorted(found) == sorted(ADMIN)
    for label, page in found.items():
        row = ADMIN[label]
        assert page.view_right == row.view, label
        assert (page.add_right if page.add_form else None) == row.add, label
        assert tuple((button.name, button.right) for button in page.buttons) == row.buttons, label


@pytest.mark.parametrize("label", sorted(ADMIN))
def test_admin_list_opens_for_its_right_alone(world: World, label: str) -> None:
    path = reverse("admin:{}_{}_changelist".format(*label.lower().split(".")))
    for role in http.ROLES:
        rights, row = ROLE_RIGHTS[role], ADMIN[label]
        opens = {row.view, Right.ADMIN_ENTER} <= rights and (not row.also or bool(row.also & rights))
        expected = 200 if opens else 403
        with _undone():
            assert _browser(world, role).get(path).status_code == expected, role


def test_platform_operator_opens_what_belongs_to_no_tenant(world: World) -> None:
    rights, opened = ROLE_RIGHTS[PLATFORM_OPERATOR], set()
    for label, row in ADMIN.items():
        with _undone():
            path = reverse("admin:{}_{}_changelist".format(*label.lower().split(".")))
            if _browser(world, OPERATOR).get(path).status_code == 200:
                opened.add(label)
                assert rights & {row.view, row.add, *(right for _name, right in row.buttons)}
    assert opened == {
        "accounts.Tenant",
        "accounts.User",
        "trading.ExchangeParameters",
        "trading.Instrument",
        "trading.OperatorProposal",
        "trading.TradingDay",
    }


def test_nobody_both_proposes_and_approves() -> None:
    pairs = [
        (Right.CASH_PROPOSE, Right.CASH_APPROVE),
        (Right.LIMIT_PROPOSE, Right.LIMIT_APPROVE),
        (Right.RATE_PROPOSE, Right.RATE_APPROVE),
    ]
    assert [role for role, rights in ROLE_RIGHTS.items() for pair in pairs if rights.issuperset(pair)] == []
