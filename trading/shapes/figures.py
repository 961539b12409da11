"""The figures of a refusal as the API shows them: money and prices as decimal strings, counts as numbers.

The engine names a figure with its unit last (`needed_fen`, `upper_ticks`, `ratio_ppm`, `limit`); the unit becomes the
form and falls off the name, so a client reads `{"needed": "128160.00", "available": "9000.00"}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from trading.choices import ACCOUNT_STATUS_WORDS, KILL_SCOPE_WORDS
from trading.shapes.contracts import Contract
from trading.shapes.numbers import day_text, money, ratio

_WORDS: Final[Mapping[str, Mapping[int, object]]] = {
    "status": ACCOUNT_STATUS_WORDS,
    "scope": KILL_SCOPE_WORDS,
    "tradable": {0: False, 1: True},
}


def figures_shape(figures: Mapping[str, int], *, contract: Contract | None) -> dict[str, object]:
    """Return figures by plain name in the API's forms."""
    shaped: dict[str, object] = {}
    for name, value in figures.items():
        stem, _, unit = name.rpartition("_")
        if unit == "fen" and stem:
            shaped[stem] = money(value)
        elif unit == "ppm" and stem:
            shaped[stem] = ratio(value)
        elif unit == "ticks" and stem:
            shaped[stem] = contract.price(value) if contract is not None else value
        elif name in _WORDS:
            shaped[name] = _WORDS[name].get(value, value)
        elif name.endswith("trading_day"):
            shaped[name] = day_text(value)
        elif name.endswith("order_id"):
            shaped[name] = str(value)
        else:
            shaped[name] = value
    return shaped
