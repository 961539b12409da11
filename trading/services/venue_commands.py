"""A venue rule on its way to the counter: a ladder as it was proposed, a road counted out by the calendar.

A road is proposed for a product and counted out for each of its months that has not ended; a month listed later gets
the product's last approved one.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final

from portal import env
from portal.lib.errors import Refused
from trading.calendar.delivery import RuleError, resolve
from trading.calendar.model import day_number
from trading.calendar.named import ALWAYS_OPEN, open_calendar
from trading.choices import OperatorProposalKind, ProposalState
from trading.engine import rejects
from trading.engine.commands import PutDelivery, PutLimitLadder
from trading.engine.instrument import Instrument as Spec
from trading.engine.ladders import CLOSE_WINDOW_S, LimitStep
from trading.models import Instrument, OperatorProposal

_DAYS_BACK: Final = 92
_SATURDAY: Final = 5


def ladder_commands(payload: Mapping[str, Any], maker: str, checker: str) -> list[PutLimitLadder]:
    """Return the command that puts a ladder of one-sided markets."""
    steps = [LimitStep(int(add), int(over), bool(halts)) for add, over, halts in payload["steps"]]
    window_s = int(payload.get("window_s", CLOSE_WINDOW_S))  # rows of an earlier version say none
    return [PutLimitLadder(0, payload["venue"], payload["product"], steps, maker, checker, window_s)]


def delivery_commands(payload: Mapping[str, Any], maker: str, checker: str) -> list[PutDelivery]:
    """Return the commands that put a product's months on their road; refuse a product without a month."""
    rows = Instrument.objects.filter(venue=payload["venue"], product=payload["product"]).select_related("rules")
    months = [row for row in rows.order_by("last_trading_date") if not (hasattr(row, "rules") and row.rules.expired)]
    if not months:
        raise Refused(rejects.INSTRUMENT_UNKNOWN, status=422, pointer="/product")
    return [
        _counted_out(month.id, month.symbol, day_number(month.last_trading_date), payload["rule"], maker, checker)
        for month in months
    ]


def road_of_month(spec: Spec) -> list[PutDelivery]:
    """Return the command that puts a new month on its product's road as last approved, or none."""
    rows = OperatorProposal.objects.filter(kind=OperatorProposalKind.DELIVERY, state=ProposalState.APPLIED)
    found = rows.filter(payload__venue=spec.venue, payload__product=spec.product).order_by("-id").first()
    if found is None:
        return []
    people = f"u{found.maker_id}", f"u{found.checker_id}"
    return [_counted_out(spec.instrument_id, spec.symbol, spec.last_trading_day, found.payload["rule"], *people)]


def _counted_out(
    instrument_id: int, symbol: str, last_day: int, rule: Mapping[str, Any], maker: str, checker: str
) -> PutDelivery:
    through = datetime.date(last_day // 10_000, last_day // 100 % 100, last_day % 100)
    try:
        delivery = resolve(rule, last_trading_day=last_day, trading_days=trading_days(through=through))
    except RuleError as problem:
        detail = "The calendar cannot count this out."
        figures = {"symbol": symbol, "why": str(problem)}
        raise Refused("invalid_field", figures, detail=detail, status=422, pointer="/rule") from None
    return PutDelivery(0, instrument_id, delivery, maker, checker)


def trading_days(*, through: datetime.date) -> list[int]:
    """Return the trading days of the three months that end with a date.

    As the calendar in force says; where it is silent (a market that never closes, a year not published yet), weekdays.
    """
    told = {day.date: day.trades for day in open_calendar(env.text("AURUM_CALENDAR", default=ALWAYS_OPEN)).days}
    dates = [through - datetime.timedelta(days=back) for back in range(_DAYS_BACK, -1, -1)]
    return [day_number(date) for date in dates if told.get(date, date.weekday() < _SATURDAY)]
