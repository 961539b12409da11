"""What operators propose to each other, in words: a line for each thing that a proposal says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trading.admin import shown
from trading.admin.parameters import payload_lines
from trading.choices import OperatorProposalKind
from trading.engine.ladders import CLOSE_WINDOW_S

# In the order of the page: field of a contract, words, and how its figure is shown.
_CONTRACT_FIELDS: Final[tuple[tuple[str, Any, Callable[[Any], str]], ...]] = (
    ("long_margin_ppm", gettext_lazy("Margin of longs"), shown.ratio),
    ("short_margin_ppm", gettext_lazy("Margin of shorts"), shown.ratio),
    ("limit_ppm", gettext_lazy("Price limit"), shown.ratio),
    ("open_fen", gettext_lazy("Fee to open"), shown.money),
    ("open_ppm", gettext_lazy("Fee to open, by turnover"), shown.ratio),
    ("close_fen", gettext_lazy("Fee to close"), shown.money),
    ("close_ppm", gettext_lazy("Fee to close, by turnover"), shown.ratio),
    ("close_today_fen", gettext_lazy("Fee to close today's lots"), shown.money),
    ("close_today_ppm", gettext_lazy("Fee to close today's lots, by turnover"), shown.ratio),
    ("max_order_qty", gettext_lazy("Largest order"), str),
    ("tradable", gettext_lazy("Tradable"), lambda value: _("Yes") if value else _("No")),
)


def lines(kind: str, payload: Mapping[str, Any]) -> list[str]:
    """Return a proposal's act: what it is about, then what it says of it."""
    return list(_WORDS[kind](payload))


def _contract(payload: Mapping[str, Any]) -> Iterator[str]:
    said, was = payload["said"], payload["was"]
    yield payload["symbol"]
    for name, label, figure in _CONTRACT_FIELDS:
        if name in said:
            yield f"{label}: {figure(was[name])} → {figure(said[name])}"


def _listing(payload: Mapping[str, Any]) -> Iterator[str]:
    yield _("%(symbol)s like %(like)s") % {"symbol": payload["symbol"], "like": payload["like_symbol"]}
    yield f"{_('Last trading day')}: {shown.day(payload['last_trading_day'])}"
    yield f"{_('Listing price')}: {payload['listing_price']}"


def _ladder(payload: Mapping[str, Any]) -> Iterator[str]:
    yield _place(payload)
    if not payload["steps"]:
        yield _("taken away")
    for number, (add, over, halts) in enumerate(payload["steps"], 2):
        yield f"D{number}: +{shown.ratio(add)}, +{shown.ratio(over)}" + (f" {_('halt')}" if halts else "")
    if payload["steps"]:
        minutes = f"{payload.get('window_s', CLOSE_WINDOW_S) / 60:g}"
        yield _("watched %(minutes)s min before the close") % {"minutes": minutes}


def _delivery(payload: Mapping[str, Any]) -> Iterator[str]:
    """The steps of a road in the order in which they were written, each with the day it is counted from."""
    rule = payload["rule"]
    yield _place(payload)
    for step in rule.get("steps", []):
        margin = shown.ratio(step.get("margin_ppm") or 0)
        limit = step.get("position_limit") or "∞"
        yield f"{_anchor(step)}: {margin}, × {step.get('lot_multiple') or 1}, ≤ {limit}"
    for name in ("natural_open", "natural_zero"):
        if rule.get(name):
            yield f"{name}: {_anchor(rule[name])}"


def _place(payload: Mapping[str, Any]) -> str:
    return f"{payload['venue']}.{payload['product']}" if payload["product"] else str(payload["venue"])


def _anchor(step: Mapping[str, Any]) -> str:
    return f"{step['anchor']} {step['n']}" if step.get("n") else str(step["anchor"])


_WORDS: Final[Mapping[str, Callable[[Mapping[str, Any]], Any]]] = {
    OperatorProposalKind.PARAMETERS: payload_lines,
    OperatorProposalKind.PARAMETERS_BACK: payload_lines,
    OperatorProposalKind.LADDER: _ladder,
    OperatorProposalKind.DELIVERY: _delivery,
    OperatorProposalKind.CONTRACT: _contract,
    OperatorProposalKind.LISTING: _listing,
}
