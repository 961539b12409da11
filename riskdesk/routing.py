"""WebSocket routes of the desk."""

from typing import Any

from django.urls import path

from riskdesk.consumers.desk import DeskConsumer

websocket_urlpatterns: list[Any] = [path("ws/risk/", DeskConsumer.as_asgi())]
