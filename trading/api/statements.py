"""Statements: the list, each one in all its forms, and the client's confirmation."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope
from portal.lib.errors import Refused
from trading.api import serializers
from trading.api.accounts import account_or_404
from trading.api.base import (
    Endpoint,
    choice_param,
    cursor_of,
    cursor_param,
    limit_param,
    number_param,
    optional_number,
    page,
)
from trading.api.market import CURSOR, LIMIT, SEQ
from trading.api.throttle import ORDERS
from trading.models import Statement
from trading.selectors.statements import confirmed_versions, statement_get, statements_list
from trading.services.statements import statement_confirm
from trading.shapes.numbers import day_text, money, parse_day
from trading.statements.forms import FORMS, StatementFile, file_of
from trading.statements.sheet import BASES

BASIS: Final = OpenApiParameter("basis", str, enum=BASES, description="Base of profit in CSV and PDF")
VERSION: Final = OpenApiParameter("version", int, description="Default: the newest")


class Statements(Endpoint):
    """An account's statements."""

    aurum_route = RouteScope.TENANT
    right = Right.ACCOUNT_VIEW

    @extend_schema(
        responses=serializers.list_of(serializers.StatementOutput),
        parameters=[OpenApiParameter("account", int, required=True), LIMIT, CURSOR, SEQ],
        operation_id="statements_list",
    )
    def get(self, request: Request) -> Response:
        """List the newest version of each day, newest day first."""
        account_id = number_param(request, "account")
        account_or_404(self, account_id)
        limit = limit_param(request)
        found = statements_list(actor=self.actor, account_id=account_id)
        before = cursor_param(request)
        if before is not None:
            found = found.filter(trading_day__lt=min(before, 99_991_231))
        rows = list(found[:limit])
        days = [row.trading_day for row in rows]
        confirmed = confirmed_versions(actor=self.actor, account_id=account_id, trading_days=days)
        more = cursor_of(days[-1]) if len(rows) == limit else None
        return page([statement_shape(row, confirmed=confirmed.get(row.trading_day)) for row in rows], next_cursor=more)


class StatementOne(Endpoint):
    """One statement."""

    aurum_route = RouteScope.TENANT
    right = Right.ACCOUNT_VIEW

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """The path names the form, not the Accept header."""
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
        parameters=[VERSION, SEQ],
        operation_id="statements_read",
    )
    def get(self, request: Request, account_id: int, day: str) -> HttpResponse:
        """Return a statement in the form that is hashed."""
        return self.file(request, account_id, day, form="json")

    def file(self, request: Request, account_id: int, day: str, *, form: str) -> HttpResponse:
        """Return one statement as a file."""
        account_or_404(self, account_id)
        if form not in FORMS:
            raise Refused("not_found", status=404)
        basis = choice_param(request, "basis", BASES, default="date") or "date"
        row = statement_get(
            actor=self.actor,
            account_id=account_id,
            trading_day=day_or_404(day),
            version=optional_number(request, "version"),
        )
        if row is None:
            raise Refused("statement_not_found", status=404)
        return file_response(file_of(bytes(row.body), form=form, basis=basis), sha256=row.sha256)


class StatementForm(StatementOne):
    """One statement as a file."""

    @extend_schema(
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "application/pdf"): OpenApiTypes.BINARY,
            (200, "text/csv"): OpenApiTypes.STR,
        },
        parameters=[BASIS, VERSION, SEQ],
        operation_id="statements_file",
    )
    def get(self, request: Request, account_id: int, day: str, form: str) -> HttpResponse:  # type: ignore[override]
        """Return a statement as json (the bytes that are hashed), csv or pdf."""
        return self.file(request, account_id, day, form=form)


class StatementConfirm(Endpoint):
    """The client's agreement."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_PLACE
    bucket = ORDERS

    @extend_schema(
        request=serializers.ConfirmInput,
        responses=serializers.ConfirmedOutput,
        operation_id="statements_confirm",
    )
    def post(self, request: Request, account_id: int, day: str) -> Response:
        """Confirm the last statement of one's own account in the version that was read."""
        data = serializers.ConfirmInput(data=request.data)
        data.is_valid(raise_exception=True)
        trading_day, version = day_or_404(day), data.validated_data["version"]
        seq = statement_confirm(actor=self.actor, account_id=account_id, trading_day=trading_day, version=version)
        return Response({"account": account_id, "trading_day": day, "version": version, "seq": seq})


def day_or_404(text: str) -> int:
    """Return a trading day of a path; what is none names nothing."""
    day = parse_day(text)
    if day is None:
        raise Refused("statement_not_found", status=404)
    return day


def file_response(file: StatementFile, *, sha256: str) -> HttpResponse:
    """Return a file for download; its name is made of numbers only."""
    response = HttpResponse(file.data, content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response["X-Statement-SHA256"] = sha256
    return response


def statement_shape(row: Statement, *, confirmed: int | None) -> dict[str, Any]:
    """Return a statement of a list."""
    return {
        "account": row.account_id,
        "trading_day": day_text(row.trading_day),
        "version": row.version,
        "confirmed_version": confirmed,
        "equity": money(row.equity_fen),
        "balance_by_trade": money(row.balance_trade_fen),
        "floating_profit": money(row.floating_fen),
        "margin": money(row.margin_fen),
        "margin_call": money(row.margin_call_fen),
        "sha256": row.sha256,
        "seq": row.seq,
    }
