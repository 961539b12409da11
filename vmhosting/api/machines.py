"""REST for owners of machines: list, ask, power, size, parameters, log, news."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope
from vmhosting.api.bodies import AfterQuery, ParametersBody, RequestBody, SizeBody, actor_of, checked
from vmhosting.selectors.machines import (
    log_tail,
    machine_rows,
    news_after,
    news_for,
    operations_last,
    pulses_by_machine,
)
from vmhosting.selectors.quotas import plans_offered
from vmhosting.selectors.rows import event_row, machine_row, operation_row, request_row
from vmhosting.services import machines as services
from vmhosting.services.guard import machine_seen
from vmhosting.services.requests import machine_request, machine_resize

_OWN = {"GET": Right.MACHINE_VIEW_OWN, "POST": Right.MACHINE_REQUEST}


class MachinesView(APIView):
    """Own machines."""

    aurum_route = RouteScope.TENANT
    right = _OWN

    @extend_schema(operation_id="machines_list", responses=dict)
    def get(self, request: Request) -> Response:
        """Return the machines of the accounts one may see."""
        return Response({"data": machine_rows(actor_of(request)), "next_cursor": None})

    @extend_schema(operation_id="machines_request", request=RequestBody, responses={201: dict})
    def post(self, request: Request) -> Response:
        """Ask for a machine; it runs when the server administrator has approved it."""
        body = checked(RequestBody(data=request.data))
        made = machine_request(
            actor=actor_of(request), account_id=body.pop("account"), plan_id=body.pop("plan", None), **body
        )
        return Response(request_row(made), status=status.HTTP_201_CREATED)


class PlansView(APIView):
    """Plans on offer."""

    aurum_route = RouteScope.TENANT
    right = Right.MACHINE_VIEW_OWN

    @extend_schema(operation_id="machines_plans", responses=dict)
    def get(self, request: Request) -> Response:
        """Return the plans."""
        rows = [
            {
                "id": plan.pk, "code": plan.code, "name": plan.name, "name_en": plan.name_en,
                "cpu_milli": plan.cpu_milli, "memory_mib": plan.memory_mib, "disk_mib": plan.disk_mib,
                "fee_month": f"{plan.fee_month_fen / 100:.2f}",
            }
            for plan in plans_offered()
        ]  # fmt: skip
        return Response({"data": rows, "next_cursor": None})


class MachineView(APIView):
    """One machine."""

    aurum_route = RouteScope.TENANT
    right = {"GET": Right.MACHINE_VIEW_OWN, "DELETE": Right.MACHINE_REQUEST}

    @extend_schema(operation_id="machine_get", responses=dict)
    def get(self, request: Request, uuid: str) -> Response:
        """Return wanted, observed and in progress, the pulse, and the last operation with its steps."""
        machine = machine_seen(actor=actor_of(request), uuid=uuid)
        last = operations_last(machine)
        row = machine_row(machine, pulse=pulses_by_machine([machine]).get(machine.pk))
        return Response(row | {"last_operation": operation_row(last[0]) if last else None})

    @extend_schema(operation_id="machine_delete", responses={202: dict})
    def delete(self, request: Request, uuid: str) -> Response:
        """Delete the machine, its key and its place."""
        operation = services.machine_delete(actor=actor_of(request), uuid=uuid)
        return Response(operation_row(operation), status=status.HTTP_202_ACCEPTED)


class _PowerView(APIView):
    """Base of the power acts."""

    aurum_route = RouteScope.TENANT
    right = {"POST": Right.MACHINE_REQUEST}
    act: Any

    def _done(self, request: Request, uuid: str) -> Response:
        operation = type(self).act(actor=actor_of(request), uuid=uuid)
        return Response(operation_row(operation), status=status.HTTP_202_ACCEPTED)


class StartView(_PowerView):
    """Start."""

    act = staticmethod(services.machine_start)

    @extend_schema(operation_id="machine_start", request=None, responses={202: dict})
    def post(self, request: Request, uuid: str) -> Response:
        """Ask for the machine to run."""
        return self._done(request, uuid)


class StopView(_PowerView):
    """Stop."""

    act = staticmethod(services.machine_stop)

    @extend_schema(operation_id="machine_stop", request=None, responses={202: dict})
    def post(self, request: Request, uuid: str) -> Response:
        """Ask for the machine to stop."""
        return self._done(request, uuid)


class RestartView(_PowerView):
    """Restart."""

    act = staticmethod(services.machine_restart)

    @extend_schema(operation_id="machine_restart", request=None, responses={202: dict})
    def post(self, request: Request, uuid: str) -> Response:
        """Ask for a stop and a start."""
        return self._done(request, uuid)


class ResizeView(APIView):
    """Another size."""

    aurum_route = RouteScope.TENANT
    right = {"POST": Right.MACHINE_REQUEST}

    @extend_schema(operation_id="machine_resize", request=SizeBody, responses={202: dict})
    def post(self, request: Request, uuid: str) -> Response:
        """Ask for another size; growing waits for approval."""
        made = machine_resize(actor=actor_of(request), uuid=uuid, **checked(SizeBody(data=request.data)))
        return Response({"request": None if made is None else request_row(made)}, status=status.HTTP_202_ACCEPTED)


class ParametersView(APIView):
    """The strategy's parameters."""

    aurum_route = RouteScope.TENANT
    right = {"PUT": Right.MACHINE_REQUEST}

    @extend_schema(operation_id="machine_parameters", request=ParametersBody, responses=dict)
    def put(self, request: Request, uuid: str) -> Response:
        """Set them; a running machine takes them with its next heartbeat."""
        body = checked(ParametersBody(data=request.data))
        return Response(machine_row(services.machine_parameters_set(actor=actor_of(request), uuid=uuid, **body)))


class LogView(APIView):
    """A machine's log."""

    aurum_route = RouteScope.TENANT
    right = Right.MACHINE_VIEW_OWN

    @extend_schema(operation_id="machine_log", responses=dict)
    def get(self, request: Request, uuid: str) -> Response:
        """Return the last lines, oldest first."""
        machine = machine_seen(actor=actor_of(request), uuid=uuid)
        return Response({"data": [event_row(line, uuid=machine.uuid) for line in log_tail(machine)]})


class NewsView(APIView):
    """What a page missed."""

    aurum_route = RouteScope.TENANT
    right = Right.MACHINE_VIEW_OWN

    @extend_schema(operation_id="machines_events", parameters=[AfterQuery], responses=dict)
    def get(self, request: Request) -> Response:
        """Return news above a number; `through` says how far this answer is complete."""
        after = checked(AfterQuery(data=request.query_params))["after"]
        return Response(news_for(actor=actor_of(request), news=news_after(after=after)))
