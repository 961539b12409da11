"""HTTP routes of the desk."""

from django.urls import URLPattern, URLResolver, include, path

from riskdesk.views import liquidations
from riskdesk.views.desk import desk

urlpatterns: list[URLPattern | URLResolver] = [
    path("risk/", desk, name="risk-desk"),
    path("risk/liquidations/", liquidations.page, name="risk-liquidations-page"),
    path("risk/accounts/<int:account_id>/plan/", liquidations.plan, name="risk-plan-page"),
    path("risk/accounts/<int:account_id>/propose/", liquidations.propose, name="risk-propose"),
    path("risk/accounts/<int:account_id>/stop/", liquidations.stop, name="risk-stop"),
    path("risk/proposals/<int:proposal_id>/<str:verb>/", liquidations.decide, name="risk-decide"),
    path("notices/", liquidations.notices, name="risk-notices-page"),
    path("notices/<int:notice_id>/confirm/", liquidations.confirm, name="risk-notice-confirm-page"),
    path("api/v1/risk/", include("riskdesk.api.urls")),
]
