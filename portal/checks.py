"""Start-up checks of the site: what must be true before any process serves anybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security)
def demo_stays_on_loopback(app_configs: Any, **_kwargs: Any) -> Sequence[CheckMessage]:
    """Demo logins are printed on a terminal, so they may not be reachable from the network."""
    if settings.DEMO and settings.BIND_ADDRESS not in {"127.0.0.1", "::1", "localhost"}:
        return [
            Error(
                f"AURUM_DEMO is on while the portal binds to {settings.BIND_ADDRESS}",
                hint="Bind to 127.0.0.1, or install for real: make start DEMO=0 and manage.py tenant_create.",
                id="portal.E001",
            )
        ]
    return []
