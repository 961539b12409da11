"""Where the content security policy must be looser than the portal's, and by how much.

Unfold evaluates expressions (`unsafe-eval`) and writes inline styles; Swagger UI writes inline styles. Both
keep same-origin scripts without inline ones. The middleware decides by path, so that no third-party view
has to be wrapped one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse

_REPLACEMENTS: Final[tuple[tuple[str, dict[str, list[str]]], ...]] = (
    ("/admin/", {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}),
    ("/api/docs/", {"style-src": [SELF, UNSAFE_INLINE]}),
)


class PathPolicyMiddleware:
    """Marks the response of a path in the table with its own policy for django-csp to write."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request and attach the replacement of its path."""
        response = self.get_response(request)
        for prefix, replacement in _REPLACEMENTS:
            if request.path.startswith(prefix):
                response._csp_replace = replacement  # type: ignore[attr-defined]  # the decorator's own mark
        return response
