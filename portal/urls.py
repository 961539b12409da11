"""Every HTTP entry point of the portal."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from portal import views

urlpatterns = [
    path("", views.home, name="home"),
    path("health/", views.health, name="health"),
    path("health/ready", views.health_ready, name="health-ready"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("jsi18n/", JavaScriptCatalog.as_view(), name="javascript-catalog"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api-docs"),
    path("", include("portal.ui_urls")),
    path("", include("accounts.urls")),
    path("", include("trading.urls")),
    path("", include("riskdesk.urls")),
    path("", include("vmhosting.urls")),
]

handler400 = "portal.problem_pages.bad_request"
handler404 = "portal.problem_pages.not_found"
handler500 = "portal.problem_pages.server_error"
