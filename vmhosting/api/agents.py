"""REST for the agents inside machines. Only a machine's own key opens these doors."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope
from vmhosting.api.bodies import HeartbeatBody, LogBody, actor_of, checked
from vmhosting.services.agents import Beat, Line, heartbeat_record, log_record


class HeartbeatView(APIView):
    """A machine is alive."""

    aurum_route = RouteScope.ACCOUNT
    right = Right.MACHINE_VIEW_OWN

    @extend_schema(operation_id="machine_agent_heartbeat", request=HeartbeatBody, responses=dict)
    def post(self, request: Request) -> Response:
        """Note the heartbeat; the answer carries parameters and what the strategy had saved."""
        return Response(
            heartbeat_record(actor=actor_of(request), beat=Beat(**checked(HeartbeatBody(data=request.data))))
        )


class AgentLogView(APIView):
    """A machine has something to say."""

    aurum_route = RouteScope.ACCOUNT
    right = Right.MACHINE_VIEW_OWN

    @extend_schema(operation_id="machine_agent_log", request=LogBody, responses=dict)
    def post(self, request: Request) -> Response:
        """Store the lines that were not stored yet."""
        body = checked(LogBody(data=request.data))
        lines = [
            Line(number=row["n"], at_ns=row["at_ns"], level=row["level"], text=row["text"]) for row in body["lines"]
        ]
        return Response({"stored_through": log_record(actor=actor_of(request), boot=body["boot"], lines=lines)})
