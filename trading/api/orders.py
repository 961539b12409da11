"""Orders: enter, try out, list, read, change, cancel."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope
from portal.lib.errors import Refused
from trading.api import serializers
from trading.api.accounts import ACCOUNT, SYMBOL_QUERY, account_filter, account_or_404, instrument_filter
from trading.api.base import Endpoint, choice_param, cursor_of, cursor_param, invalid, limit_param, number_param
from trading.api.idempotency import once
from trading.api.market import CURSOR, LIMIT, SEQ
from trading.api.openapi import problems
from trading.api.throttle import CANCELS, ORDERS, QUERIES
from trading.choices import OFFSET_WORDS, ORDER_STATUS_CODES, WORKING_STATUSES
from trading.models import Order
from trading.selectors.account_stream import order_state
from trading.selectors.contracts import contracts
from trading.selectors.orders import order_by_client_id, order_get, orders_list
from trading.selectors.projection import wait_for_seq
from trading.services import orders as service
from trading.services.core_calls import core_query
from trading.services.orders import OrderRequest, OrderResult
from trading.shapes.figures import figures_shape
from trading.shapes.numbers import money, parse_day, ratio, time_text
from trading.shapes.order_terms import TermsRequest
from trading.shapes.orders import CLIENT_ORDER_ID_PATTERN, OrderState
from trading.shapes.refusals import detail

REPEATED = OpenApiResponse(
    serializers.OrderOutput, description="A repeat: the first answer (Idempotent-Replayed: true)"
)
CATCH_UP_MS = 2000


class Orders(Endpoint):
    """The orders one may see; entering one."""

    aurum_route = RouteScope.TENANT
    right = {"GET": Right.TRADE_VIEW, "POST": Right.TRADE_PLACE}
    bucket = {"POST": ORDERS}

    @extend_schema(
        responses=serializers.list_of(serializers.OrderOutput),
        parameters=[
            ACCOUNT,
            SYMBOL_QUERY,
            OpenApiParameter("status", str, enum=["working", *ORDER_STATUS_CODES]),
            OpenApiParameter("trading_day", str, description="2026-11-23"),
            LIMIT,
            CURSOR,
            SEQ,
        ],
        operation_id="orders_list",
    )
    def get(self, request: Request) -> HttpResponse:
        """List orders, newest first."""
        limit = limit_param(request)
        found = orders_list(
            actor=self.actor,
            account_id=account_filter(self, request),
            instrument_id=instrument_filter(request),
            statuses=_statuses(request),
            trading_day=_day(request),
            before_id=cursor_param(request),
            limit=limit,
        )
        known = contracts()
        body = ",".join(order_state(row, contracts=known).json() for row in found)
        more = json.dumps(cursor_of(found[-1].id)) if len(found) == limit else "null"
        return json_answer(f'{{"data":[{body}],"next_cursor":{more}}}')

    @extend_schema(
        request=serializers.OrderInput,
        responses={201: serializers.OrderOutput, 200: REPEATED} | problems(409, 422, 503),
        operation_id="orders_create",
    )
    def post(self, request: Request) -> HttpResponse:
        """Enter an order. One that the counter refuses is an order with status `rejected`, not an error."""
        wanted = checked(serializers.OrderInput, request)
        result = service.order_place(actor=self.actor, request=_order_request(wanted))
        if not result.replayed:
            return order_answer(result, status=201)
        if result.order is None:
            result = _from_tables(self, result, account_id=wanted["account"], client_order_id=wanted["client_order_id"])
        response = order_answer(result, status=200)
        response["Idempotent-Replayed"] = "true"
        return response


class OrderPreview(Endpoint):
    """Trying an order out."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_PLACE
    bucket = QUERIES

    @extend_schema(
        request=serializers.PreviewInput,
        responses={200: serializers.PreviewOutput} | problems(422, 503),
        operation_id="orders_preview",
    )
    def post(self, request: Request) -> Response:
        """Say what an order would need and do. Nothing is entered, nothing is kept."""
        wanted = checked(serializers.PreviewInput, request)
        if "trading_day" not in wanted:
            wanted["trading_day"] = core_query("status")["trading_day"]
        preview, contract = service.order_preview(
            actor=self.actor, request=_order_request(wanted | {"client_order_id": "preview"})
        )
        figures = figures_shape(preview.code, preview.figures, contract=contract) if preview.code else None
        told = detail(preview.code, figures or {}, get_language() or "zh-hans") if preview.code else None
        return Response(
            {
                "ok": not preview.code,
                "code": preview.code or None,
                "figures": figures,
                "detail": told,
                "margin": money(preview.margin_fen),
                "fee": money(preview.fee_fen),
                "available": money(preview.available_fen),
                "available_after": money(preview.available_after_fen),
                "risk_degree_after": ratio(preview.risk_after_ppm),
                "max_qty": preview.max_qty,
                "position_effect": OFFSET_WORDS.get(preview.offset, wanted["position_effect"]),
            }
        )


class OrderOne(Endpoint):
    """One order."""

    aurum_route = RouteScope.TENANT
    right = {"GET": Right.TRADE_VIEW, "PATCH": Right.TRADE_PLACE, "DELETE": Right.TRADE_CANCEL}
    bucket = {"PATCH": ORDERS, "DELETE": CANCELS}

    @extend_schema(responses=serializers.OrderOutput, parameters=[SEQ], operation_id="orders_read")
    def get(self, request: Request, order_id: int) -> HttpResponse:
        """Return the order, or 404 for one that is not yours as for one that does not exist."""
        return json_answer(order_state(_order_or_404(self, order_id), contracts=contracts()).json())

    @extend_schema(
        request=serializers.ReplaceInput,
        responses={200: serializers.OrderOutput} | problems(404, 409, 422, 503),
        operation_id="orders_replace",
    )
    def patch(self, request: Request, order_id: int) -> HttpResponse:
        """Change total quantity and price. A smaller quantity at the same price keeps its place in the queue."""
        wanted = checked(serializers.ReplaceInput, request)
        account_id = wanted.get("account") or _account_of(self, order_id)
        result = service.order_replace(
            actor=self.actor,
            account_id=account_id,
            order_id=order_id,
            qty=wanted["qty"],
            limit_price=wanted.get("limit_price"),
            stop_price=wanted.get("stop_price"),
        )
        return order_answer(result, status=200)

    @extend_schema(
        request=None,
        responses={200: serializers.OrderOutput} | problems(404, 409, 503),
        parameters=[ACCOUNT],
        operation_id="orders_cancel",
    )
    def delete(self, request: Request, order_id: int) -> HttpResponse:
        """Cancel the order and return it as it ended. With `account` the query tables are not asked first."""
        given = "account" in request.query_params
        account_id = number_param(request, "account") if given else _account_of(self, order_id)
        return order_answer(
            service.order_cancel(actor=self.actor, account_id=account_id, order_id=order_id), status=200
        )


class OrderByClientId(Endpoint):
    """One order by the client's own number."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_VIEW

    @extend_schema(
        responses={200: serializers.OrderOutput} | problems(404, 503),
        parameters=[
            OpenApiParameter("account", int, required=True),
            OpenApiParameter("trading_day", str, description="2026-11-23; default: the newest"),
        ],
        operation_id="orders_by_client_id",
    )
    def get(self, request: Request, client_order_id: str) -> HttpResponse:
        """Return the order. 404 means that the core never accepted it: the answer waits for the projection first."""
        account_id = number_param(request, "account")
        account_or_404(self, account_id)
        day = _day(request)
        if not re.match(CLIENT_ORDER_ID_PATTERN, client_order_id):
            raise Refused("order_not_found", status=404)
        row = self._find(account_id, client_order_id, day)
        if row is None:
            head = int(core_query("status")["seq"])
            if not wait_for_seq(head, timeout_ms=CATCH_UP_MS):
                raise Refused("catching_up", {"seq": head}, status=503)
            row = self._find(account_id, client_order_id, day)
        if row is None:
            raise Refused("order_not_found", status=404)
        return json_answer(order_state(row, contracts=contracts()).json())

    def _find(self, account_id: int, client_order_id: str, day: int | None) -> Order | None:
        return order_by_client_id(
            actor=self.actor, account_id=account_id, client_order_id=client_order_id, trading_day=day
        )


class CancelAll(Endpoint):
    """Canceling everything that works."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_CANCEL
    bucket = CANCELS

    @extend_schema(
        request=serializers.CancelAllInput,
        responses={200: serializers.CanceledAllOutput} | problems(404, 503),
        operation_id="orders_cancel_all",
    )
    def post(self, request: Request) -> Response:
        """Cancel all working orders of an account, or those of one contract."""
        wanted = checked(serializers.CancelAllInput, request)
        return once(request, lambda: self._cancel(wanted))

    def _cancel(self, wanted: dict[str, Any]) -> Response:
        account_id = wanted["account"]
        seq = service.orders_cancel_all(actor=self.actor, account_id=account_id, symbol=wanted.get("symbol"))
        return Response({"account": account_id, "seq": seq})


class CancelAfter(Endpoint):
    """The dead man's switch."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_CANCEL
    bucket = CANCELS

    @extend_schema(
        request=serializers.CancelAfterInput,
        responses={200: serializers.CancelAfterOutput} | problems(404, 422, 503),
        operation_id="orders_cancel_after",
    )
    def post(self, request: Request) -> Response:
        """Cancel all working orders of an account unless this is said again within so many seconds."""
        wanted = checked(serializers.CancelAfterInput, request)
        due_ns, seq = service.orders_cancel_after(
            actor=self.actor, account_id=wanted["account"], seconds=wanted["seconds"]
        )
        return Response({"account": wanted["account"], "cancel_at": time_text(due_ns) if due_ns else None, "seq": seq})


def checked(kind: type[serializers.Strict], request: Request) -> dict[str, Any]:
    """Return the checked body, or refuse it with a pointer for each faulty field."""
    if not isinstance(request.data, dict):
        raise Refused("invalid_field", detail=_("The body must be a JSON object."), status=422, pointer="/")
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def order_answer(result: OrderResult, *, status: int) -> HttpResponse:
    """Return an order as the answer to a write."""
    order = result.order
    if order is None:
        return json_answer(json.dumps({"order": None, "seq": result.seq}), status=status)
    return json_answer(order.json(), status=status)


def json_answer(text: str, *, status: int = 200) -> HttpResponse:
    """Return text that is JSON already."""
    return HttpResponse(text, status=status, content_type="application/json")


def _order_request(wanted: dict[str, Any]) -> OrderRequest:
    return OrderRequest(
        account_id=wanted["account"],
        trading_day=wanted["trading_day"],
        client_order_id=wanted["client_order_id"],
        symbol=wanted["symbol"],
        side=wanted["side"],
        qty=wanted["qty"],
        position_effect=wanted["position_effect"],
        order_type=wanted["type"],
        time_in_force=wanted["time_in_force"],
        limit_price=wanted.get("limit_price"),
        terms=TermsRequest(
            **{field.name: wanted[field.name] for field in fields(TermsRequest) if field.name in wanted}
        ),
    )


def _from_tables(view: Endpoint, result: OrderResult, *, account_id: int, client_order_id: str) -> OrderResult:
    """The core forgets orders that have ended; what they were is in the query tables."""
    # The core forgets an order that has ended: what ended it lies anywhere up to the head.
    head = int(core_query("status")["seq"])
    wait_for_seq(head, timeout_ms=CATCH_UP_MS)
    row = order_by_client_id(actor=view.actor, account_id=account_id, client_order_id=client_order_id)
    order: OrderState | None = None if row is None else order_state(row, contracts=contracts())
    if order is None or not order.ended:
        raise Refused("catching_up", {"seq": head}, status=503)
    return OrderResult(order=order, seq=result.seq, code=result.code, figures=result.figures, replayed=True)


def _order_or_404(view: Endpoint, order_id: int) -> Order:
    row = order_get(actor=view.actor, order_id=order_id)
    if row is None:
        raise Refused("order_not_found", status=404)
    return row


def _account_of(view: Endpoint, order_id: int) -> int:
    """Return whose order it is; one that the projection does not have yet is waited for."""
    row = order_get(actor=view.actor, order_id=order_id)
    if row is None:
        wait_for_seq(int(core_query("status")["seq"]), timeout_ms=CATCH_UP_MS)
        row = _order_or_404(view, order_id)
    return int(row.account_id)


def _statuses(request: Request) -> list[int] | None:
    word = choice_param(request, "status", ["working", *ORDER_STATUS_CODES])
    if word is None:
        return None
    return list(WORKING_STATUSES) if word == "working" else [ORDER_STATUS_CODES[word]]


def _day(request: Request) -> int | None:
    text = request.query_params.get("trading_day")
    if text is None:
        return None
    day = parse_day(text)
    if day is None:
        raise invalid("trading_day", _("is no date like 2026-11-23"))
    return day
