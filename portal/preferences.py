"""Saves how a person wants to see the portal: language, theme, which colour rises.

Kept on the user when somebody is signed in, and always in a cookie, so that the sign-in page speaks the same
language and wears the same colours.
"""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.tenancy.routes import RouteScope, route_scope
from portal.ui_context import COOKIE_THEME, COOKIE_UPDOWN, THEMES, UPDOWNS, Ui

_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "language": tuple(code for code, _name in settings.LANGUAGES),
    "theme": THEMES,
    "updown": UPDOWNS,
}
_COOKIES: Final = {"language": settings.LANGUAGE_COOKIE_NAME, "theme": COOKIE_THEME, "updown": COOKIE_UPDOWN}
_COOKIE_AGE_S: Final = 365 * 24 * 3600


@route_scope(RouteScope.ANON)
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Save the choices that were sent and go back to the page they were made on."""
    wishes = {name: request.POST[name] for name in _CHOICES if name in request.POST}
    if wishes.get("theme") == "toggle":
        wishes["theme"] = "dark" if Ui(request).theme == "light" else "light"
    chosen = {name: value for name, value in wishes.items() if value in _CHOICES[name]}
    if len(chosen) != len(wishes):
        return JsonResponse({"code": "invalid_field", "detail": "unknown choice"}, status=400)
    if request.user.is_authenticated:
        _save_on_user(user=request.user, chosen=chosen)
    response = _answer(request)
    for name, value in chosen.items():
        response.set_cookie(
            _COOKIES[name], value, max_age=_COOKIE_AGE_S, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    return response


def _save_on_user(*, user: AbstractBaseUser, chosen: dict[str, str]) -> None:
    if not chosen:
        return
    for name, value in chosen.items():
        setattr(user, name, value)
    user.save(update_fields=list(chosen))


def _answer(request: HttpRequest) -> HttpResponse:
    if request.headers.get("Accept", "").startswith("application/json"):
        return HttpResponse(status=204)
    wanted = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(wanted if safe else "/")
