"""HTTP routes of the app."""

from django.urls import URLPattern, URLResolver, include, path

from trading.views.terminal import terminal

urlpatterns: list[URLPattern | URLResolver] = [
    path("trade/", terminal, name="trade"),
    path("api/v1/", include("trading.api.urls")),
]
