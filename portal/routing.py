"""Every WebSocket entry point: the apps' own lists joined. Each route authenticates itself."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

_APPS: Final = ("accounts", "trading", "riskdesk", "vmhosting")


def websocket_urlpatterns() -> list[Any]:
    """Return all apps' socket routes; an app without sockets has an empty list."""
    return [pattern for app in _APPS for pattern in import_module(f"{app}.routing").websocket_urlpatterns]
