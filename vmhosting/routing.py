"""WebSocket routes of the hosting app."""

from typing import Any

from django.urls import path

from vmhosting.consumers.machines import MachinesConsumer

websocket_urlpatterns: list[Any] = [path("ws/machines/", MachinesConsumer.as_asgi())]
