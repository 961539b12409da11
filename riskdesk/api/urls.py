"""Routes of the desk's REST."""

from django.urls import path

from riskdesk.api import liquidations, views

urlpatterns = [
    path("alerts", views.AlertsView.as_view(), name="risk-alerts"),
    path("alerts/<int:number>/acknowledge", views.AcknowledgeView.as_view(), name="risk-alert-acknowledge"),
    path("accounts", views.RankingView.as_view(), name="risk-accounts"),
    path("accounts/<int:account_id>", views.AccountView.as_view(), name="risk-account"),
    path("liquidations", liquidations.LiquidationsView.as_view(), name="risk-liquidations"),
    path(
        "liquidation-proposals/<int:proposal_id>/approve",
        liquidations.ApproveView.as_view(),
        name="risk-liquidation-approve",
    ),
    path(
        "liquidation-proposals/<int:proposal_id>/refuse",
        liquidations.RefuseView.as_view(),
        name="risk-liquidation-refuse",
    ),
    path("accounts/<int:account_id>/liquidation", liquidations.PlanView.as_view(), name="risk-liquidation-plan"),
    path("accounts/<int:account_id>/liquidation/stop", liquidations.StopView.as_view(), name="risk-liquidation-stop"),
    path("notices", liquidations.NoticesView.as_view(), name="risk-notices"),
    path("notices/<int:notice_id>/confirm", liquidations.ConfirmView.as_view(), name="risk-notice-confirm"),
    path("accounts/<int:account_id>/intervene", views.InterveneView.as_view(), name="risk-account-intervene"),
]
