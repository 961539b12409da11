"""DRF's permission: the same decision the middleware took, so that a view never stands open by another way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.exceptions import NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.tenancy.access import decide
from accounts.tenancy.routes import RouteRule, RouteScope

if TYPE_CHECKING:  # views load the permission classes: importing them here would be a circle
    from rest_framework.views import APIView


class RouteRight(BasePermission):
    """Opens what `aurum_route` and `right` of the view open; a view that declares nothing stays shut."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Decide; refusals carry their stable code."""
        scope = getattr(view, "aurum_route", None)
        if scope is None:
            return False
        rule = RouteRule(scope=RouteScope(scope), right=getattr(view, "right", None))
        actor: Any = getattr(request._request, "actor", None)
        refusal = decide(rule, actor=actor, method=request.method or "GET")
        if refusal is None:
            return True
        if refusal.status == 401:
            raise NotAuthenticated(detail=refusal.detail, code=refusal.code)
        raise PermissionDenied(detail=refusal.detail, code=refusal.code)
