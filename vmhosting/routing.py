"""WebSocket routes of the hosting app."""

from typing import Any

websocket_urlpatterns: list[Any] = []
