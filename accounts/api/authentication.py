"""DRF's view of the actor: identified once by the middleware, never a second time."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from accounts.auth.actor import Actor
from accounts.errors import AuthCode


class _CsrfReason(CsrfViewMiddleware):
    """Returns the reason of a refusal instead of a page."""

    def _reject(self, request: HttpRequest, reason: str) -> Any:
        return reason


def _no_response(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class ActorAuthentication(BaseAuthentication):
    """`request.auth` is the `Actor`. A session must pass the CSRF check; a key comes with no cookie and needs none."""

    def authenticate(self, request: Request) -> tuple[Any, Actor] | None:
        """Return user and actor, or None for a stranger."""
        actor: Actor | None = getattr(request._request, "actor", None)
        if actor is None:
            return None
        if actor.api_key_id is None:
            self._require_csrf(request._request)
        return request._request.user, actor

    def authenticate_header(self, request: Request) -> str:
        """Make a refusal of a stranger 401 and not 403."""
        return 'Bearer realm="aurum"'

    def _require_csrf(self, request: HttpRequest) -> None:
        check = _CsrfReason(_no_response)
        check.process_request(request)
        if check.process_view(request, _no_response, (), {}):
            raise PermissionDenied(detail="The CSRF token is missing or wrong.", code=AuthCode.CSRF)
