"""The rarer terms of an order between the doors' words and the engine's units."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_noop as _

from trading.choices import FORCE_REASON_WORDS
from trading.engine.commands import PlaceOrder
from trading.engine.order_terms import has_shape, misfit
from trading.engine.rejects import TERMS_BAD
from trading.engine.terms import Terms
from trading.shapes.contracts import Contract, PriceError
from trading.shapes.numbers import day_text, parse_day

NO_DATE: Final = _("Not a date like 2026-11-23.")
NEEDS_PRICE: Final = _("A limit order needs a limit_price.")
HAS_NO_PRICE: Final = _("An order of this type has no limit_price.")
PRICED_TYPES: Final = frozenset({"limit", "stop_limit"})
_FIELDS: Final = {
    "trigger_ticks": "stop_price",
    "trail_ticks": "trail_price",
    "take_profit_ticks": "take_profit_price",
    "stop_loss_ticks": "stop_loss_price",
}
_TERMS: Final = ',"terms":'
NO_TERMS_JSON: Final = f'"stop_price":null{_TERMS}null'


class TermsError(Exception):
    """A term that cannot be read: the refusal's code, the field, and an English sentence that the doors translate.

    The sentence is empty where the code's own says all.
    """

    def __init__(self, code: str, field: str, message: str) -> None:
        self.code = code
        self.field = field
        super().__init__(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsRequest:
    """Terms as a client writes them: decimal text, a date, lots. None means not wanted."""

    stop_price: str | None = None
    trail_price: str | None = None
    min_qty: int | None = None
    display_qty: int | None = None
    post_only: bool = False
    good_till: str | None = None
    other_leg: str | None = None
    take_profit_price: str | None = None
    stop_loss_price: str | None = None


def terms_of(request: TermsRequest, order_type: str, time_in_force: str, contract: Contract) -> Terms | None:
    """Return the engine's terms, None when nothing is wanted; raise `TermsError` naming the field."""
    if order_type in ("stop", "stop_limit") and request.stop_price is None:
        raise TermsError("invalid_field", "stop_price", _("A stop needs a stop_price."))
    if order_type == "trailing_stop" and request.trail_price is None:
        raise TermsError("invalid_field", "trail_price", _("A trailing stop needs a trail_price."))
    terms = Terms(
        trigger_ticks=_ticks(request.stop_price, "stop_price", contract),
        trail_ticks=_ticks(request.trail_price, "trail_price", contract),
        min_qty=request.min_qty or 0,
        display_qty=request.display_qty or 0,
        post_only=request.post_only,
        good_till=_day(request.good_till, time_in_force),
        other_leg=request.other_leg or "",
        take_profit_ticks=_ticks(request.take_profit_price, "take_profit_price", contract),
        stop_loss_ticks=_ticks(request.stop_loss_price, "stop_loss_price", contract),
    )
    return None if terms == Terms() else terms


def check_fit(command: PlaceOrder) -> None:
    """Raise `TermsError` naming the field whose term fits neither the order nor the others.

    The core would refuse it all the same, without a name: what is wrong at any price and in any state needs no core.
    """
    if not has_shape(command):
        raise TermsError("invalid_field", "time_in_force", _("An order of this type cannot have this time_in_force."))
    name = misfit(command, command.terms or Terms())
    if name:
        raise TermsError(TERMS_BAD, _FIELDS.get(name, name), "")


def price_problem(order_type: str, limit_price: str | None) -> str:
    """Say what is wrong with a limit price that is missing or too much; empty when it fits the type."""
    if order_type in PRICED_TYPES:
        return "" if limit_price is not None else NEEDS_PRICE
    return "" if limit_price is None else HAS_NO_PRICE


def _ticks(text: str | None, field: str, contract: Contract) -> int:
    if text is None:
        return 0
    try:
        return contract.ticks(text)
    except PriceError as problem:
        raise TermsError(problem.code, field, str(problem)) from problem


def _day(text: str | None, time_in_force: str) -> int:
    if text is None:
        if time_in_force == "gtd":
            raise TermsError("invalid_field", "good_till", _("An order that is good till a day needs good_till."))
        return 0
    day = parse_day(text)
    if day is None:
        raise TermsError("invalid_field", "good_till", NO_DATE)
    return day


def terms_json(terms: Terms, trigger_ticks: int, contract: Contract) -> str:
    """Return the two fields of an order's JSON that tell of its terms."""
    shown: dict[str, object] = {}
    if terms.trail_ticks:
        shown["trail_price"] = contract.price(terms.trail_ticks)
    for name in ("min_qty", "display_qty", "post_only", "other_leg"):
        value = getattr(terms, name)
        if value:
            shown[name] = value
    if terms.force_reason:
        shown["force_close_reason"] = FORCE_REASON_WORDS[terms.force_reason]
    if terms.good_till:
        shown["good_till"] = day_text(terms.good_till)
    if terms.take_profit_ticks:
        shown["take_profit_price"] = contract.price(terms.take_profit_ticks)
    if terms.stop_loss_ticks:
        shown["stop_loss_price"] = contract.price(terms.stop_loss_ticks)
    if terms.parent_id:
        shown["parent_id"] = str(terms.parent_id)
    if not shown and not trigger_ticks:
        return NO_TERMS_JSON
    return f"{_stop_price(trigger_ticks, contract)}{_TERMS}{json.dumps(shown) if shown else 'null'}"


def with_stop_price(text: str, trigger_ticks: int, contract: Contract) -> str:
    """Return the two fields with another stop price."""
    return f"{_stop_price(trigger_ticks, contract)}{_TERMS}{text.partition(_TERMS)[2]}"


def _stop_price(trigger_ticks: int, contract: Contract) -> str:
    return f'"stop_price":"{contract.price(trigger_ticks)}"' if trigger_ticks else '"stop_price":null'
