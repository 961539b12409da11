"""What must be closed because delivery comes near: by whom, how many lots, by when."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope
from trading.api import serializers
from trading.api.base import Endpoint, page
from trading.selectors.delivery import delivery_duties_list


class DeliveryDuties(Endpoint):
    """Duties of the tenant's accounts."""

    aurum_route = RouteScope.STAFF
    right = Right.RISK_VIEW

    @extend_schema(responses=serializers.list_of(serializers.DeliveryDutyOutput), operation_id="delivery_duties")
    def get(self, request: Request) -> Response:
        """List the lots that have to go, by account; what is past its day is the broker's to close."""
        return page(delivery_duties_list(actor=self.actor))
