"""WebSocket routes of the app."""

from typing import Any

websocket_urlpatterns: list[Any] = []
