"""WebSocket routes of the desk."""

from typing import Any

websocket_urlpatterns: list[Any] = []
