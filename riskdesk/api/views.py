"""REST of the desk: alerts by number, ranking, one account, interventions."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope
from portal.lib.errors import Refused
from riskdesk.choices import Intervention
from riskdesk.selectors.alerts import alert_row, alerts_after
from riskdesk.selectors.ranking import account_history, ranking, risk_get, risk_row
from riskdesk.services.alerts import NOTE_MAX, alert_acknowledge
from riskdesk.services.interventions import REASON_MAX, account_intervene
from trading.api.base import Endpoint


class AcknowledgeBody(serializers.Serializer[Any]):
    """What an officer did about an alert."""

    note = serializers.CharField(max_length=NOTE_MAX)


class InterveneBody(serializers.Serializer[Any]):
    """What to do to an account, and why."""

    action = serializers.ChoiceField(choices=Intervention.choices)
    reason = serializers.CharField(max_length=REASON_MAX)
    alert = serializers.IntegerField(required=False, min_value=1)


class AlertsView(Endpoint):
    """Alerts whose change number is above `after`."""

    aurum_route = RouteScope.STAFF
    right = Right.RISK_VIEW

    @extend_schema(
        operation_id="risk_alerts",
        responses=dict,
        parameters=[OpenApiParameter("after", int, description="change number")],
    )
    def get(self, request: Request) -> Response:
        """Return `items` in the order of their changes and `through`, the number up to which nothing is missing."""
        raw = request.query_params.get("after", "0")
        if not raw.isascii() or not raw.isdigit() or len(raw) > 18:
            raise Refused("invalid_field", {"after": raw[:40]}, status=422, pointer="/after",
                          detail=_("after must be a whole number from 0."))  # fmt: skip
        page = alerts_after(actor=self.actor, after=int(raw))
        return Response({"items": page.items, "through": page.through})


class AcknowledgeView(Endpoint):
    """Take note of one alert."""

    aurum_route = RouteScope.STAFF
    right = Right.RISK_ACK

    @extend_schema(operation_id="risk_alert_acknowledge", request=AcknowledgeBody, responses=dict)
    def post(self, request: Request, number: int) -> Response:
        """Acknowledge with a note."""
        body = AcknowledgeBody(data=request.data)
        body.is_valid(raise_exception=True)
        alert = alert_acknowledge(actor=self.actor, number=number, note=body.validated_data["note"])
        return Response(alert_row(alert))


class RankingView(Endpoint):
    """Accounts by risk degree."""

    aurum_route = RouteScope.STAFF
    right = Right.RISK_VIEW

    @extend_schema(operation_id="risk_accounts", responses=dict)
    def get(self, request: Request) -> Response:
        """Return the riskiest accounts and the counts."""
        return Response(ranking(actor=self.actor))


class AccountView(Endpoint):
    """One account on the desk."""

    aurum_route = RouteScope.STAFF
    right = Right.RISK_VIEW

    @extend_schema(operation_id="risk_account", responses=dict)
    def get(self, request: Request, account_id: int) -> Response:
        """Return its risk and what officers did with it."""
        risk = risk_get(actor=self.actor, account_id=account_id)
        if risk is None:
            raise Refused("account_not_found", {"account": account_id}, status=404)
        history = account_history(actor=self.actor, account_id=account_id)
        return Response({"risk": risk_row(risk), "history": history})


class InterveneView(Endpoint):
    """Close-only, block, cancel all, release."""

    aurum_route = RouteScope.STAFF
    right = Right.RISK_INTERVENE

    @extend_schema(operation_id="risk_account_intervene", request=InterveneBody, responses=dict)
    def post(self, request: Request, account_id: int) -> Response:
        """Send the command; `seq` is the journal number at which it took effect."""
        body = InterveneBody(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        result = account_intervene(
            actor=self.actor,
            account_id=account_id,
            action=data["action"],
            reason=data["reason"],
            alert_number=data.get("alert"),
        )
        return Response(result)
