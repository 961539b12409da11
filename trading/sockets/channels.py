"""The names of channels, read once into their parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from trading.shapes.contracts import Contracts, looks_like_symbol
from trading.sockets.notices import SOURCES

_ACCOUNT: Final = re.compile(r"account\.([1-9][0-9]{0,15})\Z", re.ASCII)
_MARKET: Final = re.compile(r"(book5|book|orders|trades|ticker|bars)\.(.{1,24}?)(\.1m)?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class ChannelName:
    """A channel by its parts. `text` is the client's spelling, `name` the canonical one that frames carry."""

    text: str
    name: str
    kind: str
    number: int = 0


def parse_channel(text: str, *, contracts: Contracts) -> ChannelName | None:
    """Return the channel of a name, or None when there is none."""
    if text == "status":
        return ChannelName(text=text, name="status", kind="status")
    if text in SOURCES:
        return ChannelName(text=text, name=text, kind="notice")
    found = _ACCOUNT.match(text)
    if found is not None:
        return ChannelName(text=text, name=text, kind="account", number=int(found[1]))
    found = _MARKET.match(text)
    if found is None or (found[1] == "bars") != bool(found[3]) or not looks_like_symbol(found[2]):
        return None
    contract = contracts.get(found[2])
    if contract is None:
        return None
    name = f"{found[1]}.{contract.symbol}{found[3] or ''}"
    return ChannelName(text=text, name=name, kind=found[1], number=contract.instrument.instrument_id)
