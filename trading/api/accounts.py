"""Money accounts, their money, positions, fills and numbered events."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope
from portal.lib.errors import Refused
from trading.api import rows, serializers
from trading.api.base import (
    Endpoint,
    cursor_of,
    cursor_param,
    limit_param,
    number_param,
    optional_number,
    page,
)
from trading.api.market import CURSOR, LIMIT, SEQ
from trading.models import Balance, MoneyAccount
from trading.selectors import account_events, account_stream
from trading.selectors.accounts import account_get, accounts_list, balances_get, positions_list
from trading.selectors.contracts import contract_of, contracts
from trading.selectors.orders import fills_list

ACCOUNT = OpenApiParameter("account", int, description="Money account")
SYMBOL_QUERY = OpenApiParameter("symbol", str)


class Accounts(Endpoint):
    """The accounts one may see."""

    aurum_route = RouteScope.TENANT
    right = Right.ACCOUNT_VIEW

    @extend_schema(
        responses=serializers.list_of(serializers.AccountOutput),
        parameters=[LIMIT, CURSOR, SEQ],
        operation_id="accounts_list",
    )
    def get(self, request: Request) -> Response:
        """List accounts by number."""
        limit = limit_param(request)
        found = list(accounts_list(actor=self.actor).filter(id__gt=cursor_param(request) or 0)[: limit + 1])
        numbers = _event_numbers([account.id for account in found])
        data = [rows.account_shape(item, account_seq=numbers.get(item.id, 0)) for item in found[:limit]]
        return page(data, next_cursor=cursor_of(found[limit - 1].id) if len(found) > limit else None)


class AccountOne(Endpoint):
    """One account."""

    aurum_route = RouteScope.TENANT
    right = Right.ACCOUNT_VIEW

    @extend_schema(responses=serializers.AccountOutput, parameters=[SEQ], operation_id="accounts_read")
    def get(self, request: Request, account_id: int) -> Response:
        """Return the account, or 404 for one that is not yours as for one that does not exist."""
        account = account_or_404(self, account_id)
        return Response(rows.account_shape(account, account_seq=_event_numbers([account_id]).get(account_id, 0)))


class Balances(Endpoint):
    """An account's money."""

    aurum_route = RouteScope.TENANT
    right = Right.ACCOUNT_VIEW

    @extend_schema(responses=serializers.FundsOutput, parameters=[SEQ], operation_id="accounts_balances")
    def get(self, request: Request, account_id: int) -> Response:
        """Return the money at the last prices."""
        account_or_404(self, account_id)
        balance = balances_get(actor=self.actor, account_id=account_id) or _nothing_yet(account_id)
        held = list(positions_list(actor=self.actor, account_id=account_id))
        return Response(rows.funds_shape(balance, held, lasts=rows.last_prices()))


class Positions(Endpoint):
    """Open positions."""

    aurum_route = RouteScope.TENANT
    right = Right.ACCOUNT_VIEW

    @extend_schema(
        responses=serializers.list_of(serializers.PositionOutput),
        parameters=[ACCOUNT, SYMBOL_QUERY, SEQ],
        operation_id="positions_list",
    )
    def get(self, request: Request) -> Response:
        """List positions at the last prices."""
        found = positions_list(
            actor=self.actor, account_id=account_filter(self, request), instrument_id=instrument_filter(request)
        )
        lasts = rows.last_prices()
        return page([rows.position_shape(row, lasts=lasts) for row in found[:5000]])


class Fills(Endpoint):
    """One's own trades."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_VIEW

    @extend_schema(
        responses=serializers.list_of(serializers.FillOutput),
        parameters=[ACCOUNT, SYMBOL_QUERY, OpenApiParameter("order_id", int), LIMIT, CURSOR, SEQ],
        operation_id="fills_list",
    )
    def get(self, request: Request) -> Response:
        """List fills, newest first."""
        limit = limit_param(request)
        found = fills_list(
            actor=self.actor,
            account_id=account_filter(self, request),
            instrument_id=instrument_filter(request),
            order_id=optional_number(request, "order_id"),
            before_id=cursor_param(request),
            limit=limit,
        )
        more = cursor_of(found[-1].id) if len(found) == limit else None
        return page([rows.fill_shape(row) for row in found], next_cursor=more)


class Events(Endpoint):
    """An account's numbered private events: what the socket's account channel sends."""

    aurum_route = RouteScope.TENANT
    right = Right.ACCOUNT_VIEW

    @extend_schema(
        responses=serializers.EventsOutput,
        parameters=[
            OpenApiParameter("account", int, required=True),
            OpenApiParameter("after_seq", int, description="The last number you hold; 0 from the beginning"),
            LIMIT,
            SEQ,
        ],
        operation_id="events_list",
    )
    def get(self, request: Request) -> HttpResponse:
        """List frames above a number, in order, and the number stored last."""
        account_id = number_param(request, "account")
        account_or_404(self, account_id)
        after = number_param(request, "after_seq", default=0)
        limit = limit_param(request)
        frames = account_stream.frames_after(
            tenant_id=self.actor.tenant_id or 0,
            account_id=account_id,
            after_seq=after,
            limit=limit,
            contracts=contracts(),
        )
        through = account_events.account_seq_stored(account_id=account_id)
        more = f'"{frames[-1][0]}"' if len(frames) == limit and frames[-1][0] < through else "null"
        # The frames are JSON already, byte for byte what the socket sent.
        body = b",".join(frame for _number, frame in frames)
        return HttpResponse(
            b'{"data":[%b],"next_cursor":%b,"through":%d}' % (body, more.encode(), through),
            content_type="application/json",
        )


def account_or_404(view: Endpoint, account_id: int) -> MoneyAccount:
    """Return an account the caller may see, or refuse as if it did not exist."""
    account = account_get(actor=view.actor, account_id=account_id) if view.actor.can_see(account_id) else None
    if account is None:
        raise Refused("account_not_found", status=404)
    return account


def account_filter(view: Endpoint, request: Request) -> int | None:
    """Return the account a list is narrowed to; a foreign one is refused like one that does not exist."""
    account_id = optional_number(request, "account")
    if account_id is not None:
        account_or_404(view, account_id)
    return account_id


def instrument_filter(request: Request) -> int | None:
    """Return the contract a list is narrowed to."""
    symbol = request.query_params.get("symbol")
    if symbol is None:
        return None
    contract = contract_of(symbol)
    if contract is None:
        raise Refused("instrument_not_found", status=400, pointer="?symbol")
    return contract.instrument.instrument_id


def _event_numbers(account_ids: list[int]) -> dict[int, int]:
    found: Any = Balance.objects.filter(account_id__in=account_ids).values_list("account_id", "account_seq")
    return dict(found)


def _nothing_yet(account_id: int) -> Balance:
    """An account that the counter has not opened yet has no money."""
    fields = [field.attname for field in Balance._meta.concrete_fields if field.attname.endswith("_fen")]
    return Balance(account_id=account_id, trading_day=0, account_seq=0, at_ns=0, seq=0, **dict.fromkeys(fields, 0))
