"""The front door: the home redirect and the health pages."""

from __future__ import annotations

from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from accounts.choices import RoleName
from accounts.permissions import PLATFORM_OPERATOR
from accounts.tenancy.routes import RouteScope, route_scope
from portal import nav
from portal.health import Level, health_read

# Who holds several roles lands where the most urgent work is.
_FIRST_PAGE: Final = (
    (PLATFORM_OPERATOR, "admin:index"),
    (RoleName.RISK_OFFICER, "/risk/"),
    (RoleName.BACK_OFFICE_MAKER, "admin:index"),
    (RoleName.BACK_OFFICE_CHECKER, "admin:index"),
    (RoleName.SERVER_ADMIN, "/servers/"),
    (RoleName.NETWORK_ADMIN, "/network/"),
    (RoleName.BROKER_ADMIN, "admin:index"),
    (RoleName.INVESTOR, "/trade/"),
)


@route_scope(RouteScope.ANON)
def home(request: HttpRequest) -> HttpResponse:
    """Send a person to the page his role works on, or to the sign-in."""
    actor = getattr(request, "actor", None)
    if actor is None:
        return redirect("account_login")
    for role, page in _FIRST_PAGE:
        if role in actor.roles:
            return redirect(page)
    items = nav.items_for(actor)
    return redirect(items[0].url if items else "health")


@route_scope(RouteScope.ANON)
def health(request: HttpRequest) -> HttpResponse:
    """Show how every part is; figures only to people who are signed in."""
    report = health_read()
    if not report.database_answers:
        # The page must come up without a single query.
        request.user = AnonymousUser()
    context = {"report": report, "ok": report.level is Level.OK, "figures": request.user.is_authenticated}
    return render(request, "portal/health.html", context, status=200 if report.ready else 503)


@route_scope(RouteScope.ANON)
def health_ready(request: HttpRequest) -> JsonResponse:
    """Answer whether this installation takes orders, for load balancers and scripts."""
    report = health_read()
    levels = {part.name: part.level for part in report.parts}
    return JsonResponse({"ready": report.ready, "parts": levels}, status=200 if report.ready else 503)
