"""Every route declares who may open it. An undeclared one stops start-up.

Function and class views: `@route_scope(RouteScope.TENANT, right=Right.X)`. DRF views: class attributes
`aurum_route = RouteScope.X` and `right = Right.Y` (or `{"GET": …, "POST": …}`). Views of third parties: one table in
`accounts/tenancy/third_party.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from accounts.permissions import Right

RightRule = Right | Mapping[str, Right | None] | None
_View = TypeVar("_View")


class RouteScope(StrEnum):
    """Who may open a route at all; the right decides the rest."""

    ANON = "anon"
    USER = "user"
    ACCOUNT = "account"
    TENANT = "tenant"
    STAFF = "staff"
    PLATFORM = "platform"


@dataclass(frozen=True, slots=True)
class RouteRule:
    """What a route declared."""

    scope: RouteScope
    right: RightRule = None

    def right_for(self, method: str) -> Right | None:
        """Return the right that this method needs; HEAD and OPTIONS need what GET needs."""
        if isinstance(self.right, Right) or self.right is None:
            return self.right
        wanted = "GET" if method in {"HEAD", "OPTIONS"} else method
        return self.right.get(wanted)


def route_scope(scope: RouteScope, *, right: RightRule = None) -> Callable[[_View], _View]:
    """Declare the scope and right of a function or class view."""

    def declare(view: _View) -> _View:
        view.aurum_route = scope  # type: ignore[attr-defined]
        view.right = right  # type: ignore[attr-defined]
        return view

    return declare


def declared_rule(callback: Callable[..., Any]) -> RouteRule | None:
    """Return what a resolved view declared, or None."""
    for holder in (callback, getattr(callback, "view_class", None), getattr(callback, "cls", None)):
        scope = getattr(holder, "aurum_route", None)
        if scope is not None:
            return RouteRule(scope=RouteScope(scope), right=getattr(holder, "right", None))
    # Imported late: the table names modules of third parties.
    from accounts.tenancy.third_party import third_party_rule

    return third_party_rule(callback)
