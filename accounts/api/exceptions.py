"""Turns every exception of a REST view into an RFC 9457 problem with a stable code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import structlog
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import connection
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions

from accounts.api.problems import problem
from accounts.errors import AuthCode
from portal.lib.errors import Failed, Refused

log = structlog.get_logger(__name__)

_CODES: Final[Mapping[type[Exception], str]] = {
    exceptions.ParseError: "malformed_body",
    exceptions.NotAuthenticated: AuthCode.NOT_SIGNED_IN,
    exceptions.AuthenticationFailed: AuthCode.NOT_SIGNED_IN,
    exceptions.NotFound: AuthCode.NOT_FOUND,
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "rate_limited",
}


def problem_handler(raised: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Return the problem for an exception; None lets Django answer 500 and roll back."""
    response = _respond(raised)
    if response is not None and connection.in_atomic_block:
        # A refusal changes nothing, whatever the view wrote before it raised.
        connection.set_rollback(True)
    return response


def _respond(raised: Exception) -> HttpResponse | None:
    if isinstance(raised, Refused):
        errors = [{"pointer": raised.pointer, "detail": _(raised.detail)}] if raised.pointer else None
        return problem(
            status=raised.status, code=raised.code, detail=_(raised.detail), figures=raised.figures, errors=errors
        )
    if isinstance(raised, Failed):
        log.warning("outside_world_failed", what=raised.what, cause=raised.cause)
        response = problem(status=503, code=AuthCode.UNAVAILABLE, detail=_("The service is temporarily unavailable."))
        response["Retry-After"] = "1"
        return response
    if isinstance(raised, Http404):
        return problem(status=404, code=AuthCode.NOT_FOUND, detail=_("Not found."))
    if isinstance(raised, DjangoPermissionDenied):
        return problem(status=403, code=AuthCode.RIGHT_MISSING, detail=_("You do not have the right to do this."))
    if isinstance(raised, exceptions.APIException):
        return _of_rest_framework(raised)
    return None


def _of_rest_framework(raised: exceptions.APIException) -> HttpResponse:
    if isinstance(raised, exceptions.ValidationError):
        errors = list(_field_errors(raised.detail, pointer=""))
        detail = _("Some fields are not valid.")
        return problem(status=400, code=AuthCode.INVALID, detail=detail, errors=errors)
    code = next((word for kind, word in _CODES.items() if isinstance(raised, kind)), None)
    if code is None:
        code = str(raised.get_codes()) if isinstance(raised.detail, str) else AuthCode.INVALID
    response = problem(status=raised.status_code, code=code, detail=str(raised.detail))
    wait = getattr(raised, "wait", None)
    if wait is not None:
        response["Retry-After"] = str(max(1, int(wait)))
    return response


def _field_errors(detail: Any, *, pointer: str) -> Iterator[dict[str, str]]:
    """Flatten DRF's nested details into JSON pointers."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else f"/{name}"
            yield from _field_errors(inner, pointer=pointer + step)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            step = f"/{index}" if isinstance(inner, dict | list) else ""
            yield from _field_errors(inner, pointer=pointer + step)
    else:
        yield {"pointer": pointer or "/", "code": str(getattr(detail, "code", "invalid")), "detail": str(detail)}
