"""REST for the server and network administrators: decide requests, see hosts and segments."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope
from vmhosting.api.bodies import ApproveBody, ReasonBody, actor_of, checked
from vmhosting.placement import Size
from vmhosting.selectors.hosts import hosts_shown, requests_waiting
from vmhosting.selectors.network import network_parts, segment_row, segments_shown
from vmhosting.selectors.rows import host_row, request_row
from vmhosting.services.requests import request_approve, request_refuse


class RequestsView(APIView):
    """Requests that wait."""

    aurum_route = RouteScope.STAFF
    right = Right.MACHINE_APPROVE

    @extend_schema(operation_id="machine_requests", responses=dict)
    def get(self, request: Request) -> Response:
        """Return them, the oldest first."""
        return Response(
            {"data": [request_row(row) for row in requests_waiting(actor_of(request))], "next_cursor": None}
        )


class ApproveView(APIView):
    """Approve."""

    aurum_route = RouteScope.STAFF
    right = Right.MACHINE_APPROVE

    @extend_schema(operation_id="machine_request_approve", request=ApproveBody, responses=dict)
    def post(self, request: Request, number: int) -> Response:
        """Approve, perhaps on another host or with another size."""
        body = checked(ApproveBody(data=request.data))
        size = Size(**body["size"]) if "size" in body else None
        made = request_approve(actor=actor_of(request), number=number, host_id=body.get("host"), size=size)
        return Response(request_row(made))


class RefuseView(APIView):
    """Refuse."""

    aurum_route = RouteScope.STAFF
    right = Right.MACHINE_APPROVE

    @extend_schema(operation_id="machine_request_refuse", request=ReasonBody, responses=dict)
    def post(self, request: Request, number: int) -> Response:
        """Refuse with a reason the person who asked will read."""
        body = checked(ReasonBody(data=request.data))
        return Response(request_row(request_refuse(actor=actor_of(request), number=number, reason=body["reason"])))


class HostsView(APIView):
    """Hosts."""

    aurum_route = RouteScope.TENANT
    right = Right.HOST_VIEW

    @extend_schema(operation_id="hosts_list", responses=dict)
    def get(self, request: Request) -> Response:
        """Return the hosts with what is given away."""
        return Response({"data": [host_row(host) for host in hosts_shown()], "next_cursor": None})


class SegmentsView(APIView):
    """Segments, addresses, and what is off."""

    aurum_route = RouteScope.TENANT
    right = Right.NETWORK_VIEW

    @extend_schema(operation_id="network_segments", responses=dict)
    def get(self, request: Request) -> Response:
        """Return segments with their addresses, and every part of the network with whether it is on."""
        parts = [
            {
                "part": part.part.value, "on": part.on, "reason": part.reason.value, "installed": part.installed,
                "command": part.command,
            }
            for part in network_parts()
        ]  # fmt: skip
        return Response({"data": [segment_row(use) for use in segments_shown()], "parts": parts, "next_cursor": None})
