"""A changed or a new contract on its way to the counter.

A proposal keeps what is to change, not the whole contract: by the time it is approved the settlement price has moved
on with the day, and another change may stand already. So the rest is taken from the counter at that moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from msgspec import structs

from portal.lib.errors import Refused
from trading.engine import rejects
from trading.engine.commands import Command, PutInstrument
from trading.engine.instrument import Instrument as Spec
from trading.services.core_calls import core_query
from trading.services.venue_commands import road_of_month

OWN_FIELDS: Final = ("limit_ppm", "max_order_qty", "tradable")
MARGIN_FIELDS: Final = ("long_margin_ppm", "short_margin_ppm")
FEE_FIELDS: Final = ("open_fen", "close_fen", "close_today_fen", "open_ppm", "close_ppm", "close_today_ppm")
LISTING_FIELDS: Final = ("symbol", "name_zh", "name_en", "previous_settlement_ticks", "last_trading_day")


def specs_in_force() -> dict[int, Spec]:
    """Return the contracts as the counter has them now, by number."""
    return {spec.instrument_id: spec for spec, _lower, _upper in core_query("instruments")}


def change_commands(payload: Mapping[str, Any], maker: str, checker: str) -> list[Command]:
    """Return the command that changes a contract."""
    spec = specs_in_force().get(payload["instrument_id"])
    if spec is None:
        raise Refused(rejects.INSTRUMENT_UNKNOWN, status=422)
    return [PutInstrument(0, changed(spec, payload["said"]), checker, maker)]


def changed(spec: Spec, said: Mapping[str, Any]) -> Spec:
    """Return a contract with the stated fields in place of its own."""
    fees = structs.replace(spec.rates.fees, **_stated(said, FEE_FIELDS))
    rates = structs.replace(spec.rates, fees=fees, **_stated(said, MARGIN_FIELDS))
    return structs.replace(spec, rates=rates, **_stated(said, OWN_FIELDS))


def fields_of(spec: Spec) -> dict[str, Any]:
    """Return everything of a contract that a proposal may change, by name."""
    places = ((spec, OWN_FIELDS), (spec.rates, MARGIN_FIELDS), (spec.rates.fees, FEE_FIELDS))
    return {name: getattr(place, name) for place, names in places for name in names}


def listing_commands(payload: Mapping[str, Any], maker: str, checker: str) -> list[Command]:
    """Return the commands that list a month like another one and put it on its product's road.

    A symbol that is listed already is put once more only when it is the very same month: then an approval was lost
    after the counter acted.
    """
    known = specs_in_force()
    like = known.get(payload["like"])
    if like is None:
        raise Refused(rejects.INSTRUMENT_UNKNOWN, status=422)
    wanted = _stated(payload, LISTING_FIELDS)
    there = next((spec for spec in known.values() if spec.symbol == payload["symbol"]), None)
    if there is not None and any(getattr(there, name) != value for name, value in wanted.items()):
        raise Refused(rejects.FIELD_BAD, {"instrument_id": there.instrument_id}, status=422)
    number = max(known) + 1 if there is None else there.instrument_id
    spec = structs.replace(like, instrument_id=number, tradable=True, **wanted)
    return [PutInstrument(0, spec, checker, maker), *road_of_month(spec)]


def _stated(said: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: said[name] for name in names if name in said}
