"""HTTP routes of the app."""

from django.urls import URLPattern, URLResolver, path

from trading.views.terminal import terminal

urlpatterns: list[URLPattern | URLResolver] = [
    path("trade/", terminal, name="trade"),
]
