"""WebSocket routes of the app."""

from __future__ import annotations

from typing import Any

from django.urls import path

from trading.sockets.app import trading_socket

websocket_urlpatterns: list[Any] = [path("ws/v1", trading_socket)]  # type: ignore[arg-type]
"""The trading socket is a raw ASGI application that authenticates itself."""
