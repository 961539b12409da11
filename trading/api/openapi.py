"""How the schema names the ways to identify oneself; registered by being imported."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


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
