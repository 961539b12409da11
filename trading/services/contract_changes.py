"""Contracts changed and listed, as proposals of one operator to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.auth.actor import Actor
from portal.lib.errors import Refused
from trading.choices import OperatorProposalKind, ProposalState
from trading.engine import rejects
from trading.engine.bounds import trading_day_ok
from trading.engine.control_flow import instrument_ok
from trading.engine.instrument import Instrument as Spec
from trading.models import ContractRules, OperatorProposal
from trading.selectors.contracts import contract_of
from trading.services.contract_commands import changed, fields_of, specs_in_force
from trading.services.core_calls import refusal, require
from trading.services.operator_proposals import RIGHT, operator_propose
from trading.shapes.contracts import Contract, PriceError


def contract_change_propose(
    *, actor: Actor, symbol: str, said: Mapping[str, Any], reason: str = ""
) -> OperatorProposal:
    """Propose other terms of a contract; `said`: fields of `contract_commands.fields_of` by name, ppm, fen and lots.

    What stands already is left out; the figures that stood when it was proposed are kept beside the new ones.
    """
    require(actor, RIGHT)
    spec = _known(symbol)
    if ContractRules.objects.filter(instrument_id=spec.instrument_id, expired=True).exists():
        raise refusal(rejects.CONTRACT_EXPIRED, {"last_trading_day": spec.last_trading_day})
    stands = fields_of(spec)
    unknown = sorted(set(said) - set(stands))
    if unknown:
        raise Refused(rejects.FIELD_BAD, {"fields": unknown}, detail="No such field of a contract.", status=422)
    wanted = {name: value for name, value in said.items() if value != stands[name]}
    if not wanted:
        raise Refused(rejects.FIELD_BAD, detail="Nothing would change.", status=422)
    if not instrument_ok(changed(spec, wanted)):
        raise Refused(rejects.FIELD_BAD, wanted, detail="A value is out of bounds.", status=422)
    payload: dict[str, Any] = {
        "instrument_id": spec.instrument_id,
        "symbol": spec.symbol,
        "said": wanted,
        "was": {name: stands[name] for name in wanted},
    }
    return operator_propose(actor=actor, kind=OperatorProposalKind.CONTRACT, payload=payload, reason=reason)


def contract_listing_propose(
    *, actor: Actor, like: str, month: str, last_trading_day: int, listing_price: str, reason: str = ""
) -> OperatorProposal:
    """Propose one more month (YYMM) of a product: all but its dates and its listing price is taken from another month.

    Refused when the symbol is listed or proposed already, or the price is not on the tick.
    """
    require(actor, RIGHT)
    pattern = _known(like)
    if not (len(month) == 4 and month.isdecimal() and month.isascii() and 1 <= int(month[2:]) <= 12):
        raise Refused(rejects.FIELD_BAD, detail="Give the month as YYMM.", status=422, pointer="/month")
    if not trading_day_ok(last_trading_day):
        raise Refused(rejects.FIELD_BAD, detail="No such day.", status=422, pointer="/last_trading_date")
    payload: dict[str, Any] = {
        "like": pattern.instrument_id,
        "like_symbol": pattern.symbol,
        "symbol": f"{pattern.venue}.{pattern.product}{month}",
        "name_zh": pattern.name_zh.rstrip("0123456789") + month,
        "name_en": f"{pattern.name_en.rstrip('0123456789 ')} {month}",
        "previous_settlement_ticks": _ticks(pattern, listing_price),
        "listing_price": listing_price,
        "last_trading_day": last_trading_day,
    }
    waits = OperatorProposal.objects.filter(kind=OperatorProposalKind.LISTING, state=ProposalState.PROPOSED)
    if contract_of(payload["symbol"]) is not None or waits.filter(payload__symbol=payload["symbol"]).exists():
        detail = "This month is listed or proposed already."
        raise Refused(rejects.FIELD_BAD, {"symbol": payload["symbol"]}, detail=detail, status=409, pointer="/month")
    return operator_propose(actor=actor, kind=OperatorProposalKind.LISTING, payload=payload, reason=reason)


def _known(symbol: str) -> Spec:
    contract = contract_of(symbol)
    spec = specs_in_force().get(contract.instrument.instrument_id) if contract is not None else None
    if spec is None:
        raise Refused(rejects.INSTRUMENT_UNKNOWN, status=422, pointer="/symbol")
    return spec


def _ticks(spec: Spec, price: str) -> int:
    try:
        return Contract(spec, lower_ticks=0, upper_ticks=0).ticks(price)
    except PriceError as problem:
        raise Refused(problem.code, {"symbol": spec.symbol}, status=422, pointer="/previous_settlement") from problem
