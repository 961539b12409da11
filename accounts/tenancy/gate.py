"""What the middleware answers: sign in, no right, second factor, temporarily unavailable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.api.problems import problem, wants_problem
from accounts.auth.actor import Actor
from accounts.auth.second_factor import second_factor_missing
from accounts.errors import AuthCode
from accounts.tenancy.access import NEEDS_SECOND_FACTOR, Refusal, decide
from accounts.tenancy.routes import RouteRule, RouteScope, declared_rule
from portal.lib.errors import Refused

UNDECLARED: Final = Refusal(404, AuthCode.NOT_FOUND, "Not found.")
UNAVAILABLE: Final = Refusal(503, AuthCode.UNAVAILABLE, "The service is temporarily unavailable. Nothing was changed.")


def check(request: HttpRequest, view: Callable[..., Any]) -> HttpResponseBase | None:
    """Return the refusal of the route for this request, or None to let the view run."""
    rule = declared_rule(view)
    if rule is None:
        return refuse(request, UNDECLARED)
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    refusal = decide(rule, actor=actor, method=request.method or "GET")
    if refusal is not None:
        return refuse(request, refusal)
    if actor is None or rule.scope is RouteScope.ANON:
        return None
    return _owed_first(request, rule=rule, actor=actor)


def _owed_first(request: HttpRequest, *, rule: RouteRule, actor: Actor) -> HttpResponseBase | None:
    """Return the way to what a person owes before working: a password of his own, a second factor."""
    if actor.api_key_id is not None or rule.scope is RouteScope.USER:
        return None
    if getattr(request.user, "must_change_password", False):
        return HttpResponseRedirect(reverse("account_change_password"))
    if actor.is_staff and second_factor_missing(request):
        if wants_problem(request):
            return refuse(request, NEEDS_SECOND_FACTOR)
        return HttpResponseRedirect(reverse("mfa_index") + "?required=1")
    return None


def refuse(request: HttpRequest, refusal: Refusal) -> HttpResponseBase:
    """Answer a refusal: a problem for programs, a page or the sign-in form for people."""
    if wants_problem(request):
        return problem(status=refusal.status, code=refusal.code, detail=_(refusal.detail))
    if refusal.status == 401:
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse(settings.LOGIN_URL)}?{query}")
    return _page(request, status=refusal.status, code=refusal.code, detail=_(refusal.detail))


def refused(request: HttpRequest, raised: Refused) -> HttpResponseBase:
    """Answer a refusal raised by a service below a page."""
    if wants_problem(request):
        return problem(status=raised.status, code=raised.code, detail=_(raised.detail), figures=raised.figures)
    return _page(request, status=raised.status, code=raised.code, detail=_(raised.detail))


def _page(request: HttpRequest, *, status: int, code: str, detail: str) -> HttpResponseBase:
    template = {403: "403.html", 404: "404.html"}.get(status, "400.html")
    return render(request, template, {"refusal_code": code, "refusal_detail": detail}, status=status)


def unavailable(request: HttpRequest) -> HttpResponseBase:
    """Answer when the database is away; neither branch asks it anything."""
    if wants_problem(request):
        response: HttpResponseBase = problem(status=503, code=UNAVAILABLE.code, detail=_(UNAVAILABLE.detail))
    else:
        response = HttpResponse(render_to_string("unavailable.html"), status=503)
    response["Retry-After"] = "5"
    return response
