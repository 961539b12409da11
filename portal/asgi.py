"""The ASGI entry point: static files, HTTP through Django, sockets through the apps' raw applications."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("AURUM_ROLE", "web")

from portal.lib import compiled

compiled.activate()

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.db import OperationalError, connection

from portal.lib.metrics import serve_metrics
from portal.routing import websocket_urlpatterns
from portal.static_files import StaticFiles
from portal.web_stop import end_with_reactor


def _refuse_wrong_database_role() -> None:
    """Open one connection: the role guard looks at it and stops the process when the role is wrong."""
    try:
        connection.ensure_connection()
    except OperationalError:
        # The database is away: pages say so, and the first connection that succeeds is looked at instead.
        return
    finally:
        connection.close()


if settings.AURUM_ROLE != "web":
    raise SystemExit(f"the web server runs under the database role web, not {settings.AURUM_ROLE}")
_refuse_wrong_database_role()
serve_metrics("web")
end_with_reactor()


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
