"""The ASGI entry point: static files, HTTP through Django, sockets through the apps' raw applications."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("AURUM_ROLE", "web")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter

from portal.routing import websocket_urlpatterns
from portal.static_files import StaticFiles


class _ClosesUnknownSockets:
    """Answers a socket on an unknown path with a refusal instead of an exception in the log."""

    def __init__(self, router: Any) -> None:
        self._router = router

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self._router(scope, receive, send)
        except ValueError as problem:
            if "No route found" not in str(problem):
                raise
            await receive()
            await send({"type": "websocket.close", "code": 4404})


application = ProtocolTypeRouter(
    {
        "http": StaticFiles(django_application),
        "websocket": _ClosesUnknownSockets(URLRouter(websocket_urlpatterns())),
    }
)
