"""Public endpoints: time, status, contracts with book, trades and bars."""

from __future__ import annotations

import time
from hashlib import blake2b
from typing import Any, Final

from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope
from portal.lib.errors import Refused
from trading.api import rows, serializers
from trading.api.base import (
    Endpoint,
    choice_param,
    cursor_of,
    cursor_param,
    limit_param,
    optional_number,
    page,
)
from trading.choices import BAR_PERIODS_S, KillScope
from trading.core.client import CoreUnavailable
from trading.core.client import query as core_query
from trading.models import KillSwitch, MarketDay
from trading.selectors.contracts import contract_of, contracts
from trading.selectors.instruments import contract_rules, instrument_phases, trading_day_current
from trading.selectors.market import (
    BARS_MAX,
    bars_list,
    contract_days,
    contract_days_running,
    depth_last,
    trades_list,
)
from trading.selectors.parameters import limits_in_force
from trading.selectors.projection import projection_seq
from trading.shapes.contracts import Contract
from trading.shapes.numbers import day_text, time_text

SYMBOL: Final = OpenApiParameter(
    "symbol", str, OpenApiParameter.PATH, description="SHFE.au2612; au2612.SHFE and AU2612 are understood"
)
LIMIT: Final = OpenApiParameter("limit", int, description="Rows at most")
CURSOR: Final = OpenApiParameter("cursor", str, description="next_cursor of the page before")
SEQ: Final = OpenApiParameter(
    "seq", int, description="Wait up to half a second until the answer includes this journal number"
)
LEVELS: Final = 20


class Time(Endpoint):
    """The server's clock."""

    aurum_route = RouteScope.ANON
    right = None

    @extend_schema(responses=serializers.TimeOutput, operation_id="time", auth=[])
    def get(self, request: Request) -> Response:
        """Return the time, to measure one's own clock against."""
        now_ns = time.time_ns()
        return Response({"server_ns": now_ns, "server_time": time_text(now_ns)})


class Status(Endpoint):
    """Whether trading is possible."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_VIEW

    @extend_schema(responses=serializers.StatusOutput, operation_id="status")
    def get(self, request: Request) -> Response:
        """Return the core's and the projection's standing; a core that is away is an answer, not an error."""
        try:
            found: dict[str, Any] = core_query("status")
        except CoreUnavailable:
            found = {"trading": False, "reason": "core_unavailable"}
        day = trading_day_current()
        trading_day = found.get("trading_day") or (day.trading_day if day else 0)
        kill = self._kill()
        trading = bool(found.get("trading")) and not kill["venue"] and not kill["tenant"]
        reason = "kill_switch" if found.get("trading") and not trading else str(found.get("reason", ""))
        return Response(
            {
                "trading": trading,
                "reason": reason,
                "phase": str(found.get("phase", "")),
                "trading_day": day_text(trading_day) if trading_day else None,
                "day_number": found.get("day_number", day.day_number if day else 0),
                "seq": found.get("seq"),
                "projection_seq": projection_seq(),
                "market_ns": found.get("market_ns"),
                "kill": kill,
            }
        )

    def _kill(self) -> dict[str, Any]:
        thrown = KillSwitch.objects.filter(on=True)
        by_id = contracts().by_id
        found: dict[str, Any] = {"venue": False, "tenant": False, "symbols": []}
        for switch in thrown:
            if switch.scope == KillScope.VENUE:
                found["venue"] = True
            elif switch.scope == KillScope.TENANT:
                found["tenant"] = found["tenant"] or switch.target_id == self.actor.tenant_id
            elif switch.target_id in by_id:
                found["symbols"].append(by_id[switch.target_id].symbol)
        return found


class Instruments(Endpoint):
    """All contracts."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_VIEW

    @extend_schema(
        responses=serializers.list_of(serializers.InstrumentOutput),
        parameters=[LIMIT, CURSOR],
        operation_id="instruments_list",
    )
    def get(self, request: Request) -> Response:
        """List contracts by number, with an ETag over everything shown."""
        limit, after = limit_param(request), cursor_param(request) or 0
        days = {day.instrument_id: day for day in MarketDay.objects.all()}
        found = sorted(number for number in contracts().by_id if number > after)
        shown = [contracts().by_id[number] for number in found[:limit]]
        phases = instrument_phases(found[:limit])
        terms = contract_days_running(days.values())
        rules = contract_rules(found[:limit])
        limits = limits_in_force(shown)
        language = get_language() or ""
        data = [
            rows.instrument_shape(
                contract,
                days.get(number),
                terms=terms.get(number),
                phase=phases[number],
                language=language,
                limit_ppm=limits[number],
                rules=rules.get(number),
            )
            for number, contract in zip(found[:limit], shown, strict=True)
        ]
        more = cursor_of(found[limit - 1]) if len(found) > limit else None
        return tagged(request, page(data, next_cursor=more))


class InstrumentOne(Endpoint):
    """One contract."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_VIEW

    @extend_schema(responses=serializers.InstrumentOutput, parameters=[SYMBOL], operation_id="instruments_read")
    def get(self, request: Request, symbol: str) -> Response:
        """Return a contract in any accepted spelling."""
        contract = contract_or_404(symbol)
        number = contract.instrument.instrument_id
        day = MarketDay.objects.filter(instrument_id=number).first()
        phase = instrument_phases([number])[number]
        terms = contract_days_running([day] if day is not None else [])
        rules = contract_rules([number])
        shape = rows.instrument_shape(
            contract,
            day,
            terms=terms.get(number),
            phase=phase,
            language=get_language() or "",
            limit_ppm=limits_in_force([contract])[number],
            rules=rules.get(number),
        )
        return tagged(request, Response(shape))


class Book(Endpoint):
    """Market depth."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_VIEW

    @extend_schema(responses=serializers.BookOutput, parameters=[SYMBOL], operation_id="instruments_book")
    def get(self, request: Request, symbol: str) -> Response:
        """Return the best twenty levels; while the core is away, the last stored ones (marked catching up)."""
        contract = contract_or_404(symbol)
        number = contract.instrument.instrument_id
        try:
            depth = core_query("depth", instrument_id=number, levels=LEVELS)
            seq, bids, asks = depth.seq, depth.bids, depth.asks
        except (CoreUnavailable, Refused):
            stored = depth_last(instrument_id=number)
            seq, bids, asks = (stored.seq, stored.bids, stored.asks) if stored is not None else (0, [], [])
            self.show_as_behind(seq)
        return Response(
            {
                "symbol": contract.symbol,
                "seq": seq,
                "bids": [[contract.price(ticks), qty] for ticks, qty in bids],
                "asks": [[contract.price(ticks), qty] for ticks, qty in asks],
            }
        )


class Trades(Endpoint):
    """Public trades."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_VIEW

    @extend_schema(
        responses=serializers.list_of(serializers.TradeOutput),
        parameters=[SYMBOL, LIMIT, CURSOR],
        operation_id="instruments_trades",
    )
    def get(self, request: Request, symbol: str) -> Response:
        """List trades, newest first."""
        contract = contract_or_404(symbol)
        limit = limit_param(request)
        found = trades_list(
            instrument_id=contract.instrument.instrument_id, limit=limit, before_trade_id=cursor_param(request)
        )
        more = cursor_of(found[-1].trade_id) if len(found) == limit else None
        return page([rows.trade_shape(row, contract=contract) for row in found], next_cursor=more)


class Ticks(Endpoint):
    """Public trades, each with the day's figures after it."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_VIEW

    @extend_schema(
        responses=serializers.list_of(serializers.TickOutput),
        parameters=[SYMBOL, LIMIT, CURSOR],
        operation_id="instruments_ticks",
    )
    def get(self, request: Request, symbol: str) -> Response:
        """List ticks, newest first."""
        contract = contract_or_404(symbol)
        number, limit = contract.instrument.instrument_id, limit_param(request)
        found = trades_list(instrument_id=number, limit=limit, before_trade_id=cursor_param(request))
        terms = contract_days(instrument_id=number, trading_days={row.trading_day for row in found})
        more = cursor_of(found[-1].trade_id) if len(found) == limit else None
        shown = [rows.tick_shape(row, terms.get(row.trading_day), contract=contract) for row in found]
        return page(shown, next_cursor=more)


class Bars(Endpoint):
    """Bars for charts."""

    aurum_route = RouteScope.TENANT
    right = Right.TRADE_VIEW

    @extend_schema(
        responses=serializers.list_of(serializers.BarOutput),
        parameters=[
            SYMBOL,
            OpenApiParameter("period", str, enum=list(BAR_PERIODS_S)),
            LIMIT,
            OpenApiParameter("until", int, description="Seconds since 1970; bars that began at or before it"),
        ],
        operation_id="instruments_bars",
    )
    def get(self, request: Request, symbol: str) -> Response:
        """List bars, oldest first; page backwards with `until`."""
        contract = contract_or_404(symbol)
        period = choice_param(request, "period", list(BAR_PERIODS_S), default="1m") or "1m"
        found = bars_list(
            instrument_id=contract.instrument.instrument_id,
            period_s=BAR_PERIODS_S[period],
            limit=limit_param(request, default=600, highest=BARS_MAX),
            until_s=optional_number(request, "until"),
        )
        return page([rows.bar_shape(row, contract=contract) for row in found])


def contract_or_404(symbol: str) -> Contract:
    """Return a contract, or refuse like any address that holds nothing."""
    contract = contract_of(symbol)
    if contract is None:
        raise Refused("instrument_not_found", status=404)
    return contract


def tagged(request: Request, response: Response) -> Response:
    """Add an ETag over the body and the language, and answer 304 to whoever has it already."""
    digest = blake2b(repr((response.data, get_language())).encode(), digest_size=12).hexdigest()
    tag = f'W/"{digest}"'
    known = {part.strip() for part in request.headers.get("If-None-Match", "").split(",")}
    if tag in known or "*" in known:
        response = Response(status=304)
    response["ETag"] = tag
    response["Cache-Control"] = "private, no-cache"
    return response
