"""Routes of the desk's REST."""

from django.urls import path

from riskdesk.api import views

urlpatterns = [
    path("alerts", views.AlertsView.as_view(), name="risk-alerts"),
    path("alerts/<int:number>/acknowledge", views.AcknowledgeView.as_view(), name="risk-alert-acknowledge"),
    path("accounts", views.RankingView.as_view(), name="risk-accounts"),
    path("accounts/<int:account_id>", views.AccountView.as_view(), name="risk-account"),
    path("accounts/<int:account_id>/intervene", views.InterveneView.as_view(), name="risk-account-intervene"),
]
