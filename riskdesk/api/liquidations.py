"""REST of forced liquidation: plan, proposal, approval, stop; and the notices that a client gets."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope
from portal.lib.errors import Refused
from riskdesk.selectors.liquidations import (
    liquidations_shown,
    notice_row,
    notices_of,
    plan_built,
    plan_shape,
    proposal_row,
    proposals_waiting,
)
from riskdesk.services.liquidations import (
    NOTE_MAX,
    liquidation_approve,
    liquidation_propose,
    liquidation_refuse,
    liquidation_stop,
)
from riskdesk.services.notices import notice_confirm, notices_delivered
from trading.api.base import Endpoint
from trading.choices import FORCE_REASON_CODES, MARGIN_BASIS_CODES
from trading.services.core_calls import account_seen

PAGE = 200


class ProposeBody(serializers.Serializer[Any]):
    """On whose margin, why, and a note."""

    basis = serializers.ChoiceField(choices=sorted(MARGIN_BASIS_CODES))
    reason = serializers.ChoiceField(choices=sorted(FORCE_REASON_CODES), default="lack_of_deposit")
    note = serializers.CharField(max_length=NOTE_MAX, default="", allow_blank=True)


class StopBody(serializers.Serializer[Any]):
    """Why it is stopped."""

    reason = serializers.CharField(max_length=NOTE_MAX)


class LiquidationsView(Endpoint):
    """Open and recent liquidations, and the proposals that wait."""

    aurum_route = RouteScope.STAFF
    right = Right.RISK_VIEW

    @extend_schema(operation_id="risk_liquidations", responses=dict)
    def get(self, request: Request) -> Response:
        """Return `liquidations`, the open ones first, and `proposals`."""
        return Response(
            {"liquidations": liquidations_shown(actor=self.actor), "proposals": proposals_waiting(actor=self.actor)}
        )


class PlanView(Endpoint):
    """The plan of one account as it would be proposed now; a POST proposes it."""

    aurum_route = RouteScope.STAFF
    right = {"GET": Right.RISK_VIEW, "POST": Right.RISK_INTERVENE}

    @extend_schema(
        operation_id="risk_liquidation_plan",
        responses=dict,
        parameters=[OpenApiParameter("basis", str, description="company or exchange")],
    )
    def get(self, request: Request, account_id: int) -> Response:
        """Return the rows in the order in which they would be closed."""
        account_seen(self.actor, account_id)
        basis = MARGIN_BASIS_CODES.get(request.query_params.get("basis", "company"))
        if basis is None:
            raise Refused("invalid_field", {"bases": sorted(MARGIN_BASIS_CODES)}, status=422, pointer="/basis")
        return Response(plan_shape(plan_built(actor=self.actor, account_id=account_id, basis=basis)))

    @extend_schema(operation_id="risk_liquidation_propose", request=ProposeBody, responses=dict)
    def post(self, request: Request, account_id: int) -> Response:
        """Propose; another officer approves."""
        body = ProposeBody(data=request.data)
        body.is_valid(raise_exception=True)
        row = liquidation_propose(actor=self.actor, account_id=account_id, **body.validated_data)
        return Response(proposal_row(row), status=201)


class ApproveView(Endpoint):
    """The second officer's yes."""

    aurum_route = RouteScope.STAFF
    right = Right.RISK_INTERVENE

    @extend_schema(operation_id="risk_liquidation_approve", request=None, responses=dict)
    def post(self, request: Request, proposal_id: int) -> Response:
        """Open it."""
        return Response(proposal_row(liquidation_approve(actor=self.actor, proposal_id=proposal_id)))


class RefuseView(Endpoint):
    """The second officer's no, or the first one's change of mind."""

    aurum_route = RouteScope.STAFF
    right = Right.RISK_INTERVENE

    @extend_schema(operation_id="risk_liquidation_refuse", request=None, responses=dict)
    def post(self, request: Request, proposal_id: int) -> Response:
        """Refuse or withdraw."""
        return Response(proposal_row(liquidation_refuse(actor=self.actor, proposal_id=proposal_id)))


class StopView(Endpoint):
    """End an open liquidation."""

    aurum_route = RouteScope.STAFF
    right = Right.RISK_INTERVENE

    @extend_schema(operation_id="risk_liquidation_stop", request=StopBody, responses=dict)
    def post(self, request: Request, account_id: int) -> Response:
        """Stop it, with a reason."""
        body = StopBody(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(liquidation_stop(actor=self.actor, account_id=account_id, reason=body.validated_data["reason"]))


class NoticesView(Endpoint):
    """Risk notices of the accounts that the asker may see; a client's own are delivered with it."""

    aurum_route = RouteScope.TENANT
    right = Right.ACCOUNT_VIEW

    @extend_schema(operation_id="risk_notices", responses=dict)
    def get(self, request: Request) -> Response:
        """Return the newest first."""
        notices_delivered(actor=self.actor, rows=notices_of(actor=self.actor)[:PAGE])
        rows = notices_of(actor=self.actor)[:PAGE]
        return Response({"items": [notice_row(row) for row in rows]})


class ConfirmView(Endpoint):
    """The client takes note."""

    aurum_route = RouteScope.TENANT
    right = Right.ACCOUNT_VIEW

    @extend_schema(operation_id="risk_notice_confirm", request=None, responses=dict)
    def post(self, request: Request, notice_id: int) -> Response:
        """Confirm one's own notice."""
        return Response(notice_row(notice_confirm(actor=self.actor, notice_id=notice_id)))
