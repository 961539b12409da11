"""Answers where no view answers: a problem for programs, a page for people."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults

from accounts.api.problems import problem, wants_problem


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere."""
    if wants_problem(request):
        return problem(status=404, code="not_found", detail=_("Not found."))
    return defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is malformed before any view sees it."""
    if wants_problem(request):
        return problem(status=400, code="malformed_request", detail=_("The request is malformed."))
    return defaults.bad_request(request, exception)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without its token: nearly always a page that was open since before the last sign-in."""
    if wants_problem(request):
        return problem(status=403, code="csrf_failed", detail=_("The page is too old. Load it again."))
    return HttpResponseForbidden(render_to_string("csrf.html"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer our own mistake; what happened is in the log."""
    if wants_problem(request):
        return problem(status=500, code="internal_error", detail=_("Something went wrong on our side."))
    return defaults.server_error(request)
