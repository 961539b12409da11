"""Every URL, as every role of A, with A's own ids, with B's and with ids that belong to nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.cache import cache
from django.test import Client as HttpClient
from django.urls import NoReverseMatch, reverse
from psycopg import sql

from accounts.permissions import ROLE_RIGHTS
from accounts.tenancy.catalogue import Route
from accounts.tenancy.routes import RouteScope
from tests.crossing import oracles
from tests.crossing.factories import (
    NOBODY,
    OPENS_FOR_NOBODY,
    PARAMETERS,
    QUERIES,
    ROUTES_NOT_CALLED,
    Parameter,
    column,
    shared,
)
from tests.crossing.world import HouseRows, World

ROLES = (
    "investor",
    "risk_officer",
    "back_office_maker",
    "back_office_checker",
    "server_admin",
    "network_admin",
    "broker_admin",
)
ADMIN_ROLES = ("broker_admin",)
"""Who tries every admin page; whether somebody can open it at all is asked of every role."""

METHODS_OF_OTHERS = frozenset({"GET", "POST"})
"""allauth answers PUT like POST, and the admin's redirects take every method: once is enough."""
_HOLE = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


@dataclass(frozen=True, slots=True)
class Call:
    """One request."""

    method: str
    path: str
    data: dict[str, Any] | None = None


def is_admin(route: Route) -> bool:
    """Say whether the route is one of the admin's."""
    return route.name.startswith("admin:")


def roles_for(route: Route) -> tuple[str, ...]:
    """Return who tries the route: everybody it opens for, and one of those it does not."""
    if is_admin(route):
        return ADMIN_ROLES
    if route.rule is None or route.rule.scope in {RouteScope.ANON, RouteScope.USER}:
        return (
            ("investor", "stranger")
            if route.rule is None or route.rule.scope is RouteScope.ANON
            else ("investor", "broker_admin", "key", "stranger")
        )
    rights = {route.rule.right_for(method) for method in route.methods} - {None}
    inside = [role for role in ROLES if not rights or rights & ROLE_RIGHTS[role]]
    outside = [role for role in ROLES if role not in inside][:1]
    return (*inside, *outside, "key", "stranger")


def methods_of(route: Route) -> frozenset[str]:
    """Return the methods to try."""
    module = getattr(getattr(route.callback, "view_class", route.callback), "__module__", "")
    return route.methods & METHODS_OF_OTHERS if is_admin(route) or module.startswith("allauth.") else route.methods


def parameters(route: Route) -> dict[str, Parameter | None]:
    """Return the route's parameters; None for one that nobody has decided."""
    return {name: _parameter(route, name) for name in route.converters}


def _parameter(route: Route, name: str) -> Parameter | None:
    if is_admin(route):
        found = _admin_parameter(route, name)
        if found is not None:
            return found
    return PARAMETERS.get(f"{route.name}:{name}") or PARAMETERS.get(name)


def _admin_parameter(route: Route, name: str) -> Parameter | None:
    if name == "url":
        return shared("nowhere/")
    model = _admin_model(route)
    if model is None:
        return None
    if name == "name":
        buttons = getattr(admin.site._registry[model], "buttons", ())
        return shared(buttons[0].name if buttons else "none")
    return _admin_row(model)


def _admin_model(route: Route) -> Any:
    return next(
        (
            model
            for model in admin.site._registry
            if route.name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_")
        ),
        None,
    )


def _admin_row(model: Any) -> Parameter:
    table, key = model._meta.db_table, model._meta.pk.column
    if table == "accounts_user":
        return Parameter(lambda house: house.house.investor.pk, NOBODY)
    if table == "accounts_tenant":
        return Parameter(lambda house: house.tenant_id, NOBODY)
    if getattr(model, "aurum_scope", "") == "global":
        return Parameter(lambda house: house.shared_row(table)[key], NOBODY, tenant_bound=False)
    if not model._meta.managed:
        return Parameter(lambda house: _key_in_view(house, table), "1987654321-1-1")
    return Parameter(column(table, key), NOBODY)


def _key_in_view(house: HouseRows, view: str) -> str:
    """Return the key under which a view shows a house's row."""
    question = sql.SQL("SELECT key FROM {} WHERE tenant_id = %s LIMIT 1").format(sql.Identifier(view))
    found = house.admin.execute(question, [house.tenant_id]).fetchone()
    assert found is not None, view
    return str(found[0])


def path_of(route: Route, values: dict[str, Any]) -> str:
    """Return the path of a route with these values."""
    if route.name and not route.name.endswith(":"):
        try:
            return reverse(route.name, kwargs=values)
        except NoReverseMatch:
            pass
    hole = _HOLE.sub(lambda found: str(values[found.group(1) or found.group(2)]), route.path)
    return "/" + hole.replace("^", "").replace("$", "").replace("\\Z", "")


def spray(world: World, ids: dict[str, Any]) -> dict[str, Any]:
    """Return query or body fields under every name a view might read a foreign thing from."""
    return {
        "account": ids["account"],
        "account_id": ids["account"],
        "accounts": ids["account"],
        "user_id": ids["user"],
        "user": ids["user"],
        "tenant": ids["tenant"],
        "tenant_id": ids["tenant"],
        "tenant__id": ids["tenant"],
        "client": ids["client"],
        "client_id": ids["client"],
        "id": ids["row"],
        "q": "CNRY",
        "search": "CNRY",
        "term": "CNRY",
        "s": "CNRY",
        "after": 0,
        "after_seq": 0,
        "label": "x",
        "reason": "crossing",
        "tenant_code": ids["code"],
        "username": ids["username"],
    }


def ids_foreign(world: World) -> dict[str, Any]:
    """Return B's ids."""
    house = world.pair.b
    return {
        "account": house.account_ids[0],
        "user": house.investor.pk,
        "tenant": house.tenant.pk,
        "client": house.clients[0].pk,
        "row": house.key().pk,
        "code": house.tenant.code,
        "username": house.investor.username,
    }


def ids_random(world: World) -> dict[str, Any]:
    """Return ids that belong to nobody."""
    return {
        "account": NOBODY,
        "user": NOBODY,
        "tenant": NOBODY,
        "client": NOBODY,
        "row": NOBODY,
        "code": "nobody",
        "username": "nobody",
    }


def route_breaches(world: World, route: Route) -> list[str]:
    """Try one route in every way; return what crossed, with role and request."""
    if route.name in ROUTES_NOT_CALLED:
        return []
    known = parameters(route)
    missing = [name for name, parameter in known.items() if parameter is None]
    if missing:
        return [f"/{route.path}: no factory for the parameter {name}; add it to PARAMETERS" for name in missing]
    before = world.fingerprint()
    found: list[str] = []
    for role in roles_for(route):
        with oracles.row_watch(world.b.tenant_id) as seen:
            found += _as_role(world, route, role=role)
        found += [f"{role} /{route.path}: {text}" for text in dict.fromkeys(seen)]
    after = world.fingerprint()
    found += _vacuous(world, route)
    found += [f"/{route.path} changed B's rows of {table}" for table in before if before[table] != after[table]]
    return found + [f"/{route.path} mailed {mark}" for mark in oracles.mails(world)]


def _vacuous(world: World, route: Route) -> list[str]:
    """A route that opens for nobody's own thing answers 404 to everything, and the comparison proves nothing."""
    known = parameters(route)
    bound = any(parameter is not None and parameter.tenant_bound for parameter in known.values())
    if "GET" not in route.methods or not bound or route.name in OPENS_FOR_NOBODY or _platform_only(route):
        return []
    values = {name: p.of(world.a) for name, p in known.items() if p is not None}
    statuses = {}
    for role in ROLES if is_admin(route) else roles_for(route):
        browser, headers = _browser(world, role)
        for path in _paths_to_open(route, values):
            statuses[f"{role} {path}"] = status = _send(browser, headers, Call("GET", path, query_of(world, route)))[0]
            if status < 400 or status == 405:
                return []
    return [f"/{route.path} opens for nobody of A, so it proves nothing: {statuses}"]


def _paths_to_open(route: Route, values: dict[str, Any]) -> list[str]:
    """Return the path, or for an admin page's buttons one path each."""
    if not is_admin(route) or "name" not in values:
        return [path_of(route, values)]
    page = admin.site._registry.get(_admin_model(route))
    return [path_of(route, {**values, "name": button.name}) for button in getattr(page, "buttons", ())]


def _platform_only(route: Route) -> bool:
    return is_admin(route) and ("_tenant_" in route.name or "_user_" in route.name)


def _as_role(world: World, route: Route, *, role: str) -> Iterator[str]:
    bound = {name: p for name, p in parameters(route).items() if p is not None and p.tenant_bound}
    own = {name: p.of(world.a) for name, p in parameters(route).items() if p is not None}
    browser, headers = _browser(world, role)
    for method in sorted(methods_of(route)):
        if method == "GET":
            for query in (
                query_of(world, route),
                {**spray(world, ids_foreign(world)), **(query_of(world, route) or {})},
            ):
                yield from _one(world, browser, headers, Call("GET", path_of(route, own), query), role=role)
        if bound:
            for name, parameter in bound.items():
                pair = [{**own, name: parameter.of(world.b)}, {**own, name: parameter.random}]
                calls = [Call(method, path_of(route, values), _body(world, route, method)) for values in pair]
                yield from _same(world, browser, headers, calls, [p[name] for p in pair], role=role)
        elif method != "GET":
            bodies = [spray(world, ids_foreign(world)), spray(world, ids_random(world))]
            calls = [Call(method, path_of(route, own), body) for body in bodies]
            values = [*ids_foreign(world).values(), *ids_random(world).values()]
            yield from _same(world, browser, headers, calls, values, role=role)


def query_of(world: World, route: Route) -> dict[str, Any] | None:
    return QUERIES[route.name](world.a) if route.name in QUERIES else None


def _body(world: World, route: Route, method: str) -> dict[str, Any] | None:
    return query_of(world, route) if method == "GET" else spray(world, ids_foreign(world))


def _browser(world: World, role: str) -> tuple[HttpClient, dict[str, str]]:
    if role in {"key", "stranger"}:
        browser, headers = HttpClient(), world.pair.a.bearer() if role == "key" else {}
    else:
        browser, headers = world.browser(role), {}
    browser.raise_request_exception = False
    return browser, headers


def _send(browser: HttpClient, headers: dict[str, str], call: Call) -> tuple[int, str]:
    is_json = call.path.startswith("/api/") and call.method != "GET"
    more: dict[str, Any] = {"content_type": "application/json"} if is_json else {}
    response = getattr(browser, call.method.lower())(call.path, call.data or {}, headers=headers, **more)
    return response.status_code, oracles.text_of(response)


def _one(world: World, browser: HttpClient, headers: dict[str, str], call: Call, *, role: str) -> Iterator[str]:
    status, text = _send(browser, headers, call)
    where = f"{role} {call.method} {call.path}"
    if status >= 500 and status != 503:
        yield f"{where} answered {status}"
    for mark in _not_sent(world, text, call):
        yield f"{where} shows {mark}"
    for left in oracles.residue():
        yield f"{where}: {left}"


def _not_sent(world: World, text: str, call: Call) -> list[str]:
    """Return B's marks in an answer, without those the caller sent and got back in a form or link."""
    sent = " ".join([call.path, *(str(value) for value in (call.data or {}).values())])
    return [mark for mark in oracles.foreign_marks(world, text) if mark.removeprefix("amount ") not in sent]


def _same(
    world: World, browser: HttpClient, headers: dict[str, str], calls: list[Call], values: list[Any], *, role: str
) -> Iterator[str]:
    answers = []
    for call in calls:
        # Counters of tries are global; a limit reached in between would look like a difference.
        cache.clear()
        status, text = _send(browser, headers, call)
        if status >= 500 and status != 503:
            yield f"{role} {call.method} {call.path} answered {status}"
        for mark in _not_sent(world, text, call):
            yield f"{role} {call.method} {call.path} shows {mark}"
        # A page that opens is searched for marks; a refusal must also be the same refusal, word for word.
        answers.append((status, oracles.normalised(text, *values) if status >= 400 else ""))
    for left in oracles.residue():
        yield f"{role} {calls[0].method} {calls[0].path}: {left}"
    if answers[0] != answers[1]:
        kind = f"{answers[0][0]} ≠ {answers[1][0]}"
        if answers[0][0] == answers[1][0]:
            kind = oracles.first_difference(answers[0][1], answers[1][1])
        yield f"{role} {calls[0].method} {calls[0].path} tells a foreign id from a random one: {kind}"
