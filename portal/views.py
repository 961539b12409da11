"""The front door: the home redirect and the health pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from accounts.tenancy.routes import RouteScope, route_scope
from portal import nav


@route_scope(RouteScope.ANON)
def home(request: HttpRequest) -> HttpResponse:
    """Send a person to the first page of the menu he may open, or to the sign-in."""
    actor = getattr(request, "actor", None)
    items = nav.items_for(actor)
    return redirect(items[0].url if items else "account_login")


@route_scope(RouteScope.ANON)
def health(request: HttpRequest) -> HttpResponse:
    """Answer that the web process is up."""
    return HttpResponse("ok", content_type="text/plain")


@route_scope(RouteScope.ANON)
def health_ready(request: HttpRequest) -> JsonResponse:
    """Answer whether this installation can take orders."""
    return JsonResponse({"ready": True})
