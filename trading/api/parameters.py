"""Which margins, fees and limits apply to me today, and which are coming."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope
from trading.api.accounts import ACCOUNT, SYMBOL_QUERY, account_or_404, instrument_filter
from trading.api.base import Endpoint, cursor_of, cursor_param, limit_param, optional_number, page
from trading.api.market import CURSOR, LIMIT, SEQ
from trading.api.serializers import Decimal, list_of
from trading.selectors.contracts import contracts
from trading.selectors.instruments import trading_day_current
from trading.selectors.parameters import LEVELS, InForce, level_of, parameters_in_force
from trading.shapes.numbers import day_text
from trading.shapes.parameters import LARGER_SIDE_WORDS, row_shape, tariff_shape


class ParameterRowOutput(serializers.Serializer[Any]):
    """One dated row."""

    row = serializers.IntegerField()
    level = serializers.ChoiceField(choices=list(LEVELS))
    aim = serializers.CharField(help_text="A contract (SHFE.au2612) or a product (SHFE.au)")
    hedge = serializers.BooleanField(help_text="For hedging accounts only")
    effective_day = serializers.DateField()
    notice = serializers.CharField(help_text="The source behind it")
    says = serializers.DictField()


class ParametersOutput(serializers.Serializer[Any]):
    """What holds today on one contract, the rows behind it, and the rows to come."""

    symbol = serializers.CharField()
    trading_day = serializers.DateField(allow_null=True)
    hedge = serializers.BooleanField()
    margin_long = Decimal(help_text="Part of the contract's value")
    margin_short = Decimal()
    margin_long_lot = Decimal(help_text="Added to it, a lot")
    margin_short_lot = Decimal()
    larger_side = serializers.ChoiceField(choices=list(LARGER_SIDE_WORDS.values()))
    fee_open = Decimal(help_text="By lot")
    fee_open_ratio = Decimal(help_text="By turnover")
    fee_close = Decimal()
    fee_close_ratio = Decimal()
    fee_close_today = Decimal()
    fee_close_today_ratio = Decimal()
    fee_order = Decimal(help_text="For each order entered")
    fee_cancel = Decimal(help_text="For each cancel or replace")
    max_order_qty = serializers.IntegerField()
    max_position_qty = serializers.IntegerField(allow_null=True, help_text="Of each direction")
    price_limit = Decimal()
    rows = ParameterRowOutput(many=True)
    coming = ParameterRowOutput(many=True)


class ParametersInForce(Endpoint):
    """Margins, fees and limits by contract."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_VIEW

    @extend_schema(
        responses=list_of(ParametersOutput),
        parameters=[ACCOUNT, SYMBOL_QUERY, LIMIT, CURSOR, SEQ],
        operation_id="parameters_list",
    )
    def get(self, request: Request) -> Response:
        """List contracts by number; with `account` what holds for it, without what holds for the broker's accounts."""
        number = optional_number(request, "account")
        account = account_or_404(self, number) if number is not None else None
        limit, after, only = limit_param(request), cursor_param(request) or 0, instrument_filter(request)
        numbers = sorted(one for one in contracts().by_id if one > after and only in (None, one))
        shown = [contracts().by_id[one] for one in numbers[:limit]]
        found = parameters_in_force(contracts=shown, account=account)
        day = trading_day_current()
        hedge = account is not None and account.hedge
        data = [
            {
                "symbol": one.contract.symbol,
                "trading_day": day_text(day.trading_day) if day is not None else None,
                "hedge": hedge,
                **_shape(one),
            }
            for one in found
        ]
        return page(data, next_cursor=cursor_of(numbers[limit - 1]) if len(numbers) > limit else None)


def _shape(one: InForce) -> dict[str, Any]:
    symbol = one.contract.symbol
    return {
        **tariff_shape(one.tariff, limit_ppm=one.limit_ppm),
        "rows": [row_shape(row, level=level_of(row), symbol=symbol) for row in one.rows],
        "coming": [row_shape(row, level=level_of(row), symbol=symbol) for row in one.coming],
    }
