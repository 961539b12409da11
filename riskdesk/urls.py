"""HTTP routes of the desk."""

from django.urls import URLPattern, URLResolver, include, path

from riskdesk.views.desk import desk

urlpatterns: list[URLPattern | URLResolver] = [
    path("risk/", desk, name="risk-desk"),
    path("api/v1/risk/", include("riskdesk.api.urls")),
]
