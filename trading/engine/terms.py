"""What an order may want beyond price, quantity and time in force."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import asdict


class Terms(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """The rarer terms of an order; 0, "" and False mean: not wanted."""

    trigger_ticks: int = 0  # of a stop: the last price that turns it into an order
    trail_ticks: int = 0  # of a trailing stop: the distance its trigger keeps
    min_qty: int = 0  # of a FAK: fewer lots than this and it is cancelled whole
    display_qty: int = 0  # of an iceberg: lots shown at a time
    post_only: bool = False  # refused rather than trading on entry
    good_till: int = 0  # of a GTD: the last trading day, YYYYMMDD
    other_leg: str = ""  # client order id of the working order that this stop shares its fate with (OCO)
    take_profit_ticks: int = 0  # a limit order that closes what this one opens
    stop_loss_ticks: int = 0  # a stop that closes what this one opens
    force_reason: int = 0  # of a forced close (强平): why, in CTP's numbers
    parent_id: int = 0  # the order that this one protects; set by the engine


def wanted_of(terms: Terms) -> dict[str, int | str | bool]:
    """The terms that are wanted, by name."""
    return {name: value for name, value in asdict(terms).items() if value}


def terms_of_wanted(wanted: Mapping[str, Any]) -> Terms:
    """The terms behind `wanted_of`; names that are no terms are passed over."""
    return Terms(**{name: wanted[name] for name in Terms.__struct_fields__ if name in wanted})
