"""From a product's rule to days: the road to delivery of one contract, counted on trading days.

A rule is data: rows of (anchor, n, margin, multiple, limit). What a row does not say stays as the row before left it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from trading.engine.ladders import Delivery, DeliveryStep

MONTH_BEFORE: Final = "month_before"  # the first trading day of the month before the delivery month
MONTH_BEFORE_LAST: Final = "month_before_last"  # its last trading day
DELIVERY_MONTH: Final = "delivery_month"  # the first trading day of the delivery month
BEFORE_LAST: Final = "before_last"  # n trading days before the last
ANCHORS: Final = (MONTH_BEFORE, MONTH_BEFORE_LAST, DELIVERY_MONTH, BEFORE_LAST)


class RuleError(ValueError):
    """A rule cannot be counted out; the text says why."""


def resolve(rule: Mapping[str, Any], *, last_trading_day: int, trading_days: Sequence[int]) -> Delivery:
    """Count a rule out for a contract. `trading_days` are in order and reach from the month before to the last day.

    The rule: {"steps": [{"anchor", "n", "margin_ppm", "lot_multiple", "position_limit"} ...],
    "natural_open": {"anchor", "n"}, "natural_zero": {"anchor", "n"}}; natural persons may open up to the one day and
    hold nothing after the close of the other.
    """
    days = [day for day in trading_days if day <= last_trading_day]
    if last_trading_day not in days:
        raise RuleError(f"{last_trading_day} is no trading day of the calendar")
    margin, multiple, limit = 0, 1, 0
    found: dict[int, DeliveryStep] = {}
    rows = [(_day(days, row), row) for row in rule.get("steps", [])]
    for day, row in sorted(rows, key=lambda item: item[0]):
        margin = max(margin, int(row.get("margin_ppm") or 0))
        multiple = int(row.get("lot_multiple") or multiple)
        limit = int(row.get("position_limit") or limit)
        found[day] = DeliveryStep(day, margin, multiple, limit)
    natural = [_day(days, rule[name]) if rule.get(name) else 0 for name in ("natural_open", "natural_zero")]
    return Delivery([found[day] for day in sorted(found)], *natural)


def _day(days: Sequence[int], row: Mapping[str, Any]) -> int:
    """The trading day of an anchor; `days` end with the contract's last."""
    anchor, n = row.get("anchor"), int(row.get("n") or 0)
    month = days[-1] // 100
    before = month - 1 if month % 100 > 1 else month - 89
    chosen = {
        MONTH_BEFORE: [day for day in days if day // 100 == before][:1],
        MONTH_BEFORE_LAST: [day for day in days if day // 100 == before][-1:],
        DELIVERY_MONTH: [day for day in days if day // 100 == month][:1],
        BEFORE_LAST: days[-1 - n : len(days) - n] if 0 <= n < len(days) else [],
    }.get(str(anchor))
    if chosen is None:
        raise RuleError(f"no such anchor: {anchor}")
    if not chosen or days[0] // 100 > before or (days[0] // 100 == before and days[0] % 100 > 10):
        raise RuleError(f"the calendar does not reach back to {anchor} of the contract of {days[-1]}")
    return chosen[0]
