"""RFC 9457 problems: one shape for every refusal that a program reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse

CONTENT_TYPE: Final = "application/problem+json"


def wants_problem(request: HttpRequest) -> bool:
    """Say whether the caller is a program: an API path, a key, or an Accept header that asks for JSON, not HTML."""
    if request.path_info.startswith("/api/") or "Authorization" in request.headers:
        return True
    accept = request.headers.get("Accept", "")
    return "json" in accept and "text/html" not in accept


def problem_body(
    *,
    status: int,
    code: str,
    detail: str,
    figures: Mapping[str, Any] | None = None,
    errors: Sequence[Mapping[str, str]] | None = None,
    instance: str = "",
) -> dict[str, Any]:
    """Return the body of a problem."""
    body: dict[str, Any] = {
        "type": f"/api/docs/#problem-{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": str(code),
        "detail": str(detail),
    }
    if instance:
        body["instance"] = instance
    if figures:
        body["figures"] = dict(figures)
    if errors:
        body["errors"] = [dict(error) for error in errors]
    return body


def problem(
    *,
    status: int,
    code: str,
    detail: str,
    figures: Mapping[str, Any] | None = None,
    errors: Sequence[Mapping[str, str]] | None = None,
) -> HttpResponse:
    """Return a problem as a response."""
    body = problem_body(status=status, code=code, detail=detail, figures=figures, errors=errors)
    response = JsonResponse(body, status=status, content_type=CONTENT_TYPE)
    if status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="aurum"'
    return response
