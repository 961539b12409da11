"""What the schema generator is told beside the views: the ways to identify oneself, and the shape of every problem."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse

from trading.api.serializers import ProblemOutput

CONTENT_TYPE: Final = "application/problem+json"


class ActorScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """An API key, or the browser's session."""

    target_class = "accounts.api.authentication.ActorAuthentication"
    name = ["apiKey", "session"]  # type: ignore[assignment]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:  # type: ignore[override]
        """Return both schemes."""
        return [
            {"type": "http", "scheme": "bearer", "bearerFormat": "<key>.<secret>"},
            {"type": "apiKey", "in": "cookie", "name": "aurum_session"},
        ]


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the description of the problems an operation is known for."""
    return {
        (status, CONTENT_TYPE): OpenApiResponse(ProblemOutput, description=HTTPStatus(status).phrase)
        for status in statuses
    }


def every_problem(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add to each operation of /api/v1 what it answers when something is wrong (a hook of the schema generator)."""
    reference = {"schema": {"$ref": "#/components/schemas/ProblemOutput"}}
    for path, operations in result["paths"].items():
        if not path.startswith("/api/v1/"):
            continue
        for operation in operations.values():
            operation["responses"].setdefault(
                "default", {"description": "Problem (RFC 9457)", "content": {CONTENT_TYPE: reference}}
            )
    return result
